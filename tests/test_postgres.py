"""The PostgreSQL server that the other tests use."""

from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy

from tests import memory
from tests import postgres as module
from tests.conftest import FreshDatabase
from tests.postgres import WHEEL, Postgres, program_folders


def plain(url: str) -> str:
    """Return the same URL as psycopg writes it."""
    return url.replace("+psycopg", "")


def rows(url: str) -> list[int]:
    """Return the content of the table `kept`."""
    with psycopg.connect(plain(url)) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM kept ORDER BY n")]


def keep(url: str, *numbers: int) -> None:
    """Commit rows to the table `kept`."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE IF NOT EXISTS kept (n integer)"))
        for number in numbers:
            connection.execute(sqlalchemy.text("INSERT INTO kept VALUES (:n)"), {"n": number})


def test_committed_row_survives_kill_9_and_an_uncommitted_one_does_not():
    """A committed row is in the table when the server runs again."""
    with Postgres(fsync=True) as server:
        url = server.create_database("crash")
        keep(url, 1)
        open_session = psycopg.connect(plain(url))
        open_session.execute("INSERT INTO kept VALUES (2)")

        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(plain(url))
        server.start()

        assert rows(url) == [1]
        open_session.close()


def test_server_stops_restarts_and_leaves_no_file():
    """Stop refuses connections, restart brings the data back, close removes every file."""
    with Postgres() as server:
        url = server.create_database("kept")
        keep(url, 7)

        server.stop()
        assert not server.running
        server.restart()

        assert rows(url) == [7]
        home, data = server.home, server.data
    assert not home.exists()
    assert not data.exists()


def test_data_without_room_in_memory_and_durable_data_are_on_the_disk(
    monkeypatch: pytest.MonkeyPatch,
):
    """What a commit waits for is a disk, and a small machine's memory is not filled."""
    monkeypatch.setattr(memory, "ROOM", 1 << 62)
    without_room = Postgres()
    without_room.close()
    monkeypatch.undo()
    durable = Postgres(fsync=True)
    durable.close()

    assert without_room.data.parent == without_room.home
    assert durable.data.parent == durable.home


def test_server_opens_no_network_port(postgres: Postgres):
    """The server listens on a socket in a folder of its own, and nowhere else."""
    with postgres.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchall() == [("",)]


def test_server_of_the_wheel_runs_without_one_of_the_system(monkeypatch: pytest.MonkeyPatch):
    """A machine without a PostgreSQL of its own uses that of the wheel, as root too."""
    of_the_wheel = [path for path in program_folders() if WHEEL in path.parts]
    monkeypatch.setattr(module, "program_folders", lambda: of_the_wheel)

    with Postgres() as server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_wheel_below_a_closed_folder_is_copied(monkeypatch: pytest.MonkeyPatch):
    """Programs that `nobody` cannot reach are run from a copy."""
    monkeypatch.setattr(module, "program_folders", lambda: iter(()))

    with Postgres() as server, server.connect() as connection:
        assert (server.home / "programs").is_dir()
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_machine_without_any_server_fails(monkeypatch: pytest.MonkeyPatch):
    """Tests are never skipped for want of a server."""
    monkeypatch.setattr(module, "program_folders", lambda: iter(()))
    monkeypatch.setattr(module, "_wheel", lambda: None)

    with pytest.raises(RuntimeError, match="no PostgreSQL to test with"):
        Postgres()


def test_server_does_not_run_as_root(postgres: Postgres):
    """The server runs as `nobody`, because PostgreSQL refuses root."""
    assert postgres.home.owner() != "root"
    assert (postgres.data / "PG_VERSION").owner() != "root"


def test_database_of_a_test_is_empty(database_url: str):
    """It has no table, whatever tests ran before."""
    engine = sqlalchemy.create_engine(database_url, poolclass=sqlalchemy.NullPool)

    assert sqlalchemy.inspect(engine).get_table_names() == []
    keep(database_url, 1)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_prepared_database_is_made_once_and_copied(kind: str, fresh_database: FreshDatabase):
    """Tables are made once; a row of one copy is in no other copy."""
    prepared: list[str] = []
    prepare = preparing(prepared)

    first, second = fresh_database(kind, prepare), fresh_database(kind, prepare)
    keep(first, 5)

    assert len(prepared) == 1
    engine = sqlalchemy.create_engine(second, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT count(*) FROM kept")) == 0


def preparing(prepared: list[str]) -> Callable[[str], None]:
    """Return a preparation that notes the URL it ran on."""

    def prepare(url: str) -> None:
        prepared.append(url)
        keep(url)

    return prepare


def test_server_of_the_tests_does_nothing_by_itself(postgres: Postgres):
    """No plan changes during a test, and no database is visited between them."""
    with postgres.connect() as connection:
        assert connection.execute("SHOW autovacuum").fetchone() == ("off",)
