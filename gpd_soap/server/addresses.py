"""Whether a server can listen on its addresses, known before gunicorn tries."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from gunicorn import util

from gpd_soap.settings import SettingsError

#: LIMIT: seconds for another process to release an address; as long as gunicorn would try.
RELEASE_SECONDS = 5.0
RETRY_SECONDS = 0.1
MAX_PORT = 65535

#: What to do about each failure of `bind`.
REMEDIES = {
    errno.EADDRINUSE: "the port is in use: stop the other program, or choose another port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose one of its own",
    errno.EACCES: "this user may not use the port: choose one above 1023",
}
#: The failures that may end by themselves.
TRANSIENT = frozenset({REMEDIES[errno.EADDRINUSE], REMEDIES[errno.EADDRNOTAVAIL]})


class UnusableAddress(SettingsError):
    """The server cannot listen on one of its addresses."""

    hint = (
        "GPD_NODE_BIND, GPD_ADMIN_BIND and GPD_METRICS_BIND set the addresses;"
        " `gpd-soap demo` has --port and --admin-port"
    )


def check_ports(binds: Iterable[str]) -> None:
    """Raises UnusableAddress if a bind has no port from 1 to 65535."""
    for bind in binds:
        address = util.parse_address(bind)
        if not isinstance(address, str) and not 1 <= address[1] <= MAX_PORT:
            raise UnusableAddress(f"cannot listen on {bind}: the port must be 1 to {MAX_PORT}")


def check_free(binds: Iterable[str], wait: float = RELEASE_SECONDS) -> None:
    """Raises UnusableAddress if an address cannot be bound within `wait` seconds."""
    deadline = time.monotonic() + wait
    for bind in binds:
        while problem := _problem_with(bind):
            if problem not in TRANSIENT or time.monotonic() >= deadline:
                raise UnusableAddress(f"cannot listen on {bind}: {problem}")
            time.sleep(RETRY_SECONDS)


def _problem_with(bind: str) -> str | None:
    """Why an address cannot be bound, with what to do about it; None if it can."""
    address = util.parse_address(bind)
    if isinstance(address, str):
        return _problem_with_path(address)
    family = socket.AF_INET6 if util.is_ipv6(address[0]) else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except socket.gaierror:
            return "the host name is unknown: use an IP address of this machine"
        except OSError as error:
            return REMEDIES.get(error.errno or 0, str(error.strerror))
    return None


def _problem_with_path(name: str) -> str | None:
    path = Path(name)
    folder = path.parent
    if not folder.is_dir():
        return "the folder of the socket does not exist: create it"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "this user may not write to the folder of the socket: change its owner or mode"
    if path.exists() and not path.is_socket():
        return "a file with this name exists and is no socket: remove it, or choose another name"
    return None
