"""The server that the other tests trust."""

from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy

from tests import postgres as module
from tests.conftest import FreshDatabase
from tests.postgres import WHEEL, Postgres, found_programs


def plain(url: str) -> str:
    """The same place in psycopg's own words."""
    return url.replace("+psycopg", "")


def rows(url: str) -> list[int]:
    """What the table `kept` holds."""
    with psycopg.connect(plain(url)) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM kept ORDER BY n")]


def keep(url: str, *numbers: int) -> None:
    """Commit rows to the table `kept`."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE IF NOT EXISTS kept (n integer)"))
        for number in numbers:
            connection.execute(sqlalchemy.text("INSERT INTO kept VALUES (:n)"), {"n": number})


def test_a_committed_row_survives_kill_9_and_an_uncommitted_one_does_not():
    """What was said to be kept is there when the server comes back."""
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


def test_a_server_stops_comes_back_and_leaves_nothing():
    """Stop refuses connections, restart brings the data back, close removes every file."""
    with Postgres() as server:
        url = server.create_database("kept")
        keep(url, 7)

        server.stop()
        assert not server.running
        server.restart()

        assert rows(url) == [7]
        home = server.home
    assert not home.exists()


def test_no_network_port_is_opened(postgres: Postgres):
    """A socket in a directory of its own is the only way in."""
    with postgres.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchall() == [("",)]


def test_the_wheel_is_enough(monkeypatch: pytest.MonkeyPatch):
    """A machine without PostgreSQL of its own tests with the wheel's, as root too."""
    of_the_wheel = [path for path in found_programs() if WHEEL in path.parts]
    monkeypatch.setattr(module, "found_programs", lambda: of_the_wheel)

    with Postgres() as server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_the_wheel_is_copied_when_nobody_may_run_it_in_place(monkeypatch: pytest.MonkeyPatch):
    """An environment below a closed directory serves all the same."""
    monkeypatch.setattr(module, "found_programs", lambda: iter(()))

    with Postgres() as server, server.connect() as connection:
        assert (server.home / "programs").is_dir()
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_a_machine_without_any_server_fails_loudly(monkeypatch: pytest.MonkeyPatch):
    """Tests are never skipped for want of a server."""
    monkeypatch.setattr(module, "found_programs", lambda: iter(()))
    monkeypatch.setattr(module, "_wheel", lambda: None)

    with pytest.raises(RuntimeError, match="no PostgreSQL to test with"):
        Postgres()


def test_the_server_never_runs_as_root(postgres: Postgres):
    """PostgreSQL refuses root, and gets `nobody` in its place."""
    assert postgres.home.owner() != "root"
    assert (postgres.home / "data" / "PG_VERSION").owner() != "root"


def test_each_test_gets_an_empty_database(database_url: str):
    """No table stands in it, whatever tests ran before."""
    engine = sqlalchemy.create_engine(database_url, poolclass=sqlalchemy.NullPool)

    assert sqlalchemy.inspect(engine).get_table_names() == []
    keep(database_url, 1)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_prepared_database_is_prepared_once_and_copied(kind: str, fresh_database: FreshDatabase):
    """Tables are made once; what one copy keeps, the next has not."""
    prepared: list[str] = []
    prepare = preparing(prepared)

    first, second = fresh_database(kind, prepare), fresh_database(kind, prepare)
    keep(first, 5)

    assert len(prepared) == 1
    engine = sqlalchemy.create_engine(second, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT count(*) FROM kept")) == 0


def preparing(prepared: list[str]) -> Callable[[str], None]:
    """A preparation that notes where it ran."""

    def prepare(url: str) -> None:
        prepared.append(url)
        keep(url)

    return prepare
