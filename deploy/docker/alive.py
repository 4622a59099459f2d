"""Docker's health check: exits with 0 if each face of the container answers, else with 1.

The container's command is that of process 1, or is given as arguments, such as `serve node`.  A
command without a server, such as an upgrade, counts as healthy.
"""

import http.client
import socket
import ssl
import sys
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from gpd_soap.settings import Settings

#: LIMIT: 2 s for one face; the image allows 5 s for the whole check.
WAIT = 2
#: By the host of a bind that stands for every address, the one that is asked.
EVERYWHERE = {"": "127.0.0.1", str(IPv4Address(0)): "127.0.0.1", str(IPv6Address(0)): "::1"}


class ToFace(http.client.HTTPConnection):
    """A connection to the address or socket of a face."""

    def __init__(self, bind: str) -> None:
        """Take the bind as the settings write it."""
        super().__init__("localhost", timeout=WAIT)
        self._bind = bind

    def connect(self) -> None:
        """Connect over TCP, or to a socket in the file system."""
        self.sock = opened(self._bind)


def opened(bind: str) -> socket.socket:
    """Return a socket that is connected to a bind.  Raises OSError if nothing listens there."""
    if bind.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(WAIT)
        connection.connect(bind.removeprefix("unix:"))
        return connection
    host, _, port = bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    return socket.create_connection((EVERYWHERE.get(host, host), int(port)), WAIT)


def answers(bind: str, *, tls: bool) -> bool:
    """Return whether a face answers /health/live, or with TLS its side of the handshake."""
    try:
        if not tls:
            client = ToFace(bind)
            client.request("GET", "/health/live")
            return client.getresponse().status == http.HTTPStatus.OK
        # WHY: the face requires a certificate of the Node, and a health check has none.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(opened(bind)) as secured:
            return secured.version() is not None
    except (OSError, http.client.HTTPException):
        return False


def healthy(words: list[str]) -> bool:
    """Return whether all answers that the command of these words serves."""
    if "serve" not in words:
        return True
    face = next((word for word in words if word in ("node", "admin")), "all")
    settings = Settings.load()
    faces = {"node": bool(settings.node_tls_certificate), "admin": False}
    binds = {"node": settings.node_bind, "admin": settings.admin_bind}
    return all(answers(binds[each], tls=faces[each]) for each in faces if face in (each, "all"))


if __name__ == "__main__":
    given = sys.argv[1:] or Path("/proc/1/cmdline").read_text("utf-8").split("\0")
    sys.exit(0 if healthy(given) else 1)
