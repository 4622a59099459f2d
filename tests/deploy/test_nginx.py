"""The nginx before the node face, as deploy/ configures it, with a real nginx."""

import datetime as dt
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import NamedTuple

import pytest
import requests
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from gpd_soap.server.arriving import ARRIVAL_SECONDS
from gpd_soap.settings import PREFIX, variables
from tests.conftest import FreshDatabase
from tests.deploy.programs import program
from tests.e2e.served import running, serving
from tests.e2e.test_served import VERIFY, XML, living
from tests.ports import free_port
from tests.waiting import bound, until

TEMPLATE = Path(__file__).parents[2] / "deploy/nginx/node.conf.template"
FORWARDER = "forwarder.example"
PUBLIC = "https://ec.example/partner"
#: LIMIT: seconds, less than a slow sender is waited for: a request that waits with it takes longer.
GIVEN_UP = ARRIVAL_SECONDS - 1
PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

#: An nginx.conf around the site, with every folder below `home`.
AROUND = """
worker_processes 1;
pid $home/nginx.pid;
error_log $home/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $home/body;
    proxy_temp_path $home/proxy;
    fastcgi_temp_path $home/fastcgi;
    uwsgi_temp_path $home/uwsgi;
    scgi_temp_path $home/scgi;
    include $home/node.conf;
}
"""


class Front(NamedTuple):
    """An nginx before a node face, and what a client needs to call it."""

    url: str
    plain: str
    trust: str
    authority: trustme.CA


def envsubst(template: str, variables: dict[str, str]) -> str:
    """Return the template with the variables that its head names, and no others, filled in."""
    [named] = re.findall(r"envsubst '(.*?)'", template)
    values = {name: variables[name] for name in re.findall(r"\$\{(\w+)\}", named)}
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


@contextmanager
def fronting(home: Path, upstream: str, authority: trustme.CA, crl: bytes = b"") -> Iterator[str]:
    """Yield the URL of an nginx on loopback that the template configures."""
    port = free_port()
    leaf = authority.issue_cert("127.0.0.1")
    leaf.private_key_pem.write_to_path(str(home / "server.key"))
    (home / "server.pem").write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    authority.cert_pem.write_to_path(str(home / "authorities.pem"))
    values = {
        "NODE_LISTEN": f"127.0.0.1:{port}",
        "NODE_SERVER_NAME": "ec.example",
        "NODE_TLS": str(home),
        "NODE_UPSTREAM": upstream,
        "NODE_LOG": str(home / "requests.log"),
    }
    site = envsubst(TEMPLATE.read_text(encoding="utf-8"), values)
    if crl:
        (home / "revoked.pem").write_bytes(crl)
        [line] = re.findall(r"^    #   (ssl_crl .*;)$", site, re.MULTILINE)
        (home / "revoked.conf").write_text(line, encoding="utf-8")
    (home / "node.conf").write_text(site, encoding="utf-8")
    (home / "nginx.conf").write_text(Template(AROUND).substitute(home=home), encoding="utf-8")
    command = [program("nginx", "nginx-light"), "-p", str(home), "-c", str(home / "nginx.conf")]
    subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=30)
    with running([*command, "-g", "daemon off;"], home / "nginx.log"):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"https://127.0.0.1:{port}"


@pytest.fixture
def front(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Front]:
    """Yield an nginx before the node face, which trusts a proxy on this machine."""
    authority = trustme.CA()
    variables = {
        "GPD_NODE_PROXIES": "127.0.0.1/32",
        "GPD_NODE_CALLERS": FORWARDER,
        "GPD_PUBLIC_URL": PUBLIC,
    }
    database = fresh_database("sqlite", living)
    with serving("node", database, tmp_path / "log", **variables) as plain:
        upstream = plain.removeprefix("http://").removesuffix("/partner")
        with fronting(tmp_path, upstream, authority) as url:
            yield Front(url, plain, str(tmp_path / "authorities.pem"), authority)


def certificate(
    front: Front, home: Path, name: str = FORWARDER, until: dt.datetime | None = None
) -> str:
    """Return the file of a client's certificate and key, from the trusted authority."""
    since = until and until - dt.timedelta(days=1)
    leaf = front.authority.issue_cert(common_name=name, not_before=since, not_after=until)
    file = home / f"{name}.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(str(file))
    return str(file)


def ask(front: Front, cert: str | None, **headers: str) -> requests.Response:
    """Return the answer to a verify through nginx."""
    return requests.post(
        f"{front.url}/partner", VERIFY, headers={**XML, **headers}, timeout=180,
        verify=front.trust, cert=cert,
    )  # fmt: skip


def test_forwarder_with_its_certificate_is_answered(front: Front, tmp_path: Path) -> None:
    """Its request over mutual TLS is answered from the database."""
    answered = ask(front, certificate(front, tmp_path))

    assert (answered.status_code, b"<outcome>OK</outcome>" in answered.content) == (200, True)


def test_client_without_the_right_certificate_is_refused(front: Front, tmp_path: Path) -> None:
    """None, an expired one, or another name's; a line of nginx's log says why."""
    forged = {
        "X-SSL-Client-Verify": "SUCCESS",
        "X-SSL-Client-S-DN": f"CN={FORWARDER}",
    }
    past = certificate(front, tmp_path, until=PAST)

    assert ask(front, None, **forged).status_code == 400
    assert ask(front, past, **forged).status_code == 400
    assert ask(front, certificate(front, tmp_path, "somebody"), **forged).status_code == 403
    written = tmp_path / "requests.log"
    # WHY: nginx writes the line of a request after it has answered.
    until(lambda: written.read_text("utf-8").count("\n") >= 3, "a request left no line")
    lines = written.read_text("utf-8").splitlines()
    assert [line.split()[2] for line in lines] == ["400", "400", "403"]
    assert '"NONE" "-"' in lines[0]
    assert "certificate has expired" in lines[1]
    assert '"SUCCESS"' in lines[2]
    assert "CN=somebody" in lines[2]


