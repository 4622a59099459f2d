"""A server whose worker is killed after it has committed a receipt, before it answers."""

import os
import signal
import sys
from typing import Any

from gpd_soap.monitoring import logs
from gpd_soap.server.gunicorn import Program, serve
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face


class Crashing(Store):
    """A store whose process dies after it has committed a receipt."""

    def settle(self, *args: Any, **keywords: Any) -> bool:
        """Store the receipt, then kill the process."""
        stored = super().settle(*args, **keywords)
        os.kill(os.getpid(), signal.SIGKILL)
        return stored


if __name__ == "__main__":
    logs.configure("info")
    url, port = sys.argv[1:]
    settings = Settings(database_url=url, node_bind=f"127.0.0.1:{port}", workers=1)
    store = Crashing(url)
    faces = {settings.node_bind: node_face(settings, store)}
    serve(lambda: Program(settings, faces, store.journal.flush))
