"""gunicorn, told how to run us: which faces on which listeners, and the reason for each setting."""

from __future__ import annotations

import gc
import logging
import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from gpd_soap.core.errors import OperatorError
from gpd_soap.server.processes import Lifeline, Master, Roles, name_of_bind
from gpd_soap.server.queue_timeout import InTime
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.client_certificates import Network, tls
from gpd_soap.wsgi.http import Wsgi

#: LIMIT: bytes of the largest body that the admin face takes (`admin.guard.LARGEST_BODY`).
ADMIN_BODY = 1 << 20
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


class Server(BaseApplication):
    """A gunicorn master with its workers, configured by our settings alone."""

    _binds: tuple[str, ...] = ()

    def __init__(self, assemble: Callable[[], Program]) -> None:
        """`assemble` reads the settings, now and at each reload."""
        self._assemble = assemble
        self.lifeline = Lifeline()
        self._take(assemble())
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn everything; no file or command line of its own is read."""
        # WHY: anew at each reload, which replaces every worker, also where all stays as it was.
        self._roles = _roles(self._program)
        for name, value in self._told().items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        """The application, made once in the master and shared by the workers' memory."""
        # WHY: what is there at the fork is never garbage; collecting it would copy its pages.  What
        # a reload replaced is garbage, though.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        return self.face(name_of_bind(self._binds[0]))

    def face(self, listener: str) -> Wsgi:
        """What is served to whoever comes through this listener."""
        # WHY: chosen by the socket; Host and X-Forwarded-* are the client's to write.
        faces = {name_of_bind(bind): face for bind, face in self._program.faces.items()}
        return InTime(faces[listener])

    @property
    def proxies(self) -> Sequence[Network]:
        """Whose connections are those of many callers."""
        return self._program.settings.node_proxies

    @property
    def max_body(self) -> int:
        """Bytes of a body that are awaited; a longer one is refused by its face."""
        return max(self._program.settings.max_body, ADMIN_BODY)

    def run(self) -> None:
        """Be the master, until told to stop."""
        Master(self).run()

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
        if len({name_of_bind(bind) for bind in faces}) != len(faces):
            raise SettingsError("GPD_NODE_BIND, GPD_ADMIN_BIND: each face needs a port of its own")
        if self._binds and self._binds != tuple(faces):
            raise SettingsError("GPD_NODE_BIND, GPD_ADMIN_BIND: a restart alone changes them")
        # WHY: read here and inherited by the workers: one that met a bad file would stop us all.
        self.secured = _secured(program)
        self._program, self._binds, self.callable = program, tuple(faces), None

    def _prepare_worker(self, arbiter: Any, worker: Any) -> None:
        """Say what a worker is for, before the fork."""
        self._roles.assign(arbiter, worker)
        if self._program.settings.pin:
            _choose_core(arbiter, worker)

    def _told(self) -> dict[str, Any]:
        settings = self._program.settings
        return {
            "bind": list(self._binds),
            "workers": self._roles.processes,
            # WHY: a sync worker is blocked by one client that does not close (spyne.md C4).
            "worker_class": "gpd_soap.server.worker.Worker",
            "threads": settings.threads,
            "preload_app": True,
            # WHY: it would wait for the client, in a thread.
            "sendfile": False,
            "keepalive": 30,
            "timeout": 30,
            "graceful_timeout": DRAIN_SECONDS,
            "pre_fork": self._prepare_worker,
            **({"post_fork": _keep_to_core} if settings.pin else {}),
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


def _roles(program: Program) -> Roles:
    """How many processes each face has; a face alone has all."""
    settings = program.settings
    quotas = dict.fromkeys(program.faces, settings.workers or os.cpu_count() or 1)
    if len(quotas) > 1 and settings.admin_bind in quotas:
        quotas[settings.admin_bind] = settings.admin_workers
    return Roles({name_of_bind(bind): processes for bind, processes in quotas.items()})


def _choose_core(arbiter: Any, worker: Any) -> None:
    """Give a worker to be the core that the fewest of its siblings have."""
    taken = [getattr(sibling, "core", None) for sibling in arbiter.WORKERS.values()]
    worker.core = min(sorted(os.sched_getaffinity(0)), key=taken.count)


def _keep_to_core(_arbiter: Any, worker: Any) -> None:
    # WHY: threads of one process that run on two cores fight for the interpreter.  LIMIT: not the
    # default, for on a shared machine it binds a process to a core that others have filled.
    os.sched_setaffinity(0, {worker.core})


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
    return {name_of_bind(told.node_bind): context}


class _RootLogger(Logger):
    """gunicorn's words through our log."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
