"""Fixtures for every test: new, empty databases on SQLite and on PostgreSQL."""

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

#: Pytest calls this hook; it leaves out the tests whose programs `make test` has named as missing.
pytest_configure = without.pytest_configure


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

    def __call__(self, kind: str, prepare: Callable[[str], None] | None = None) -> str:
        """Make one and return its URL."""


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
        self._templates: dict[tuple[str, Callable[[str], None]], str] = {}

    def make(self, kind: str, prepare: Callable[[str], None] | None) -> tuple[str, str]:
        """Make a database, and return its name and its URL."""
        server = self.server(kind)
        name = f"test_{next(NUMBERS)}"
        return name, server.create_database(name, prepare and self._template(kind, prepare))

    def server(self, kind: str) -> Server:
        """Return the server of that kind; it is started if it does not run."""
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
    """Yield a PostgreSQL server for this worker; a machine without one fails the test."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    """Return what makes this worker's databases; PostgreSQL starts at its first use."""
    files = SqliteFiles(tmp_path_factory.mktemp("sqlite"))
    return Databases(
        {"sqlite": lambda: files, "postgresql": lambda: request.getfixturevalue("postgres")}
    )


@pytest.fixture
def fresh_database(databases: Databases) -> Iterator[FreshDatabase]:
    """Yield `fresh_database(kind) -> url`, which makes as many databases as a test needs.

    `prepare` is a function of a URL: it creates tables and closes its connections.  It runs once
    for all tests, and each test gets a copy.
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
    """Return the URL of a new, empty database; the test runs once for each kind."""
    return fresh_database(request.param)


@pytest.fixture(scope="session")
def worlds(databases: Databases) -> Iterator[Callable[[str], SharedWorld]]:
    """Yield a function of a kind that returns this process's world of it."""
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
    """Yield `shared_world(kind)`, which lends a world and puts its rows back after the test.

    A test may change rows through it, and neither tables nor the store itself.
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
