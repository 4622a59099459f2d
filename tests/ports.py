"""Ports of this machine for the servers that tests start.

A server binds its port seconds after the test has chosen it.  Meanwhile nothing else may take it:
no connection of another process, and no server of another test or of another run.
"""

import os
import random
import socket
from collections import deque

#: Below the ports that Linux gives to whoever names none (32768 to 60999).
PORTS = range(12000, 32000)
#: LIMIT: 100 ports of a process, each an open file; no test needs so many at once.
HELD = 100
#: LIMIT: 1,000 tries, after which no port is free.
TRIES = 1000
#: The files that mark the last ports of this process as taken.
_MARKS: deque[int] = deque()


def free_port() -> int:
    """Return a port on which nothing listens, and which no other call returns meanwhile.

    Raises RuntimeError if no port is free.
    """
    chance = random.Random(os.urandom(16))  # noqa: S311  # nobody's secret
    for _ in range(TRIES):
        port = chance.choice(PORTS)
        if _is_free(port) and _marked(port):
            return port
    raise RuntimeError(f"no port from {PORTS.start} to {PORTS.stop - 1} is free")


def _marked(port: int) -> bool:
    """Mark a port as taken by this process, unless another call has marked it."""
    # WHY: the kernel gives an abstract name to one socket, and frees it when its process ends.
    with socket.socket(socket.AF_UNIX) as mark:
        try:
            mark.bind(f"\0gpd-soap tests: port {port}")
        except OSError:
            return False
        _MARKS.append(mark.detach())
    if len(_MARKS) > HELD:
        os.close(_MARKS.popleft())
    return True


def _is_free(port: int) -> bool:
    """Return whether a server could listen on the port, at each address of this machine."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("", port))
        except OSError:
            return False
    return True
