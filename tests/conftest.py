"""What every test may ask for: real databases, new and empty."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests import without, world
from tests.postgres import Postgres
from tests.shared_world import SharedWorld

KINDS = ("sqlite", "postgresql")
NUMBERS = itertools.count(1)

#: A hook of pytest: leaves out the tests whose programs `make test` has named as missing.
pytest_configure = without.pytest_configure


class Server(Protocol):
    """Where databases are made."""

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or a copy of another, and say where it is."""

    def drop_database(self, name: str) -> None:
        """Remove a database if it is there."""

    def start(self) -> None:
        """Be there to be asked."""


class FreshDatabase(Protocol):
    """Makes databases; see the fixture of that name."""

    def __call__(self, kind: str, prepare: Callable[[str], None] | None = None) -> str:
        """Make one and say where it is."""


class WorldOf(Protocol):
    """Lends the shared world of a kind; see the fixture `shared_world`."""

    def __call__(self, kind: str) -> SharedWorld:
        """Return it as `world.prepare` makes it."""


class SqliteFiles:
    """SQLite databases in one directory, under the verbs of a server."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def create_database(self, name: str, template: str | None = None) -> str:
        """Name a file that SQLite will make, or copy one."""
        if template is not None:
            shutil.copyfile(self._home / f"{template}.db", self._home / f"{name}.db")
        return f"sqlite:///{self._home / name}.db"

    def drop_database(self, name: str) -> None:
        """Remove the file and what SQLite put beside it."""
        for leftover in self._home.glob(f"{name}.db*"):
            leftover.unlink()

    def start(self) -> None:
        """Files are always there."""


class Databases:
    """Both kinds of server, and the databases made ready once to be copied."""

    def __init__(self, servers: dict[str, Callable[[], Server]]) -> None:
        self._servers = servers
        self._templates: dict[tuple[str, Callable[[str], None]], str] = {}

    def make(self, kind: str, prepare: Callable[[str], None] | None) -> tuple[str, str]:
        """Make a database; its name and its place."""
        server = self.server(kind)
        name = f"test_{next(NUMBERS)}"
        return name, server.create_database(name, prepare and self._template(kind, prepare))

    def server(self, kind: str) -> Server:
        """The server of that kind, started if it was not yet or a test has stopped it."""
        server = self._servers[kind]()
        server.start()
        return server

    def _template(self, kind: str, prepare: Callable[[str], None]) -> str:
        if (kind, prepare) not in self._templates:
            name = f"template_{next(NUMBERS)}"
            prepare(self.server(kind).create_database(name))
            self._templates[kind, prepare] = name
        return self._templates[kind, prepare]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for this worker; a machine that cannot give one fails the test."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    """Where this worker's databases are made; PostgreSQL starts when first asked for."""
    files = SqliteFiles(tmp_path_factory.mktemp("sqlite"))
    return Databases(
        {"sqlite": lambda: files, "postgresql": lambda: request.getfixturevalue("postgres")}
    )


@pytest.fixture
def fresh_database(databases: Databases) -> Iterator[FreshDatabase]:
    """Make as many new databases as a test wants: `fresh_database(kind) -> url`.

    With `prepare`, a function of a URL that creates tables and closes what it opened, that runs
    once for all tests, and each gets a copy.
    """
    made: list[tuple[str, str]] = []

    def make(kind: str, prepare: Callable[[str], None] | None = None) -> str:
        name, url = databases.make(kind, prepare)
        made.append((kind, name))
        return url

    yield make
    for kind, name in made:
        databases.server(kind).drop_database(name)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """A new, empty database; the test runs once for each kind."""
    return fresh_database(request.param)


@pytest.fixture(scope="session")
def worlds(databases: Databases) -> Iterator[Callable[[str], SharedWorld]]:
    """Return a function of a kind that gives this process's world of it."""
    made: dict[str, SharedWorld] = {}

    def lend(kind: str) -> SharedWorld:
        databases.server(kind)
        if kind not in made:
            made[kind] = SharedWorld(databases.make(kind, world.prepare)[1])
        return made[kind]

    yield lend
    for each in made.values():
        each.close()


@pytest.fixture
def shared_world(worlds: Callable[[str], SharedWorld]) -> Iterator[WorldOf]:
    """Lend the world of a kind, `shared_world(kind)`; its rows are put back after the test.

    A test may change rows through it, and nothing else: neither tables nor the store itself.
    """
    lent: list[SharedWorld] = []

    def lend(kind: str) -> SharedWorld:
        shared = worlds(kind)
        shared.revive()
        lent.append(shared)
        return shared

    yield lend
    for each in lent:
        each.reset()
