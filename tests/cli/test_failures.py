"""What a command prints where its surroundings fail: one line with the remedy."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gpd_soap.cli.main import main
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store

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
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", ["key list", "db upgrade", "audit", "check"])
@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("sqlite:///{folder}/text.db", "is no SQLite database: name another file"),
        ("sqlite:///{folder}/missing/new.db", "cannot be opened: its folder must exist"),
        ("sqlite:////proc/new.db", "this user must have write access"),
        ("postgresql://user@host.invalid/base", "host of GPD_DATABASE_URL is unknown: check"),
    ],
    ids=["no database", "no folder", "no write access", "unknown host"],
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
    bind: str, remedy: str, tmp_path: Path
):
    """The server does not start, and gunicorn logs nothing."""
    (tmp_path / "file").touch()
    url = f"sqlite:///{tmp_path / 'new.db'}"
    store = Store(url)
    migrate.upgrade(store.engine)
    store.close()
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


def test_command_whose_reader_has_ended_prints_no_error():
    """`gpd-soap key list | head -1` ends without a message."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "gpd_soap", "help", "settings"]
    ended = subprocess.run(
        command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writing)

    assert ended.stderr == b""
    assert ended.returncode == 1
