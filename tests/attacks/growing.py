"""A server whose worker may use little more memory than it does at its start."""

import sys

from gpd_soap.monitoring import logs
from gpd_soap.server import memory, worker
from gpd_soap.server.gunicorn import Program, serve
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face

#: LIMIT: bytes that the worker's memory may grow before another worker replaces it.
MORE = 32 << 20

if __name__ == "__main__":
    logs.configure("info")
    url, port = sys.argv[1:]
    settings = Settings(database_url=url, node_bind=f"127.0.0.1:{port}", workers=1)
    store = Store(url)
    face = node_face(settings, store)
    worker.MAX_MEMORY = memory.resident() + MORE
    program = Program(settings, {settings.node_bind: face}, store.journal.flush)
    serve(lambda: program)
