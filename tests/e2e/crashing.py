"""A server whose worker dies, as by `kill -9`, once a receipt is committed and not yet answered."""

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
    """A store that commits a receipt and is heard of no more."""

    def settle(self, *args: Any, **named: Any) -> bool:
        """Keep the receipt, then die."""
        kept = super().settle(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return kept


if __name__ == "__main__":
    logs.configure("info")
    url, port = sys.argv[1:]
    settings = Settings(database_url=url, node_bind=f"127.0.0.1:{port}", workers=1)
    store = Crashing(url)
    faces = {settings.node_bind: node_face(settings, store)}
    serve(lambda: Program(settings, faces, store.journal.flush))
