"""Consoles and browsers for tests; the browser is started once for a process."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase, LendDatabase
from tests.console import browsing, harness, working
from tests.console.harness import Console
from tests.usecases.people.people import NOW


@pytest.fixture(scope="session")
def console_of() -> Callable[[Store], Console]:
    """Return the console over a shared store, built once."""
    return cache(Console)


@pytest.fixture
def console(shared_database: LendDatabase, console_of: Callable[[Store], Console]) -> Console:
    """A console over SQLite that other tests use too; its rows are put back."""
    lent = console_of(shared_database("sqlite", harness.prepare).store)
    lent.now = NOW
    return lent


@pytest.fixture
def busy(shared_database: LendDatabase, console_of: Callable[[Store], Console]) -> Console:
    """A console with work to do, over SQLite; its rows are put back after each test."""
    lent = console_of(shared_database("sqlite", working.prepare).store)
    lent.now = NOW
    lent.app.extensions["gpd-soap-lamps"].forget(harness.ORGANIZATION)
    return lent


@pytest.fixture
def client(console: Console) -> FlaskClient:
    """A browser of a writer, who may load files."""
    return console.client("writer")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield Chromium, started once."""
    with browsing.chromium() as started:
        yield started


@pytest.fixture
def live(fresh_database: FreshDatabase) -> Iterator[tuple[Console, str]]:
    """Yield a console of its own, and the origin at which it is served."""
    store = Store(fresh_database("sqlite", harness.prepare))
    console = Console(store)
    with harness.served(console.wsgi) as origin:
        yield console, origin
    store.close()


@pytest.fixture
def busy_office(fresh_database: FreshDatabase) -> Iterator[tuple[Console, str]]:
    """Yield the console of a demo with its past, and the origin at which it is served."""
    store = Store(fresh_database("sqlite", harness.prepare_with_history))
    console = Console(store)
    with harness.served(console.wsgi) as origin:
        yield console, origin
    store.close()


@pytest.fixture
def open_tab(browser: Browser, live: tuple[Console, str]) -> Iterator[Callable[..., browsing.Tab]]:
    """Yield a function that opens a page as an operator."""
    tabs: list[browsing.Tab] = []

    def opened(name: str = "", **options: object) -> browsing.Tab:
        tabs.append(browsing.tab(browser, *live, name, **options))  # type: ignore[arg-type]  # of tab
        return tabs[-1]

    yield opened
    for each in tabs:
        each.context.close()
