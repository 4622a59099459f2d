"""A proxy between an app and its PostgreSQL that can be slow, stop, or refuse."""

import contextlib
import socket
import threading
import time
from pathlib import Path
from typing import Self


class Wire:
    """A TCP port that leads to a server's Unix socket."""

    def __init__(self, server: Path) -> None:
        self._server = server
        #: Seconds by which each part that the app sends is delayed.
        self.delay = 0.0
        self.refusing = False
        self._flows = threading.Event()
        self._flows.set()
        self._ends: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL of this database through the proxy."""
        return (
            f"postgresql+psycopg://postgres@127.0.0.1:{self._listener.getsockname()[1]}/{database}"
        )

    def stop(self) -> None:
        """Pass nothing on, and keep the connections open."""
        self._flows.clear()

    def go_on(self) -> None:
        """Pass on what has arrived meanwhile, and all that arrives."""
        self._flows.set()

    def cut(self) -> None:
        """End every connection."""
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                app, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(app,), daemon=True).start()

    def _connect(self, app: socket.socket) -> None:
        with app, socket.socket(socket.AF_UNIX) as server:
            with contextlib.suppress(OSError):
                server.connect(str(self._server))
                self._ends |= {app, server}
                back = threading.Thread(target=self._pump, args=(server, app), daemon=True)
                back.start()
                self._pump(app, server, late=True)
                back.join()
            self._ends -= {app, server}

    def _pump(self, source: socket.socket, sink: socket.socket, *, late: bool = False) -> None:
        with contextlib.suppress(OSError):
            while not self.refusing and (part := source.recv(1 << 16)):
                self._flows.wait()
                time.sleep(self.delay if late else 0)
                sink.sendall(part)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
