"""The compose file's backup and the commands that restore it, on a real PostgreSQL."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gpd_soap.contract.schema import Schema
from gpd_soap.monitoring.health import Health
from gpd_soap.store.database.grants import grant
from gpd_soap.store.store import Store
from tests import world
from tests.deploy.programs import DEPLOY
from tests.deploy.test_containers import composed
from tests.postgres import PORT, Postgres, program_folders
from tests.soap.test_receipts import PLAIN, send, stored

COMPOSE = DEPLOY / "docker/compose.yaml"
OWNER, SERVING = "gpd_owner", "gpd_serving"
PASSWORD = "secret-of-the-owner"  # noqa: S105  # of a server that ends with the test
WITHIN = 60


@pytest.fixture
def server() -> Iterator[Postgres]:
    """Yield a server with the two roles and an empty database of the owner's."""
    made = Postgres()
    (hba := made.home / "pg_hba.conf").write_text(
        f"local gpd {OWNER} scram-sha-256\nlocal all all trust\n"
    )
    made.settings["hba_file"] = str(hba)
    with made:
        with made.connect() as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}'".encode())
            connection.execute(f"CREATE ROLE {SERVING} LOGIN".encode())
            connection.execute(f"CREATE DATABASE gpd OWNER {OWNER}".encode())
            connection.execute(b"CREATE ROLE other LOGIN")
            connection.execute(b"REVOKE CONNECT ON DATABASE gpd FROM PUBLIC")
            connection.execute(f"GRANT CONNECT ON DATABASE gpd TO {SERVING}".encode())
        yield made


def url(server: Postgres, role: str) -> str:
    """Return the address of the database for a role."""
    return server.url("gpd").replace("//postgres@", f"//{role}:{PASSWORD}@")


def shell(server: Postgres, script: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a container's script with its folders below `home`."""
    script = re.sub(r"(?<![\w/])/(backup|run/secrets|tmp)\b", rf"{home}/\1", script)
    variables = {
        "PATH": f"{next(program_folders())}:{os.environ['PATH']}",
        "PGHOST": str(server.home),
        "PGPORT": str(PORT),
        "PGUSER": OWNER,
        "PGDATABASE": "gpd",
        "PGPASSFILE": str(home / "tmp" / "pgpass"),
    }
    return subprocess.run(
        ["/usr/bin/env", "bash", "-c", script], env=variables, capture_output=True, text=True,
        timeout=WITHIN, check=False,
    )  # fmt: skip


def save(server: Postgres, home: Path) -> Path:
    """Run the backup's script to its first pause, and return the file."""
    service = composed()["services"]["backup"]
    assert {"PGUSER", "PGDATABASE", "PGPASSFILE"} <= service["environment"].keys()
    script: str = service["entrypoint"][-1]
    script = script.replace("$$", "$").replace("sleep 86400", "exit 0")
    done = shell(server, script, home)
    assert done.returncode == 0, done.stderr
    [file] = (home / "backup").iterdir()
    assert re.fullmatch(r"gpd-\d{4}-\d\d-\d\d\.dump", file.name)
    return file


def restore(server: Postgres, file: Path, home: Path) -> None:
    """Run the command at the head of the compose file that restores a backup."""
    head = COMPOSE.read_text("utf-8").partition("\nname:")[0].replace(" \\\n#", "")
    [command] = re.findall(r"\$compose exec database (pg_restore .*)", head)
    command = re.sub(r"gpd-\S+", file.name, command)
    done = shell(server, command, home)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def home() -> Iterator[Path]:
    """Yield the folders of the container: its secret, its memory and its volume."""
    with tempfile.TemporaryDirectory() as folder:
        for each in ("backup", "run/secrets", "tmp"):
            (Path(folder) / each).mkdir(parents=True)
        (Path(folder) / "run/secrets/owner_password").write_text(PASSWORD)
        yield Path(folder)


def test_backup_is_restored_with_every_receipt_and_the_rights_of_both_roles(
    server: Postgres, home: Path
) -> None:
    """What came after the backup is gone, and the servers serve on as before."""
    owner = Store(url(server, OWNER))
    world.prepare(url(server, OWNER))
    with owner.begin() as connection:
        grant(connection, SERVING)
    serving = Store(url(server, SERVING))
    assert b"<outcome>OK</outcome>" in send(serving, PLAIN)
    before = stored(owner)
    file = save(server, home)
    send(serving, PLAIN.replace("c0ffee00c0ffee00c0ffee00c0ffee00", "second"))
    assert stored(owner) != before
    serving.close()
    owner.close()

    restore(server, file, home)

    assert stored(owner) == before
    assert all(fact.holds for fact in Health(serving, Schema())())
    send(serving, PLAIN)
    assert stored(owner) == [(*before[0][:2], 2, before[0][3])]
    with serving.begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("DELETE FROM receipt"))
    with server.connect() as connection:
        row = connection.execute(b"SELECT has_database_privilege('other', 'gpd', 'CONNECT')")
        assert row.fetchone() == (False,)
    serving.close()
    owner.close()


def test_password_is_in_a_file_of_the_container_alone(server: Postgres, home: Path) -> None:
    """Nobody else reads the backup or the password, and no program has it in its environment."""
    world.prepare(url(server, OWNER))
    file = save(server, home)

    assert file.stat().st_mode & 0o777 == 0o600
    assert (home / "tmp/pgpass").stat().st_mode & 0o777 == 0o600
    assert "PASSWORD=" not in COMPOSE.read_text("utf-8")


def test_failed_backup_leaves_the_last_one(server: Postgres, home: Path) -> None:
    """A file appears under its name when it is whole."""
    world.prepare(url(server, OWNER))
    file = save(server, home)
    dump = file.read_bytes()
    (home / "run/secrets/owner_password").write_text("wrong")

    script = composed()["services"]["backup"]["entrypoint"][-1].replace("$$", "$")
    shell(server, script.replace("sleep 86400", "exit 0"), home)

    assert file.read_bytes() == dump
