"""What a command prints where its surroundings fail: one line with the remedy."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gpd_soap.cli.main import main
from gpd_soap.cli.texts.failures import known_cause
from gpd_soap.store.configuration import write
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase, migrated
from tests.validation.bodies import ORGANIZATION

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port_in_use() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, which may change its environment and its logs."""
    return subprocess.run(
        [sys.executable, "-m", "gpd_soap", *arguments], cwd=ROOT, env={**os.environ, **settings},
        capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", ["key list", "db upgrade", "audit", "check"])
@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("sqlite:///{folder}/text.db", "is no SQLite database: name another file"),
        ("sqlite:///{folder}/missing/new.db", "cannot be opened: its folder must exist"),
        ("sqlite:////proc/new.db", "this user must have write access"),
        ("postgresql://user@host.invalid/base", "host of GPD_DATABASE_URL is unknown: check"),
        ("postgresql://user@127.0.0.1:1/base", "no PostgreSQL answers at the host and port"),
        ("postgresql://user@127.0.0.1:99999/base", "must be 1 to 65535"),
        ("postgresql://user@/base?host=/nowhere", "no PostgreSQL answers at the socket"),
        ("nonsense", "the database address cannot be read; check GPD_DATABASE_URL"),
    ],
    ids=[
        *("no database", "no folder", "no write access", "unknown host", "closed port"),
        *("no port", "no socket", "no address"),
    ],
)
def test_unusable_database_is_named_on_one_line_with_its_remedy(
    arguments: str, url: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """No name of an exception and no location in the code is printed."""
    (tmp_path / "text.db").write_bytes(b"no database" * 1000)

    monkeypatch.setenv("GPD_DATABASE_URL", url.format(folder=tmp_path))
    monkeypatch.delenv("GPD_CONFIG", raising=False)

    refused = CliRunner().invoke(main, arguments.split())

    assert refused.exit_code == (2 if arguments == "check" else 1)
    assert remedy in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ('FATAL:  password authentication failed for user "gpd"', "the user or the password"),
        ("fe_sendauth: no password supplied", "asks for a password"),
        ('FATAL:  database "gpd" does not exist', "no database of the name"),
        ("FATALE:  autenticazione fallita", "check the user, the password and the database"),
        ("server does not support SSL, but SSL was required", "has no TLS"),
        ('root certificate file "/nowhere.pem" does not exist', "sslrootcert"),
        ("FATAL:  no pg_hba.conf entry for host", "lets nobody connect so"),
    ],
)
def test_refused_connection_to_postgresql_is_named_without_its_text(reason: str, remedy: str):
    """The texts are those that libpq gave on a server with passwords and without TLS."""
    refused = psycopg.OperationalError(f"connection failed: connection to server: {reason}")

    assert remedy in str(known_cause(refused))
    assert "gpd" not in str(known_cause(refused))


def test_failed_statement_is_no_refused_connection():
    """Its text is not looked at."""
    assert known_cause(psycopg.errors.UniqueViolation("duplicate key")) is None


def test_missing_certificate_is_named_by_its_setting(fresh_database: FreshDatabase):
    """The path is not printed, and the server does not start."""
    url = fresh_database("sqlite", migrated)
    files = {f"GPD_NODE_TLS_{name}": "/nowhere.pem" for name in ("CERTIFICATE", "AUTHORITIES")}

    refused = run("serve", "node", GPD_DATABASE_URL=url, **files)

    assert refused.returncode == 1
    assert "GPD_NODE_TLS_CERTIFICATE: the file does not exist" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_database_of_a_later_version_is_named_with_the_remedy(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
):
    """No command touches its tables."""
    url = fresh_database("sqlite", migrated)
    store = Store(url)
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)

    refused = CliRunner().invoke(main, ["key", "list"])

    assert refused.exit_code == 1
    assert "run the version that upgraded the database" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("laod x", 2, "Did you mean one of: 'load', 'loads'?"),
        ("station srve x", 2, "'serve'?)"),
        ("load --keepgoing x", 2, "--keep-going"),
        ("help lod", 2, "No such command 'lod'"),
        ("demo --keep /nowhere/demo.db", 2, "the folder /nowhere must exist"),
        ("load /tmp", 2, "is a folder: name one of its files"),
    ],
)
def test_mistyped_argument_is_a_usage_error_with_a_suggestion(
    arguments: str, code: int, message: str
):
    """Nothing is done."""
    refused = CliRunner().invoke(main, arguments.split())

    assert (refused.exit_code, refused.stdout) == (code, "")
    assert message in refused.stderr


