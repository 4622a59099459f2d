"""gunicorn, told how to run us: which faces on which listeners, and the reason for each setting."""

from __future__ import annotations

import gc
import os
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from gpd_soap.settings import Settings, SettingsError
from gpd_soap.trust import tls
from gpd_soap.web import Wsgi
from gpd_soap.worker import InTime, listener

#: LIMIT: longer than the Node waits for a receipt (15 s), so that a stop never cuts one off.
DRAIN_SECONDS = 20

Leave = Callable[[], object]


class ByListener:
    """Several faces in one process: the socket that took a request decides, nothing in it does."""

    def __init__(self, faces: Mapping[str, Wsgi]) -> None:
        """Take each face by the address that its listener is bound to."""
        self._faces = {_place(bind): face for bind, face in faces.items()}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Pass a request on to the face whose listener took it."""
        # WHY: asked of the kernel; Host and X-Forwarded-* are the client's to write.
        name = environ["gunicorn.socket"].getsockname()
        return self._faces[listener(name)](environ, start_response)


class Server(BaseApplication):
    """A gunicorn master with its workers, configured by our settings alone."""

    def __init__(self, settings: Settings, faces: Mapping[str, Wsgi], leave: Leave) -> None:
        """`faces` by the address to bind; at least one.  A worker does `leave` as its last."""
        self._settings, self._faces, self._leave = settings, faces, leave
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn everything; no file or command line of its own is read."""
        for name, value in self._told().items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        """The application, made once in the master and shared by the workers' memory."""
        # WHY: what is there at the fork is never garbage; collecting it would copy its pages.
        gc.collect()
        gc.freeze()
        faces = list(self._faces.values())
        return InTime(faces[0] if len(faces) == 1 else ByListener(self._faces))

    def secured(self) -> dict[str, ssl.SSLContext]:
        """Which listeners speak TLS, and how; the certificates are read at this call."""
        told = self._settings
        if not told.node_tls_certificate or told.node_bind not in self._faces:
            return {}
        try:
            context = tls(told.node_tls_certificate, told.node_tls_key, told.node_tls_authorities)
        except OSError as error:
            raise SettingsError(
                f"GPD_NODE_TLS_*: the files cannot be used: {error.strerror}"
            ) from None
        return {_place(told.node_bind): context}

    def _told(self) -> dict[str, Any]:
        return {
            "bind": list(self._faces),
            "workers": self._settings.workers or os.cpu_count() or 1,
            # WHY: a sync worker is blocked by one client that does not close (spyne.md C4).
            "worker_class": "gpd_soap.worker.Worker",
            "threads": self._settings.threads,
            "preload_app": True,
            "keepalive": 30,
            "timeout": 30,
            "graceful_timeout": DRAIN_SECONDS,
            "worker_exit": lambda _arbiter, _worker: self._leave(),
            # WHY: no file in the home directory, which a hardened unit does not have.
            "control_socket_disable": True,
            "logger_class": _RootLogger,
            "proc_name": "gpd-soap",
        }


def serve(settings: Settings, faces: Mapping[str, Wsgi], leave: Leave) -> None:
    """Serve until told to stop; each worker does `leave` once its last request is answered."""
    if len({_place(bind) for bind in faces}) != len(faces):
        raise SettingsError("GPD_NODE_BIND, GPD_ADMIN_BIND: each face needs a port of its own")
    server = Server(settings, faces, leave)
    server.secured()  # WHY: a certificate that cannot be used should stop us here, not a worker.
    server.run()


def _place(bind: str) -> str:
    """What a socket bound to this address calls itself: its path, or its port."""
    return bind.removeprefix("unix:") if bind.startswith("unix:") else bind.rpartition(":")[2]


class _RootLogger(Logger):
    """gunicorn's words through our log."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
