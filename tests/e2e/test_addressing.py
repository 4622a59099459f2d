"""What a request may say about its host, its path and its way here, over raw sockets."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import world
from tests.conftest import Databases
from tests.e2e.served import PROGRAM, running, wait_for
from tests.ports import free_port
from tests.waiting import until

LIVE = "/health/live"


class Faces(NamedTuple):
    """The addresses of a served node face, admin face, and node face on a Unix socket."""

    node: tuple[str, int]
    admin: tuple[str, int]
    unix: str


@pytest.fixture(scope="module")
def faces(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faces]:
    """Both faces on ports, and the node face again on a Unix socket."""
    home = tmp_path_factory.mktemp("addressing")
    node, admin, unix = free_port(), free_port(), home / "node.sock"
    environment = {
        "GPD_DATABASE_URL": databases.make("sqlite", world.prepare)[1],
        "GPD_WORKERS": "1",
        "SCRIPT_NAME": "/health",
    }
    ports = {"GPD_NODE_BIND": f"127.0.0.1:{node}", "GPD_ADMIN_BIND": f"127.0.0.1:{admin}"}
    path = {"GPD_NODE_BIND": f"unix:{unix}"}
    with (
        running([*PROGRAM, "serve", "all"], home / "log", **environment, **ports) as both,
        running([*PROGRAM, "serve", "node"], home / "unix", **environment, **path) as alone,
    ):
        wait_for(f"http://127.0.0.1:{node}{LIVE}", both, home / "log")
        deadline = time.monotonic() + 60
        while not unix.exists() and alone.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        yield Faces(("127.0.0.1", node), ("127.0.0.1", admin), str(unix))


@pytest.fixture(params=Faces._fields)
def face(request: pytest.FixtureRequest, faces: Faces) -> tuple[str, int] | str:
    """Each address in turn."""
    address: tuple[str, int] | str = getattr(faces, request.param)
    return address


def send(address: tuple[str, int] | str, line: str, *headers: str) -> bytes:
    """Send a request of this line and these headers; return the answer."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(30)
        connection.connect(address)
        connection.sendall("\r\n".join([line, *headers, "Connection: close", "", ""]).encode())
        received = b""
        while more := connection.recv(65536):
            received += more
    return received


