"""Stores with services, distributions made for a test, and processes that run at the same time."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpd_soap.store.store import Store
from gpd_soap.usecases.spontaneous import kinds
from tests.conftest import KINDS, LendDatabase
from tests.shared_world import SharedDatabase
from tests.store.races import Crew
from tests.usecases.spontaneous.samples import prepare

Install = Callable[..., None]


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, shared_database: LendDatabase) -> SharedDatabase:
    """Return a database with every table and our services, once for each kind of database."""
    return shared_database(request.param, prepare)


@pytest.fixture
def url(database: SharedDatabase) -> str:
    """Return the address of that database."""
    return database.url


@pytest.fixture
def store(database: SharedDatabase) -> Store:
    """The store of that database, without positions."""
    return database.store


@pytest.fixture
def bare_store(shared_database: LendDatabase) -> Store:
    """A store like `store`, for tests that do not depend on the kind of database."""
    return shared_database("sqlite", prepare).store


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a throw-away distribution: `install(name, code, kind="module:attribute", …)`."""
    monkeypatch.setattr(kinds.kind_of, "_made", dict(kinds.kind_of._made))
    modules: list[str] = []

    def put(name: str, code: str, **kinds_of: str) -> None:
        folder = tmp_path / f"site-{name}"
        information = folder / f"{name}-1.0.dist-info"
        information.mkdir(parents=True)
        points = "\n".join(f"{kind} = {value}" for kind, value in kinds_of.items())
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0")
        (information / "entry_points.txt").write_text(f"[gpd_soap.services]\n{points}\n")
        (folder / f"{name}.py").write_text(code)
        monkeypatch.syspath_prepend(folder)
        modules.append(name)

    yield put
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Four processes, which are started once."""
    with Crew(4) as started:
        yield started
