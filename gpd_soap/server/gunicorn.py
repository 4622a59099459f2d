"""gunicorn's configuration: which faces on which listeners, and the reason for each setting."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from gpd_soap.clock import utc_now
from gpd_soap.core.errors import OperatorError
from gpd_soap.server import addresses, signals
from gpd_soap.server.ambiguity import Unambiguous
from gpd_soap.server.processes import Master, MasterPipe, Roles, name_of_bind
from gpd_soap.server.queue_timeout import QueueTimeout
from gpd_soap.server.securing import secured
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.client_certificates import Network
from gpd_soap.wsgi.http import Wsgi
from gpd_soap.wsgi.refused_callers import RefusedCallers

#: LIMIT: seconds; longer than the Node waits for a receipt (15 s), so that a stop cuts none off.
DRAIN_SECONDS = 20
BINDS = "GPD_NODE_BIND, GPD_ADMIN_BIND, GPD_METRICS_BIND"

logger = logging.getLogger(__name__)


class Companion(Protocol):
    """Work that a process does beside its answers."""

    def start(self) -> None:
        """Begin the work, in the process."""

    def stop(self) -> None:
        """End the work; what is left is done by another process."""


class Program(NamedTuple):
    """The settings of a server, and each of its faces by the address to bind; at least one.

    Each worker calls `leave` at its end, after its last answer; so does the master. `refused`
    counts the callers whose handshakes fail. `companions` has what the processes of a face do
    beside their answers, by the face's address.
    """

    settings: Settings
    faces: Mapping[str, Wsgi]
    leave: Callable[[], object]
    refused: RefusedCallers = RefusedCallers()
    companions: Mapping[str, Companion] = MappingProxyType({})


class Server(BaseApplication):
    """A gunicorn server, configured by our settings alone."""

    _binds: tuple[str, ...] = ()

    def __init__(self, assemble: Callable[[], Program]) -> None:
        """`assemble` reads the settings, now and at each reload; it may raise SettingsError."""
        self._assemble = assemble
        self.master_pipe = MasterPipe()
        self._take(assemble())
        super().__init__()

    def load_config(self) -> None:
        """Set each of gunicorn's settings; gunicorn reads no file or command line of its own."""
        # WHY: a reload replaces every worker, even where no setting changed, so that the new
        # workers need new roles.
        self._roles = _roles(self._program)
        for name, value in self._gunicorn_settings().items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        """The application, made once in the master; the workers share its memory."""
        # WHY: objects that exist at the fork are never garbage, and collecting them would copy
        # their pages. The objects that a reload replaced are garbage, and go first.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        return self.face(name_of_bind(self._binds[0]))

    def face(self, listener: str) -> Wsgi:
        """The face that this listener serves."""
        # WHY: a client can write any Host or X-Forwarded-* header, so the socket decides.
        faces = {name_of_bind(bind): face for bind, face in self._program.faces.items()}
        return Unambiguous(QueueTimeout(faces[listener]))

    @contextmanager
    def accompanied(self, listener: str) -> Iterator[None]:
        """During the block, do what a process of this listener does beside its answers."""
        companions = self._program.companions
        companion = {name_of_bind(bind): each for bind, each in companions.items()}.get(listener)
        if companion is None:
            yield
            return
        companion.start()
        try:
            yield
        finally:
            companion.stop()

    @property
    def binds(self) -> Sequence[str]:
        """The addresses that the faces listen on."""
        return self._binds

    def proxies(self, listener: str) -> Sequence[Network]:
        """The networks of a listener's proxies; each of their addresses is that of many callers."""
        settings = self._program.settings
        is_admin = listener == name_of_bind(settings.admin_bind)
        return settings.admin_proxies if is_admin else settings.node_proxies

    @property
    def refused(self) -> RefusedCallers:
        """What counts the callers whose handshakes fail."""
        return self._program.refused

    @property
    def max_body(self) -> int:
        """Bytes of the longest body that is awaited; the face refuses a longer one."""
        settings = self._program.settings
        has_admin = settings.admin_bind in self._program.faces
        return max(settings.max_body, settings.max_bulk_body if has_admin else 0)

    @property
    def max_load(self) -> int:
        """Bytes of the longest file of positions that is awaited; 0 without the admin face."""
        settings = self._program.settings
        # WHY: the form around a file has fields and boundaries.
        form = 1 << 16
        return settings.max_load + form if settings.admin_bind in self._program.faces else 0

    def run(self) -> None:
        """Run the master until a signal stops it."""
        Master(self).run()

    def reload(self) -> None:
        """Read the settings and certificates anew; where they cannot be used, keep the old ones."""
        try:
            self._take(self._assemble())
        except Exception as error:  # noqa: BLE001  # WHY: gunicorn would stop; the old one works
            reason = error if isinstance(error, OperatorError) else type(error).__name__
            logger.error("not reloaded, all stays as it was: %s", reason)  # noqa: TRY400  # no defect
        super().reload()

    def _take(self, program: Program) -> None:
        """Let the next workers serve `program`.

        Raises SettingsError, and changes nothing, if they cannot.
        """
        faces = program.faces
        addresses.check_ports(faces)
        if len({name_of_bind(bind) for bind in faces}) != len(faces):
            raise SettingsError(f"{BINDS}: each face needs a port of its own")
        if self._binds and self._binds != tuple(faces):
            raise SettingsError(f"{BINDS}: a restart alone changes them")
        # WHY: a worker that met an unusable file would stop the whole server, so the master reads
        # the files and the workers inherit the result.
        self.secured = secured(program.settings, program.faces, utc_now())
        self._program, self._binds, self.callable = program, tuple(faces), None

    def _prepare_worker(self, arbiter: Any, worker: Any) -> None:
        """Give a worker its face, and its core if it has one, before the fork."""
        self._roles.assign(arbiter, worker)
        if self._program.settings.pin:
            _choose_core(arbiter, worker)

    def _leave_worker(self, _arbiter: Any, _worker: Any) -> None:
        """Close what a worker has open; no signal ends it any more."""
        signals.end()
        self._program.leave()

    def _gunicorn_settings(self) -> dict[str, Any]:
        settings = self._program.settings
        return {
            "bind": list(self._binds),
            "workers": self._roles.processes,
            # WHY: one client that does not close its connection blocks a whole sync worker.
            "worker_class": "gpd_soap.server.worker.Worker",
            "threads": settings.threads,
            "preload_app": True,
            # WHY: sendfile would make a thread wait for the client.
            "sendfile": False,
            "keepalive": 30,
            "timeout": 30,
            "graceful_timeout": DRAIN_SECONDS,
            "pre_fork": self._prepare_worker,
            **({"post_fork": _keep_to_core} if settings.pin else {}),
            "worker_exit": self._leave_worker,
            # WHY: the master ends last, after every worker has closed SQLite's file.
            "on_exit": lambda _arbiter: self._program.leave(),
            # WHY: the control socket is a file in the home directory, which a hardened unit lacks.
            "control_socket_disable": True,
            "logger_class": _RootLogger,
            "proc_name": "gpd-soap",
            # WHY: by default everybody on the machine may connect to a Unix socket.
            "umask": 0o117,
            # WHY: by default gunicorn takes scheme and path from the headers of every program on
            # this machine, and from everybody who connects to a Unix socket.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "header_map": "drop",
        }