def test_request_around_nginx_is_refused(front: Front) -> None:
    """A program on the proxy's own machine must send nginx's headers too."""
    assert requests.post(front.plain, VERIFY, headers=XML, timeout=180).status_code == 403


def test_other_paths_are_404(front: Front, tmp_path: Path) -> None:
    """Only the Node's own paths are reachable from outside."""
    mine = certificate(front, tmp_path)
    for path in ("/", "/partner/x", "/docs", "/metrics", "/organizations", "/health/ready"):
        answer = requests.get(f"{front.url}{path}", timeout=180, verify=front.trust, cert=mine)

        assert answer.status_code == 404, path


def test_old_tls_is_refused(front: Front, tmp_path: Path) -> None:
    """TLS 1.2 is the oldest version."""
    host, port = front.url.removeprefix("https://").split(":")
    command = ["openssl", "s_client", "-connect", f"{host}:{port}", "-CAfile", front.trust,
               "-cert", certificate(front, tmp_path), "-cipher", "DEFAULT@SECLEVEL=0"]  # fmt: skip

    def spoken(version: str) -> bool:
        done = subprocess.run(
            [*command, version], input=b"", capture_output=True, timeout=180, check=False
        )
        return b"Cipher is" in done.stdout and b"Cipher is (NONE)" not in done.stdout

    assert not spoken("-tls1_1")
    assert spoken("-tls1_2")
    assert spoken("-tls1_3")


def test_slow_senders_leave_the_workers_free(front: Front, tmp_path: Path) -> None:
    """While bodies drip in, the workers behind nginx answer other requests."""
    context = ssl.create_default_context(cafile=front.trust)
    mine = certificate(front, tmp_path)
    context.load_cert_chain(mine)
    host, port = front.url.removeprefix("https://").split(":")
    head = (
        b"POST /partner HTTP/1.1\r\nHost: ec\r\n"
        b"Content-Type: text/xml\r\nContent-Length: 900\r\n\r\n"
    )
    allowed = bound(GIVEN_UP, lambda: ask(front, mine))
    slow = []
    for _ in range(40):
        dripping = context.wrap_socket(
            socket.create_connection((host, int(port)), 15), server_hostname=host
        )
        dripping.sendall(head)
        slow.append(dripping)

    begun = time.monotonic()
    answered = ask(front, mine)
    took = time.monotonic() - begun
    for each in slow:
        each.close()

    assert answered.status_code == 200
    assert took < allowed


def test_template_names_every_variable_that_its_command_fills_in() -> None:
    """No variable of ours is left, none of nginx's is emptied, and none is a setting."""
    text = TEMPLATE.read_text(encoding="utf-8")
    head, _, body = text.partition("upstream ")
    [named] = re.findall(r"envsubst '(.*?)'", head)
    names = re.findall(r"\$\{(\w+)\}", named)

    assert set(re.findall(r"\$\{(\w+)\}", body)) == set(names)
    assert not [name for name in names if name.startswith(PREFIX)]
    assert all(re.fullmatch(r"[a-z_]+", name) for name in re.findall(r"\$(\w+)", body))
    for setting in re.findall(r"\bGPD_\w+", head):
        assert setting in {name for name, _, _ in variables()}


def test_contract_names_the_public_address(front: Front, tmp_path: Path) -> None:
    """A SOAP client that reads the contract through nginx calls nginx."""
    read = requests.get(
        f"{front.url}/partner?wsdl",
        timeout=180,
        verify=front.trust,
        cert=certificate(front, tmp_path),
    )

    assert read.status_code == 200
    assert f'location="{PUBLIC}"'.encode() in read.content
    assert b"127.0.0.1" not in read.content


def revocations(authority: trustme.CA, revoked: trustme.LeafCert) -> bytes:
    """Return the authority's revocation list, which contains this certificate."""
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    certificate = x509.load_pem_x509_certificate(revoked.cert_chain_pems[0].bytes())
    key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(certificate.serial_number)
        .revocation_date(since)
        .build()
    )
    listed = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(since)
        .next_update(since + dt.timedelta(days=1))
        .add_revoked_certificate(entry)
        .sign(key, hashes.SHA256())
    )
    return listed.public_bytes(serialization.Encoding.PEM)


def test_revoked_certificate_is_refused_with_a_revocation_list(tmp_path: Path) -> None:
    """A file with the template's line refuses it, and no certificate that is not listed."""
    authority = trustme.CA()
    good, bad = (authority.issue_cert(common_name=FORWARDER) for _ in range(2))
    upstream = f"127.0.0.1:{free_port()}"
    with fronting(tmp_path, upstream, authority, revocations(authority, bad)) as url:
        statuses = []
        for each in (good, bad):
            pem = tmp_path / "caller.pem"
            each.private_key_and_cert_chain_pem.write_to_path(str(pem))
            trust = str(tmp_path / "authorities.pem")
            answered = requests.post(
                f"{url}/partner", VERIFY, headers=XML, timeout=180, verify=trust, cert=str(pem)
            )
            statuses.append(answered.status_code)

    # Nothing listens behind nginx: 502 is its answer to a client that it has accepted.
    assert statuses == [502, 400]
