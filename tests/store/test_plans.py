"""Queries of the node face read by index, however many notices there are."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg import ClientCursor, RawCursor
from sqlalchemy import Connection, event, insert

from gpd_soap.core.case_id import CaseKey
from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.database import session
from gpd_soap.store.database.session import Statement
from gpd_soap.store.node.settlement import values_of
from gpd_soap.store.receipts import search as receipts
from gpd_soap.store.receipts import worklist
from gpd_soap.store.store import Store
from tests.conftest import Databases, FreshDatabase
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    RAW,
    ROUTE,
    TOMORROW,
    add,
    nav,
    option,
    position,
    prepare,
    receipt,
    transfer,
)

MANY = 4000
BIG = ("payment_option", "transfer", "receipt", "position")


@pytest.fixture(scope="module")
def crowded(databases: Databases) -> Iterator[Store]:
    """Yields a PostgreSQL store with thousands of notices and receipts, and fresh statistics."""
    name, url = databases.make("postgresql", prepare)
    store = Store(url)
    add(
        store,
        *(
            position(f"P{n}", option(2 * n, plan="a"), option(2 * n + 1, transfer(), transfer(2)))
            for n in range(MANY // 2)
        ),
    )
    add_receipts(store)
    store._connections.write(lambda session: session.run("ANALYZE"))
    yield store
    store.close()
    databases.server("postgresql").drop_database(name)


def add_receipts(store: Store) -> None:
    """Inserts thousands of receipts of one organization."""
    verdict = Verdict(ReceiptStatus.REVIEW, ("the amount differs",))
    route_check = store.receipt_facts(receipt(1)).route_check
    rows = [
        values_of(receipt(n), verdict, route_check, "paSendRTV2", RAW, NOW)
        | {"variant": 0, "copies": 1}
        for n in range(MANY)
    ]
    with store.begin() as connection:
        connection.execute(insert(tables.receipt), rows)


def queries(store: Store) -> dict[str, tuple[Statement, dict[str, Any]]]:
    """Returns the compiled statements of the node face, with parameters."""
    route = {"idpa": ROUTE.organization, "broker": ROUTE.broker, "station": ROUTE.station}
    notice = {**route, "nav": nav(77)}
    receipt_key = {**notice, "iuv": nav(77)[1:], "receipt_id": "r-77"}
    batch = {"idpa": ROUTE.organization, "after": "P77", "size": 5}
    compiled = store._queries
    return {
        "outline": (compiled._outline, notice),
        "notice": (compiled._notice, notice),
        "receipt": (compiled._receipt, receipt_key),
        "batch": (store._scan._batch, batch),
    }


def scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields how each table in a plan is read."""
    if "Relation Name" in node:
        yield node["Relation Name"], node["Node Type"]
    for below in node.get("Plans", ()):
        yield from scans(below)


@pytest.mark.parametrize(
    ("which", "mode"),
    [
        *itertools.product(
            ("outline", "notice", "receipt"), ("force_custom_plan", "force_generic_plan")
        ),
        # WHY: a generic plan does not know the batch size, so PostgreSQL never uses it.
        ("batch", "force_custom_plan"),
    ],
)
def test_node_query_reads_no_big_table_whole(crowded: Store, which: str, mode: str):
    """Positions, options, transfers and receipts are read by index, prepared or not."""
    statement, values = queries(crowded)[which]

    cursor = RawCursor(crowded._connections._current().driver)
    cursor.execute(f"SET plan_cache_mode = {mode}")
    cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.arguments(values))
    [[[explained]]] = cursor.fetchall()
    plan = explained["Plan"]
    big = [(table, how) for table, how in scans(plan) if table in BIG]

    assert {table for table, _ in big} >= {"position", "payment_option"}
    assert [entry for entry in big if "Index" not in entry[1]] == []


def test_plan_of_a_grown_table_is_made_again(on_postgresql: Store, monkeypatch: pytest.MonkeyPatch):
    """A plan made without receipts would read every receipt of the organization."""
    monkeypatch.setattr(session, "PLAN_SECONDS", 0.0)
    statement, values = queries(on_postgresql)["receipt"]
    connection = on_postgresql._connections._current()
    used, cursor = connection.session, ClientCursor(connection.driver)

    def plan() -> str:
        cursor.execute(
            "SELECT name FROM pg_prepared_statements WHERE statement = %s", [statement.sql]
        )
        [(name,)] = cursor
        slots = ", ".join(["%s"] * len(statement.order))
        cursor.execute(f"EXPLAIN EXECUTE {name} ({slots})", statement.arguments(values))
        return "\n".join(line for (line,) in cursor)

    used.fetch(statement, values)
    used.run("SET plan_cache_mode = force_generic_plan")
    used.fetch(statement, values)
    add_receipts(on_postgresql)
    assert "using pk_receipt" not in plan()

    used.fetch(statement, values)

    assert "using pk_receipt" in plan()


def test_scan_on_sqlite_reads_the_options_of_a_position_by_index(fresh_database: FreshDatabase):
    """Without the index, it would read every option of the organization for each position."""
    store = Store(fresh_database("sqlite", prepare))
    statement, values = queries(store)["batch"]
    explained = f"EXPLAIN QUERY PLAN {statement.sql}"
    arguments = statement.arguments(values)
    steps = store._connections._current().driver.execute(explained, arguments).fetchall()
    store.close()
    [how] = [step[3] for step in steps if step[3].startswith("SEARCH payment_option ")]

    assert "(organization=? AND iupd=?)" in how


LISTED = receipts.ReceiptQuery(TOMORROW, None, None, None, None, (), 20, 0)
DOUBLE = worklist.CaseQuery("double", False, None, None, 10, 0)
BACK_OFFICE: dict[str, Callable[[Connection], object]] = {
    "receipts": lambda c: receipts.page(c, ORGANIZATION, LISTED),
    "receipts until": lambda c: receipts.page(c, ORGANIZATION, LISTED._replace(until=TOMORROW)),
    "one receipt": lambda c: receipts.find(c, ORGANIZATION, nav(77)[1:]),
    "worklist": lambda c: worklist.page(c, ORGANIZATION, DOUBLE),
    "one case": lambda c: worklist.read(c, ORGANIZATION, CaseKey("r-77", 0)),
}


@pytest.mark.parametrize("read", BACK_OFFICE.values(), ids=BACK_OFFICE)
def test_back_office_query_reads_no_big_table_whole(
    crowded: Store, read: Callable[[Connection], object]
):
    """Pages, their totals and single receipts are read by index."""
    statements: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        statements.append((statement, values))

    event.listen(crowded.engine, "before_cursor_execute", note)
    with crowded.begin() as connection:
        read(connection)
    event.remove(crowded.engine, "before_cursor_execute", note)

    driver = crowded._connections._current().driver
    explained = [(f"EXPLAIN (FORMAT JSON) {statement}", values) for statement, values in statements]
    plans = [driver.execute(*each).fetchone()[0][0]["Plan"] for each in explained]
    big = [scan for plan in plans for scan in scans(plan) if scan[0] in BIG]
    assert big
    assert [scan for scan in big if "Index" not in scan[1] and "Bitmap" not in scan[1]] == []
