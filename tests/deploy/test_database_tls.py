"""PostgreSQL with TLS: certificates of deploy/authority.sh, and addresses that demand them."""

import re
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gpd_soap.store.store import Store
from tests.deploy.machine import loopback_address
from tests.deploy.programs import DEPLOY, certify
from tests.postgres import PORT, Postgres

#: Files that show an address to an administrator.
SHOWN = [path for path in (DEPLOY, DEPLOY.parent / "README.md") for path in (
    [path] if path.is_file() else sorted(path.rglob("*"))
) if path.is_file() and path.suffix not in (".json", ".txt")]  # fmt: skip
NAMES = "db.example,node1"
ADDRESS = r"postgresql://(?:\$\(cat \w+\)|\S)*?@[^/\s]*/gpd\S*"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Path, str]]:
    """Yield the folder of the certificates, and the address of a server that accepts TLS alone."""
    with Postgres() as made:
        home, address = made.home / "certificates", loopback_address()
        certify(home, f"{NAMES},{address}")
        certify(made.home / "another", "another.example")
        owner = made.home.stat()
        for file in (home, *home.iterdir()):
            shutil.chown(file, owner.st_uid, owner.st_gid)
        (home / "pg_hba.conf").write_text("local all all trust\nhostssl all all 0.0.0.0/0 trust\n")
        made.settings |= {
            "listen_addresses": address,
            "hba_file": str(home / "pg_hba.conf"),
            "ssl": "on",
            "ssl_cert_file": str(home / "db.example.pem"),
            "ssl_key_file": str(home / "db.example.key"),
        }
        made.restart()
        yield home, address


def encrypted(url: str) -> bool:
    """Return whether a connection to this address is encrypted.  Raises OperationalError."""
    store = Store(url)
    try:
        with store.engine.connect() as connection:
            statement = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            return bool(connection.execute(statement).scalar())
    finally:
        store.close()


def address_of(home: Path, host: str, query: str, authority: str = "authority.pem") -> str:
    """Return an address that demands the certificate of this host."""
    trusted = f"sslmode=verify-full&sslrootcert={home / authority}"
    return f"postgresql://postgres@{host}/postgres?{query}{trusted}"


@pytest.mark.parametrize("host", ["db.example", "node1"])
def test_connection_is_encrypted_where_the_certificate_has_the_name(
    server: tuple[Path, str], host: str
) -> None:
    """The name need not have an address: `hostaddr` says where the server is."""
    home, address = server

    assert encrypted(address_of(home, host, f"hostaddr={address}&"))


def test_connection_is_encrypted_where_the_certificate_has_the_address(
    server: tuple[Path, str],
) -> None:
    """A list of hosts, as for a cluster, names addresses alone."""
    home, address = server
    hosts = f"host={address}:1&host={address}:{PORT}&target_session_attrs=read-write&"

    assert encrypted(address_of(home, "", hosts))


@pytest.mark.parametrize(
    ("host", "authority"),
    [("other.example", "authority.pem"), ("db.example", "../another/authority.pem")],
    ids=["another name", "another authority"],
)
def test_connection_to_another_machine_is_refused(
    server: tuple[Path, str], host: str, authority: str
) -> None:
    """Nothing is sent to a server whose certificate does not prove its name."""
    home, address = server
    with pytest.raises(OperationalError, match="certificate"):
        encrypted(address_of(home, host, f"hostaddr={address}&", authority))


def test_connection_without_tls_is_refused(server: tuple[Path, str]) -> None:
    """The server's own file refuses it, as the cluster's does."""
    _, address = server
    with pytest.raises(OperationalError, match="no encryption"):
        encrypted(f"postgresql://postgres@{address}/postgres?sslmode=disable")


def test_certificate_is_that_of_a_server_and_renewed_by_the_same_command(tmp_path: Path) -> None:
    """The authority stays, and only its key and those of the certificates are secret."""
    certify(tmp_path, NAMES)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    certify(tmp_path, NAMES, "node2")
    after = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    assert before["authority.key"] == after["authority.key"]
    assert before["authority.pem"] == after["authority.pem"]
    assert before["db.example.pem"] != after["db.example.pem"]
    assert {f.name: f.stat().st_mode & 0o777 for f in tmp_path.glob("*.[pk]e[my]")} == {
        f"{name}.{kind}": mode
        for name in ("authority", "db.example", "node2")
        for kind, mode in (("pem", 0o644), ("key", 0o600))
    }
    context = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
    assert context.cert_store_stats()["x509_ca"] == 1


def test_address_that_crosses_a_network_is_shown_with_its_certificate() -> None:
    """Every example in deploy/ demands it, except inside the compose file's own machine."""
    addresses = [
        (path.name, address)
        for path in SHOWN
        for address in re.findall(ADDRESS, joined(path.read_text("utf-8")))
    ]

    assert len(addresses) > 8
    assert {name for name, address in addresses if "sslmode=verify-full" not in address} == {
        "compose.yaml"
    }


def joined(shown: str) -> str:
    """Return a text whose addresses are whole: on one line, and with the shell's variable."""
    secure = "".join(re.findall(r"^secure='(.*)'$", shown, re.MULTILINE))
    return re.sub(r"\n# +(?=&)", "", shown).replace("$secure", secure)
