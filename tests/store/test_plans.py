"""The Node's questions read by index, however many notices there are."""

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
    CLAIM,
    NOW,
    ORGANIZATION,
    RAW,
    TOMORROW,
    add,
    nav,
    option,
    position,
    prepare,
    receipt,
    share,
)

MANY = 3000
BIG = ("payment_option", "transfer", "receipt", "position")


@pytest.fixture(scope="module")
def crowded(databases: Databases) -> Iterator[Store]:
    """A PostgreSQL store with some thousands of notices and receipts, its statistics fresh."""
    name, url = databases.make("postgresql", prepare)
    store = Store(url)
    add(
        store,
        *(
            position(f"P{n}", option(2 * n, plan="a"), option(2 * n + 1, share(), share(2)))
            for n in range(MANY // 2)
        ),
    )
    keep_many(store)
    store._connections.write(lambda session: session.run("ANALYZE"))
    yield store
    store.close()
    databases.server("postgresql").drop_database(name)


def keep_many(store: Store) -> None:
    """Thousands of receipts, all for one organization."""
    verdict = Verdict(ReceiptStatus.REVIEW, ("the amount differs",))
    standing = store.known(receipt(1)).standing
    rows = [
        values_of(receipt(n), verdict, standing, "paSendRTV2", RAW, NOW)
        | {"variant": 0, "copies": 1}
        for n in range(MANY)
    ]
    with store.begin() as connection:
        connection.execute(insert(tables.receipt), rows)


def questions(store: Store) -> dict[str, tuple[Statement, dict[str, Any]]]:
    """What is compiled for the Node, with values."""
    asked = {"idpa": CLAIM.organization, "broker": CLAIM.broker, "station": CLAIM.station}
    notice = {**asked, "nav": nav(77)}
    told = {**notice, "iuv": nav(77)[1:], "receipt_id": "r-77"}
    batch = {"idpa": CLAIM.organization, "after": "P77", "size": 5}
    made = store._questions
    return {
        "outline": (made._outline, notice),
        "notice": (made._notice, notice),
        "receipt": (made._receipt, told),
        "batch": (store._sweep._batch, batch),
    }


def scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """How each table in a plan is read."""
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
        # WHY: a generic plan knows no size, so that it costs more and is never taken.
        ("batch", "force_custom_plan"),
    ],
)
def test_a_question_reads_no_big_table_from_end_to_end(crowded: Store, which: str, mode: str):
    """Positions, options, transfers and receipts are found by index, prepared or not."""
    statement, values = questions(crowded)[which]

    asking = RawCursor(crowded._connections._held().driver)
    asking.execute(f"SET plan_cache_mode = {mode}")
    asking.execute(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.arguments(values))
    [[[explained]]] = asking.fetchall()
    plan = explained["Plan"]
    found = [(table, how) for table, how in scans(plan) if table in BIG]

    assert {table for table, _ in found} >= {"position", "payment_option"}
    assert [entry for entry in found if "Index" not in entry[1]] == []


def test_a_plan_is_made_again_when_its_tables_have_grown(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch
):
    """One made while there were no receipts would read every receipt of the organization."""
    monkeypatch.setattr(session, "PLAN_SECONDS", 0.0)
    statement, values = questions(on_postgresql)["receipt"]
    connection = on_postgresql._connections._held()
    held, asking = connection.session, ClientCursor(connection.driver)

    def planned() -> str:
        asking.execute(
            "SELECT name FROM pg_prepared_statements WHERE statement = %s", [statement.sql]
        )
        [(name,)] = asking
        slots = ", ".join(["%s"] * len(statement.order))
        asking.execute(f"EXPLAIN EXECUTE {name} ({slots})", statement.arguments(values))
        return "\n".join(line for (line,) in asking)

    held.ask(statement, values)
    held.run("SET plan_cache_mode = force_generic_plan")
    held.ask(statement, values)
    keep_many(on_postgresql)
    assert "using pk_receipt" not in planned()

    held.ask(statement, values)

    assert "using pk_receipt" in planned()


def test_sqlite_finds_the_options_of_each_position_by_index(fresh_database: FreshDatabase):
    """Or a sweep would read every option of the organization for each position."""
    store = Store(fresh_database("sqlite", prepare))
    statement, values = questions(store)["batch"]
    explained = f"EXPLAIN QUERY PLAN {statement.sql}"
    arguments = statement.arguments(values)
    steps = store._connections._held().driver.execute(explained, arguments).fetchall()
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


@pytest.mark.parametrize("ask", BACK_OFFICE.values(), ids=BACK_OFFICE)
def test_a_back_office_reads_no_big_table_from_end_to_end(
    crowded: Store, ask: Callable[[Connection], object]
):
    """Pages, their totals and single receipts are found by index."""
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        asked.append((statement, values))

    event.listen(crowded.engine, "before_cursor_execute", note)
    with crowded.begin() as connection:
        ask(connection)
    event.remove(crowded.engine, "before_cursor_execute", note)

    driver = crowded._connections._held().driver
    explained = [(f"EXPLAIN (FORMAT JSON) {statement}", values) for statement, values in asked]
    plans = [driver.execute(*each).fetchone()[0][0]["Plan"] for each in explained]
    found = [scan for plan in plans for scan in scans(plan) if scan[0] in BIG]
    assert found
    assert [scan for scan in found if "Index" not in scan[1] and "Bitmap" not in scan[1]] == []
