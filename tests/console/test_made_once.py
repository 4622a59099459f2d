"""What takes longer to make than a page is made once, and not for each request."""

import threading
from collections import Counter

import pytest
from sqlalchemy.sql.compiler import SQLCompiler

from gpd_soap import wiring
from gpd_soap.store.store import Store
from tests.conftest import LendDatabase
from tests.console import harness, working
from tests.console.harness import ORGANIZATION, Console
from tests.usecases.people.people import NOW

ORG = f"/console/{ORGANIZATION}"
#: Pages of the worklist, which can process a message again.
OF_CASES = (
    f"{ORG}/worklist",
    f"{ORG}/worklist/{working.DOUBLE}",
    f"{ORG}/receipts",
    f"{ORG}/receipts/{working.DOUBLE}",
    f"{ORG}/receipts/{working.DOUBLE}/case",
)


def prepare(url: str) -> None:
    """Make the demo's database, with a case of every kind."""
    harness.prepare(url)
    store = Store(url)
    working.add_cases(store, NOW)
    store.close()


def test_page_makes_no_endpoint_of_the_node(
    shared_database: LendDatabase, monkeypatch: pytest.MonkeyPatch
):
    """The console has made what processes a message again when it starts."""
    made: Counter[str] = Counter()
    make = wiring.node_endpoint

    def counted(*arguments: object, **options: object) -> object:
        made["endpoint"] += 1
        return make(*arguments, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(wiring, "node_endpoint", counted)
    console = Console(shared_database("sqlite", prepare).store)
    at_start, client = made.total(), console.client("admin")
    for path in OF_CASES:
        assert client.get(path).status_code == 200, path

    assert at_start > 0
    assert made.total() == at_start


def test_page_that_was_shown_compiles_no_statement_again(
    shared_database: LendDatabase, monkeypatch: pytest.MonkeyPatch
):
    """SQLAlchemy keeps the text of each statement that it has compiled once."""
    console = Console(shared_database("sqlite", prepare).store)
    client, compiled, own = console.client("admin"), list[str](), threading.current_thread()
    compile_ = SQLCompiler.__init__

    def noted(self: SQLCompiler, *arguments: object, **options: object) -> None:
        compile_(self, *arguments, **options)  # type: ignore[arg-type]  # passed on
        # WHY: another thread writes who read the page, whenever it comes to it.
        if threading.current_thread() is own:
            compiled.append(str(self))

    for path in OF_CASES:
        client.get(path)
    monkeypatch.setattr(SQLCompiler, "__init__", noted)
    for path in OF_CASES:
        assert client.get(path).status_code == 200, path

    assert compiled == []
