"""gunicorn, told how to run us: which faces on which listeners, and the reason for each setting."""

from __future__ import annotations

import gc
import logging
import os
import ssl
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from gpd_soap.core.errors import OperatorError
from gpd_soap.server.worker import InTime, listener
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.client_certificates import tls
from gpd_soap.wsgi.http import Wsgi

#: LIMIT: longer than the Node waits for a receipt (15 s), so that a stop never cuts one off.
DRAIN_SECONDS = 20

log = logging.getLogger("gpd_soap.server.gunicorn")


class Program(NamedTuple):
    """What is served: how, and each face by the address to bind; at least one.

    A worker does `leave` as its last, once its last request is answered; so does the master.
    """

    settings: Settings
    faces: Mapping[str, Wsgi]
    leave: Callable[[], object]


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

    _binds: tuple[str, ...] = ()

    def __init__(self, assemble: Callable[[], Program]) -> None:
        """`assemble` reads the settings, now and at each reload."""
        self._assemble = assemble
        self._take(assemble())
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn everything; no file or command line of its own is read."""
        for name, value in self._told().items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        """The application, made once in the master and shared by the workers' memory."""
        # WHY: what is there at the fork is never garbage; collecting it would copy its pages.  What
        # a reload replaced is garbage, though.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        faces = self._program.faces
        return InTime(next(iter(faces.values())) if len(faces) == 1 else ByListener(faces))

    def reload(self) -> None:
        """Take what the settings and the certificates' files say now; or go on as before."""
        try:
            self._take(self._assemble())
        except Exception as error:  # noqa: BLE001  # WHY: gunicorn would stop; the old one works
            word = error if isinstance(error, OperatorError) else type(error).__name__
            log.error("not reloaded, all stays as it was: %s", word)  # noqa: TRY400  # no defect
        super().reload()

    def _take(self, program: Program) -> None:
        """Make this what the next workers serve; SettingsError, and no change, if it cannot be."""
        faces = program.faces
        if len({_place(bind) for bind in faces}) != len(faces):
            raise SettingsError("GPD_NODE_BIND, GPD_ADMIN_BIND: each face needs a port of its own")
        if self._binds and self._binds != tuple(faces):
            raise SettingsError("GPD_NODE_BIND, GPD_ADMIN_BIND: a restart alone changes them")
        # WHY: read here and inherited by the workers: one that met a bad file would stop us all.
        self.secured = _secured(program)
        self._program, self._binds, self.callable = program, tuple(faces), None

    def _told(self) -> dict[str, Any]:
        settings = self._program.settings
        return {
            "bind": list(self._binds),
            "workers": settings.workers or os.cpu_count() or 1,
            # WHY: a sync worker is blocked by one client that does not close (spyne.md C4).
            "worker_class": "gpd_soap.server.worker.Worker",
            "threads": settings.threads,
            "preload_app": True,
            "keepalive": 30,
            "timeout": 30,
            "graceful_timeout": DRAIN_SECONDS,
            **(PINNED if settings.pin else {}),
            "worker_exit": lambda _arbiter, _worker: self._program.leave(),
            # WHY: the master ends last, when no worker has SQLite's file open any more.
            "on_exit": lambda _arbiter: self._program.leave(),
            # WHY: no file in the home directory, which a hardened unit does not have.
            "control_socket_disable": True,
            "logger_class": _RootLogger,
            "proc_name": "gpd-soap",
            # WHY: by default gunicorn makes a socket in the file system for everybody.
            "umask": 0o007,
        }


def _choose_core(arbiter: Any, worker: Any) -> None:
    """Give a worker to be the core that the fewest of its siblings have."""
    taken = [getattr(sibling, "core", None) for sibling in arbiter.WORKERS.values()]
    worker.core = min(sorted(os.sched_getaffinity(0)), key=taken.count)


def _keep_to_core(_arbiter: Any, worker: Any) -> None:
    os.sched_setaffinity(0, {worker.core})


# WHY: threads of one process that run on two cores fight for the interpreter.  LIMIT: not the
# default, for on a shared machine it binds a process to a core that others have filled.
PINNED = {"pre_fork": _choose_core, "post_fork": _keep_to_core}


def serve(assemble: Callable[[], Program]) -> None:
    """Serve until told to stop; SIGHUP assembles anew, and no request is lost by it."""
    Server(assemble).run()


def _secured(program: Program) -> dict[str, ssl.SSLContext]:
    """Which listeners speak TLS, and how; the certificates are read at this call."""
    told = program.settings
    if not told.node_tls_certificate or told.node_bind not in program.faces:
        return {}
    try:
        context = tls(told.node_tls_certificate, told.node_tls_key, told.node_tls_authorities)
    except OSError as error:
        raise SettingsError(f"GPD_NODE_TLS_*: the files cannot be used: {error.strerror}") from None
    return {_place(told.node_bind): context}


def _place(bind: str) -> str:
    """What a socket bound to this address calls itself: its path, or its port."""
    return bind.removeprefix("unix:") if bind.startswith("unix:") else bind.rpartition(":")[2]


class _RootLogger(Logger):
    """gunicorn's words through our log."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