def listens(path: Path) -> bool:
    """Whether a server has begun to listen on a socket; its file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def status(answer: bytes) -> int:
    """Status of an answer."""
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "header",
    [
        "SCRIPT_NAME: /health",
        "SCRIPT_NAME: /elsewhere",
        "Script-Name: /health",
        "X-Script-Name: /health",
        "PATH_INFO: /nowhere",
        "X-Forwarded-Prefix: /health",
        "X-Forwarded-Path: /nowhere",
        "X-Original-URL: /nowhere",
        "X-Rewrite-URL: /nowhere",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Port: 1",
        "X-Forwarded-For: 10.0.0.1",
        "X_Forwarded_For: 10.0.0.1",
        "X-Forwarded-Ssl: on\r\nX-Forwarded-Proto: http",
        "Forwarded: for=10.0.0.1;proto=https;host=evil.example",
        "X-HTTP-Method-Override: DELETE",
    ],
)
def test_header_of_a_forwarder_changes_nothing(face: tuple[str, int] | str, header: str) -> None:
    """Neither a program on this machine nor a caller of the Unix socket is believed."""
    answered = send(face, f"GET {LIVE} HTTP/1.1", "Host: ec.example", header)

    assert (status(answered), b'"status": "up"' in answered) == (200, True)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Host:",),
        ("Host: ",),
        ("Host: ec.example", "Host: ec.example"),
        ("Host: ec.example, other.example",),
        ("Host: ec.example other",),
        ("Host: http://ec.example",),
        ("Host: ec.example/partner",),
        ("Host: user@ec.example",),
        ("Host: ec.example:port",),
        ("Host: ec.example:80:80",),
        ("Host: [::1",),
        ("Host: <script>",),
    ],
    ids=lambda headers: "|".join(headers) or "none",
)  # fmt: skip
def test_request_without_one_valid_host_is_400(
    face: tuple[str, int] | str, headers: tuple[str, ...]
) -> None:
    """RFC 9112, section 3.2, demands this answer."""
    assert status(send(face, f"GET {LIVE} HTTP/1.1", *headers)) == 400


@pytest.mark.parametrize("host", ["ec.example", "EC.example:443", "[::1]:8080", "10.0.0.1", "a_b:"])
def test_valid_host_is_accepted(face: tuple[str, int] | str, host: str) -> None:
    """Every name serves, because the listener alone decides the face."""
    assert status(send(face, f"GET {LIVE} HTTP/1.1", f"Host: {host}")) == 200


def test_certificate_is_forwarded_over_the_unix_socket_too(
    databases: Databases, tmp_path: Path
) -> None:
    """A proxy on the same machine has no address there."""
    path = tmp_path / "node.sock"
    settings = {
        "GPD_DATABASE_URL": databases.make("sqlite", world.prepare)[1],
        "GPD_NODE_BIND": f"unix:{path}",
        "GPD_NODE_PROXIES": "127.0.0.1",
        "GPD_NODE_CALLERS": "forwarder.example",
    }
    with running([*PROGRAM, "serve", "node"], tmp_path / "log", **settings):
        until(lambda: listens(path), "the socket")
        statuses = [
            status(
                send(
                    str(path),
                    "GET /partner?wsdl HTTP/1.1",
                    *("Host: ec.example", f"X-SSL-Client-Verify: {verified}"),
                    "X-SSL-Client-S-DN: CN=forwarder.example",
                )
            )
            for verified in ("SUCCESS", "NONE")
        ]

    assert statuses == [200, 403]


def test_http_1_0_may_leave_the_host_out(face: tuple[str, int] | str) -> None:
    """Checks of older balancers do."""
    assert status(send(face, f"GET {LIVE} HTTP/1.0")) == 200
    assert status(send(face, f"GET {LIVE} HTTP/1.0", "Host: a/b")) == 400


@pytest.mark.parametrize(
    "path",
    [
        f"/{LIVE}",
        f"//{LIVE}",
        "/health//live",
        "/./health/live",
        "/health/./live",
        "/nowhere/../health/live",
        "/health/%2e/live",
        "/nowhere/%2E%2e/health/live",
        "/health%2Flive",
        "/health%2flive",
        "/%2Fhealth/live",
        "/health%5Clive",
        "/health/live/",
        "/health/live/.",
        "http://ec.example//health/live",
    ],
)
def test_path_in_another_form_is_404(face: tuple[str, int] | str, path: str) -> None:
    """A proxy that guards a path must not be passed by another spelling of it."""
    assert status(send(face, f"GET {path} HTTP/1.1", "Host: ec.example")) == 404


@pytest.mark.parametrize(
    "target",
    ["http://ec.example/health/live", f"{LIVE}?a=//", f"{LIVE}?a=/../%2F", "/%68ealth/live"],
)
def test_path_with_one_reading_is_answered(face: tuple[str, int] | str, target: str) -> None:
    """A query may hold anything."""
    assert status(send(face, f"GET {target} HTTP/1.1", "Host: ec.example")) == 200


def test_path_of_the_admin_face_has_one_form(faces: Faces) -> None:
    """Werkzeug takes away every slash before a path."""
    for path in ("//metrics", "//docs", "///openapi.json"):
        answered = send(faces.admin, f"GET {path} HTTP/1.1", "Host: ec.example")
        assert (path, status(answered)) == (path, 404)


def test_target_without_a_path_is_no_failure(face: tuple[str, int] | str) -> None:
    """Each is refused or not found."""
    for line in ("OPTIONS * HTTP/1.1", "CONNECT ec.example:443 HTTP/1.1", "GET ? HTTP/1.1"):
        assert status(send(face, line, "Host: ec.example")) in (400, 404, 405)


def test_bulk_body_is_awaited_by_the_admin_face(faces: Faces) -> None:
    """A body over GPD_MAX_BODY and within GPD_MAX_BULK_BODY is read, as the key's check shows."""
    length = f"Content-Length: {3 << 20}"
    with socket.create_connection(faces.admin, 30) as connection:
        line = "POST /organizations/77777777777/debtpositions/bulk HTTP/1.1"
        head = [line, "Host: a", "Content-Type: application/json", length, "Connection: close"]
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(30)
        connection.sendall(b" " * (3 << 20))
        assert status(connection.recv(4096)) == 401