@pytest.mark.parametrize("command", ["load", "station serve", "key create"])
def test_help_of_a_command_is_its_help(command: str):
    """A newcomer may ask for it in either way."""
    short = CliRunner().invoke(main, ["help", *command.split()], prog_name="gpd-soap")
    long = CliRunner().invoke(main, [*command.split(), "--help"], prog_name="gpd-soap")

    assert (short.exit_code, short.stdout) == (0, long.stdout)


def test_help_of_no_command_shows_a_literal_escape():
    """A paragraph that keeps its lines begins with a control character that click takes away."""
    shown = [CliRunner().invoke(main, [*path, "--help"]).output for path in every_command(main)]

    assert len(shown) > 30
    assert not any("\\b" in text or "\b" in text for text in shown)


def every_command(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command."""
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from every_command(command, *path, name)


@pytest.mark.parametrize(
    ("bind", "remedy"),
    [
        ("127.0.0.1:99999", "the port must be 1 to 65535"),
        ("127.0.0.1:0", "the port must be 1 to 65535"),
        ("host.invalid:8080", "the host name is unknown"),
        ("unix:{folder}/missing/socket", "the folder of the socket does not exist"),
        ("unix:{folder}/file", "is no socket: remove it"),
    ],
)
def test_address_that_cannot_be_bound_is_named_with_its_remedy(
    bind: str, remedy: str, fresh_database: FreshDatabase, tmp_path: Path
):
    """The server does not start, and gunicorn logs nothing."""
    (tmp_path / "file").touch()
    url = fresh_database("sqlite", migrated)
    bind = bind.format(folder=tmp_path)

    refused = run("serve", "node", GPD_DATABASE_URL=url, GPD_NODE_BIND=bind, GPD_NODE_OPEN="true")

    assert refused.returncode == 1
    assert f"Error: cannot listen on {bind}: " in refused.stderr
    assert remedy in refused.stderr
    assert "Starting gunicorn" not in refused.stderr


def test_demo_on_a_port_in_use_prints_the_remedy_alone(port_in_use: int):
    """No table and no key are printed."""
    refused = run("demo", "--port", str(port_in_use))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"127.0.0.1:{port_in_use}: the port is in use" in refused.stderr


@pytest.mark.parametrize("port", ["0", "99999"])
def test_demo_on_an_impossible_port_is_a_usage_error(port: str):
    """The error shows the range."""
    refused = CliRunner().invoke(main, ["demo", "--admin-port", port])

    assert refused.exit_code == 2
    assert "1<=x<=65535" in refused.stderr


LISTINGS = ("key list", "organization list", "station list", "receipts worklist", "audit",
            "journal search", "help settings", "help exit-codes")  # fmt: skip


#: Runs each listing in a process of its own, whose output nobody reads, and prints its exit code.
# WHY: a process that begins with the imports done takes a tenth of the time.
UNREAD = """
import os, sys
import gpd_soap.store.store
from gpd_soap.cli.main import main

reading, writing = os.pipe()
os.close(reading)
os.dup2(writing, 1)
for listing in sys.argv[1:]:
    if not (child := os.fork()):
        sys.argv[1:] = listing.split()
        main()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(listing, code, sep=": ", file=sys.stderr, flush=True)
"""


def test_command_whose_reader_has_ended_prints_no_error(fresh_database: FreshDatabase):
    """`gpd-soap key list | head -1` ends without a message, and so does every listing."""
    url = fresh_database("sqlite", migrated)
    store = Store(url)
    with store.begin() as connection:
        write.put_organization(connection, ORGANIZATION, "Comune")
    store.close()

    ended = subprocess.run(
        [sys.executable, "-c", UNREAD, *LISTINGS], cwd=ROOT, timeout=180, check=True,
        env={**os.environ, "GPD_DATABASE_URL": url}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    codes = dict(re.findall(r"^([a-z -]+): (-?\d+)$", ended.stderr, re.MULTILINE))
    assert codes.keys() == set(LISTINGS)
    assert set(codes.values()) <= {"0", "1"}
    assert "Traceback" not in ended.stderr
    assert "Broken" not in ended.stderr
