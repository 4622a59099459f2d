"""Every page of the console reads by index, and no more rows where there are more."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from gpd_soap.console.access import PAGES
from gpd_soap.store.store import Store
from gpd_soap.store.tables.receipts import CASE_INDEXES
from tests.bench.console import town as towns
from tests.bench.console.addresses import APART, Address, Addresses
from tests.bench.console.asking import ANSWERS
from tests.bench.console.furnishing import furnish
from tests.conftest import Databases
from tests.console.harness import Console
from tests.store.test_plans import scans
from tests.usecases.people.people import NOW

POSITIONS = 3000
#: Tables that grow with the payments of years.
LARGE = ("position", "payment_option", "transfer", "receipt", "event", "journal", "audit",
         "document", "document_notice", "load_row", "document_batch_line")  # fmt: skip
#: Indexes that have few rows of an organization.
OF_FEW = {str(index.name) for index in CASE_INDEXES}
#: The steps of SQLite that read all rows before the first one is returned.
SORTS = tuple(f"USE TEMP B-TREE FOR {what}" for what in ("ORDER BY", "GROUP BY", "DISTINCT"))
_NAME = re.compile(rf"({'|'.join(LARGE)})(?:_\d{{4}}_\d\d|_rest)?")


class Bench(NamedTuple):
    """A small town, its console, and the addresses of its pages."""

    console: Console
    addresses: list[Address]


class Read(NamedTuple):
    """A statement that a page has sent, with its parameters."""

    page: str
    statement: str
    values: Any


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def small_town(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Bench]:
    """A town of a few thousand positions."""
    made: list[towns.Town] = []
    name, url = databases.make(
        request.param, lambda to: made.append(towns.fill(to, POSITIONS, NOW))
    )
    store = Store(url)
    console = Console(store)
    yield Bench(console, list(Addresses(made[0], furnish(store, made[0]))))
    store.close()
    databases.server(request.param).drop_database(name)


def test_each_page_has_an_address():
    """A page that is new is measured too, or says why it is not."""
    console = Console(Store("sqlite:////nowhere/none.db"))
    read = {rule.endpoint for rule in console.app.url_map.iter_rules() if "GET" in rule.methods}  # type: ignore[operator]  # never None
    town = towns.Town(POSITIONS, towns.plain_of(POSITIONS), NOW)
    things = furnish.__annotations__["return"]("x", ("R1",), ("c",), ("m",), ("e",), "i")
    named = {address.endpoint for address in Addresses(town, things)}

    assert read - named == set(APART)
    assert named <= set(PAGES)


def test_page_reads_large_tables_by_index(small_town: Bench):
    """No page scans one, nor sorts all rows of an organization; each page is opened."""
    reads = list(_reads(small_town))

    assert {read.page.partition(",")[0] for read in reads} >= {"home.page", "notices.page"}
    explain = _on_postgresql if _dialect(small_town) == "postgresql" else _on_sqlite
    with small_town.console.store.reading() as connection:
        if _dialect(small_town) == "postgresql":
            # WHY: a small table is read whole, whatever its indexes are.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        wrong = [
            f"{read.page}: {step}\n{read.statement}"
            for read in reads
            for step in explain(connection, read)
        ]
    assert not wrong, "\n".join(wrong)


def _dialect(bench: Bench) -> str:
    return bench.console.store.engine.dialect.name


def _reads(bench: Bench) -> Iterator[Read]:
    """Yield each kind of statement that a page reads by, for each page once."""
    seen: set[str] = set()
    noted: list[Read] = []
    page = ""

    def note(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")) and statement not in seen:
            seen.add(statement)
            noted.append(Read(page, statement, values))

    engine = bench.console.store.engine
    event.listen(engine, "before_cursor_execute", note)
    clients: dict[str, FlaskClient] = {}
    try:
        for address in bench.addresses:
            if address.endpoint.endswith(("pdf", "paper")):
                continue
            name = address.operators[-1]
            client = clients.setdefault(name, bench.console.client(name))
            page = f"{address.endpoint}, {address.name}"
            answer = client.get(address.path(3))
            assert answer.status_code in (*ANSWERS, *address.also), page
    finally:
        event.remove(engine, "before_cursor_execute", note)
    yield from noted


def _on_sqlite(connection: Any, read: Read) -> Iterator[str]:
    """Yield the steps of a plan that read more than a page needs."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {read.statement}", read.values).all()
    sorted_parts = {row[1] for row in plan if row[3].startswith(SORTS)}
    for _id, part, _, step in plan:
        words = step.split()
        if len(words) < 2 or words[1] not in LARGE:
            continue
        is_whole = step.endswith("(organization=?)") and part in sorted_parts
        if words[0] == "SCAN" or (is_whole and not any(name in step for name in OF_FEW)):
            yield step


def _on_postgresql(connection: Any, read: Read) -> Iterator[str]:
    """Yield the large tables that no index serves; which one is best, a small table cannot say."""
    statement = f"EXPLAIN (FORMAT JSON) {read.statement}"
    [plan] = connection.exec_driver_sql(statement, read.values).scalar_one()
    for table, how in scans(plan["Plan"]):
        if how == "Seq Scan" and _NAME.fullmatch(table):
            yield f"{how} of {table}"