def _roles(program: Program) -> Roles:
    """How many processes each face has; a face that is served alone has all."""
    settings = program.settings
    quotas = dict.fromkeys(program.faces, settings.workers or os.cpu_count() or 1)
    if {settings.node_bind, settings.admin_bind} <= set(quotas):
        quotas[settings.admin_bind] = settings.admin_workers
    if settings.metrics_bind in quotas:
        quotas[settings.metrics_bind] = 1
    return Roles({name_of_bind(bind): processes for bind, processes in quotas.items()})


def _choose_core(arbiter: Any, worker: Any) -> None:
    """Give a worker the core that the fewest of its siblings have."""
    taken = [getattr(sibling, "core", None) for sibling in arbiter.WORKERS.values()]
    worker.core = min(sorted(os.sched_getaffinity(0)), key=taken.count)


def _keep_to_core(_arbiter: Any, worker: Any) -> None:
    # WHY: threads of one process that run on two cores compete for the interpreter.
    # LIMIT: not the default: on a shared machine, other programs may fill the chosen core.
    os.sched_setaffinity(0, {worker.core})


def serve(assemble: Callable[[], Program]) -> None:
    """Serve until a signal stops the server; SIGHUP assembles anew and loses no request."""
    Server(assemble).run()


class _RootLogger(Logger):
    """gunicorn's logger, whose lines go through ours."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
