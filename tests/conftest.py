"""Fixtures for every test: databases on SQLite and on PostgreSQL, new ones and shared ones."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests import compiled, drawn, drilled, garbage, interrupts, memory, order, without, world
from tests.postgres import Postgres
from tests.shared_world import SharedDatabase, SharedWorld

KINDS = ("sqlite", "postgresql")
NUMBERS = itertools.count(1)

#: Creates the rows of a database, given its URL, and its tables where they are missing; closes its
#: connections.
Prepare = Callable[[str], None]

#: Pytest calls this hook; it leaves out the tests whose programs `make test` has named as missing.
pytest_configure = without.pytest_configure

interrupts.obey()
compiled.compile_once()
compiled.template_once()
drawn.load_profile()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark the random tests and the drills, and put the long ones first of those that run."""
    drawn.mark(items)
    drilled.mark(items)
    yield
    items[:] = order.spread(items, order.processes())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect no garbage while the tests are imported, and never look for it among them."""
    with garbage.uncollected():
        return (yield)


class Server(Protocol):
    """A server, or a folder, that makes databases."""

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or a copy of another one, and return its URL."""

    def drop_database(self, name: str) -> None:
        """Remove a database, if it exists."""

    def start(self) -> None:
        """Start the server, if it does not run."""


class FreshDatabase(Protocol):
    """Makes databases; the fixture of that name says how."""

    def __call__(self, kind: str, prepare: Prepare | None = None) -> str:
        """Make one and return its URL."""


def migrated(url: str) -> None:
    """Create every table in an empty database."""
    store = Store(url)
    migrate.upgrade(store.engine)
    store.close()


class LendDatabase(Protocol):
    """Lends a database that tests share; see the fixture `shared_database`."""

    def __call__(self, kind: str, prepare: Prepare) -> SharedDatabase:
        """Return the one of this kind and preparation."""


class WorldOf(Protocol):
    """Lends the shared world of a kind of database; see the fixture `shared_world`."""

    def __call__(self, kind: str) -> SharedWorld:
        """Return that world, with the rows of `world.prepare`."""


class SqliteFiles:
    """SQLite databases in one folder, with the methods of a server."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def create_database(self, name: str, template: str | None = None) -> str:
        """Return the URL of a new file, which SQLite makes itself, or of a copy of another file."""
        if template is not None:
            shutil.copyfile(self._home / f"{template}.db", self._home / f"{name}.db")
        return f"sqlite:///{self._home / name}.db"

    def drop_database(self, name: str) -> None:
        """Remove the file and the files that SQLite adds to it."""
        for leftover in self._home.glob(f"{name}.db*"):
            leftover.unlink()

    def start(self) -> None:
        """Do nothing: files need no server."""


class Databases:
    """Servers of both kinds, and the prepared databases that are copied for each test."""

    def __init__(self, servers: dict[str, Callable[[], Server]]) -> None:
        self._servers = servers
        self._templates: dict[tuple[str, Prepare], str] = {}

    def make(self, kind: str, prepare: Prepare | None) -> tuple[str, str]:
        """Make a database, and return its name and its URL."""
        server = self.server(kind)
        name = f"test_{next(NUMBERS)}"
        return name, server.create_database(name, prepare and self._template(kind, prepare))

    def server(self, kind: str) -> Server:
        """Return the server of that kind; it is started if it does not run."""
        server = self._servers[kind]()
        server.start()
        return server

    def _template(self, kind: str, prepare: Prepare) -> str:
        if (kind, prepare) not in self._templates:
            name = f"template_{next(NUMBERS)}"
            # WHY: the migrations take a second, and a prepared database finds them done.
            before = None if prepare is migrated else self._template(kind, migrated)
            prepare(self.server(kind).create_database(name, before))
            self._templates[kind, prepare] = name
        return self._templates[kind, prepare]


class SharedDatabases:
    """The databases that the tests of a process share, one for each kind and preparation."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._made: dict[tuple[str, Prepare], SharedDatabase] = {}

    def lend(self, kind: str, prepare: Prepare) -> SharedDatabase:
        """Return a database, connected again if a test has stopped its server meanwhile."""
        self._databases.server(kind)
        if (kind, prepare) not in self._made:
            shared = SharedWorld if prepare is world.prepare else SharedDatabase
            self._made[kind, prepare] = shared(self._databases.make(kind, prepare)[1])
        self._made[kind, prepare].revive()
        return self._made[kind, prepare]

    def take_back(self, shared: SharedDatabase) -> None:
        """Put its rows back; where that fails, the next test gets a new database."""
        try:
            shared.reset()
        except BaseException:
            self._made = {key: each for key, each in self._made.items() if each is not shared}
            shared.close()
            raise

    def close(self) -> None:
        """Close every connection."""
        for each in self._made.values():
            each.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Yield a PostgreSQL server for this worker; a machine without one fails the test."""
    server = Postgres()
    # WHY: it would visit every database of the tests, and its statistics would change plans at
    # any moment; no test lives long enough to need it.
    server.settings["autovacuum"] = "off"
    with server:
        yield server


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Yield what makes this worker's databases; PostgreSQL starts at its first use."""
    with tempfile.TemporaryDirectory(prefix="sqlite-", dir=memory.folder()) as home:
        files = SqliteFiles(Path(home))
        yield Databases(
            {"sqlite": lambda: files, "postgresql": lambda: request.getfixturevalue("postgres")}
        )


@pytest.fixture
def fresh_database(databases: Databases) -> Iterator[FreshDatabase]:
    """Yield `fresh_database(kind) -> url`, which makes as many databases as a test needs.

    `prepare` runs once for all tests, and each test gets a copy.
    """
    made: list[tuple[str, str]] = []

    def make(kind: str, prepare: Prepare | None = None) -> str:
        name, url = databases.make(kind, prepare)
        made.append((kind, name))
        return url

    yield make
    for kind, name in made:
        databases.server(kind).drop_database(name)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """Return the URL of a new, empty database; the test runs once for each kind."""
    return fresh_database(request.param)


@pytest.fixture(scope="session")
def all_shared(databases: Databases) -> Iterator[SharedDatabases]:
    """Yield this process's shared databases."""
    shared = SharedDatabases(databases)
    yield shared
    shared.close()


@pytest.fixture
def shared_database(all_shared: SharedDatabases) -> Iterator[LendDatabase]:
    """Yield `shared_database(kind, prepare)`; its rows are put back after the test.

    A test may change rows, and neither tables nor the store itself.
    """
    lent: list[SharedDatabase] = []

    def lend(kind: str, prepare: Prepare) -> SharedDatabase:
        lent.append(all_shared.lend(kind, prepare))
        return lent[-1]

    yield lend
    for each in lent:
        all_shared.take_back(each)


@pytest.fixture
def shared_world(shared_database: LendDatabase) -> WorldOf:
    """Return `shared_world(kind)`, the shared database of `world.prepare` with its faces."""

    def lend(kind: str) -> SharedWorld:
        shared = shared_database(kind, world.prepare)
        assert isinstance(shared, SharedWorld)
        return shared

    return lend
