"""SQLite's lists read by index too, and their work grows as the organization does, not faster."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, event, make_url, text

from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_statistics import FIGURES, believe_large
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions import search as listing
from gpd_soap.store.positions.search import MOST_BY_STATUS, PositionQuery
from gpd_soap.store.store import Store
from tests.conftest import Databases, FreshDatabase
from tests.store.samples import CLAIM, NOW, prepare
from tests.store.test_list_plans import LISTS, PLAIN

#: Positions of every state, two thirds of them of the organization that asks.
MANY = 30_000
FILL = """
CREATE TEMP TABLE numbered AS
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 30000),
made AS (SELECT n, julianday('2026-03-16 09:00') - n / 144.0 AS day FROM counted)
SELECT n, 'P' || n AS iupd, strftime('%Y-%m-%d %H:%M:%f000', day) AS made,
  strftime('%Y-%m-%d %H:%M:%f000', day + 60) AS due,
  strftime('%Y-%m-%d %H:%M:%f000', day + 9) AS paid,
  CASE WHEN n % 3 = 1 THEN '88888888888' ELSE '77777777777' END AS organization
FROM made;
INSERT INTO position (organization, iupd, version, published_at, withdrawn_at, company_name,
  pay_stand_in, debtor_kind, debtor_code, debtor_full_name, created_at, updated_at)
SELECT organization, iupd, 1, CASE WHEN n % 7 > 0 THEN made END,
  CASE WHEN n % 11 = 0 THEN made END, 'Comune di Esempio', 1, 'F', 'ANONIMO', 'Maria Esempio',
  made, made
FROM numbered;
CREATE TEMP TABLE noticed AS
SELECT numbered.*, k, printf('%017d', 2 * n + k) AS iuv
FROM numbered, (SELECT 0 AS k UNION ALL SELECT 1) WHERE k = 0 OR n % 5 = 0;
INSERT INTO payment_option (organization, nav, iupd, iuv, amount, description, plan, valid_from,
  due_at, switch_to_expired, metadata, paid_at, payment_date, updated_at)
SELECT organization, '3' || iuv, iupd, iuv, 1000, 'Tributo', CASE WHEN n % 5 = 0 THEN 'P' END,
  CASE WHEN n % 9 = 0 THEN '2026-06-01 00:00:00.000000' END, due, n % 2 = 0, '[]',
  CASE WHEN k = 0 AND n % 4 = 0 THEN paid END, CASE WHEN k = 0 AND n % 8 = 0 THEN paid END, made
FROM noticed;
INSERT INTO transfer (organization, nav, number, amount, beneficiary, remittance_information,
  category, metadata, reported_at)
SELECT organization, '3' || iuv, 1, 1000, '77777777777', 'Tributo', '0101002IM', '[]',
  CASE WHEN n % 16 = 0 THEN paid END
FROM noticed;
"""
BIG = ("position", "payment_option", "transfer")
#: LIMIT: SQLite's instructions for each position of the organization, for a page with its total; a
#: list by status may look for the positions of each state among all.
STEPS = 400
STEPS_BY_STATUS = 8 * STEPS


@pytest.fixture(scope="module")
def crowded(databases: Databases) -> Iterator[Store]:
    """A SQLite store with positions of every state, of which nobody has made statistics."""
    name, url = databases.make("sqlite", prepare)
    with closing(sqlite3.connect(str(make_url(url).database))) as connection:
        connection.executescript(f"BEGIN; {FILL} COMMIT;")
    store = Store(url)
    yield store
    store.close()
    databases.server("sqlite").drop_database(name)


def plans(store: Store, work: Callable[[Connection], object]) -> list[list[str]]:
    """How SQLite answers each question of some work, a line for each step."""
    statements: list[tuple[str, Any]] = []
    with store.reading() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _, __, statement, values, *___: statements.append((statement, values)),
        )
        work(connection)
        reads = [(sql, values) for sql, values in statements if sql.startswith("SELECT")]
        explained = [(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in reads]
        rows = [connection.exec_driver_sql(*each).all() for each in explained]
    return [[row[3] for row in plan] for plan in rows]


def too_much(plan: list[str]) -> list[str]:
    """The steps of a plan that read a big table further than they need."""
    of_big = rf"(?:{'|'.join(BIG)})(?:_\d+)?"
    whole = re.compile(rf"SCAN {of_big}\b|SEARCH .* AUTOMATIC")
    # WHY: positions alone may be read organization by organization, to be counted or in order.
    organization = re.compile(r"SEARCH (?:payment_option|transfer)(?:_\d+)? .*\(organization=\?\)$")
    return [step for step in plan if whole.match(step) or organization.match(step)]


@pytest.mark.parametrize("which", LISTS)
def test_a_list_reads_no_table_from_end_to_end_on_sqlite(crowded: Store, which: str):
    """Neither a table nor the options of an organization, once or for each position."""
    found = plans(crowded, lambda c: listing.page(c, CLAIM.organization, LISTS[which], NOW))

    assert [step for plan in found for step in too_much(plan)] == []


def test_a_position_is_read_by_its_own_keys_on_sqlite(crowded: Store):
    """Its options and transfers too, locked or not."""
    for lock in (False, True):
        found = plans(
            crowded,
            lambda c, lock=lock: admin_positions.read_all(  # type: ignore[misc]
                c, CLAIM.organization, ["P2", "P3"], lock=lock
            ),
        )

        assert [step for plan in found for step in too_much(plan)] == []
        assert [step for plan in found for step in plan if step.endswith("(organization=?)")] == []


@pytest.mark.parametrize("which", LISTS)
def test_nobody_sorts_what_an_index_orders_on_sqlite(crowded: Store, which: str):
    """A page is read in the order of an index."""
    wanted = LISTS[which]
    found = plans(crowded, lambda c: listing.page(c, CLAIM.organization, wanted, NOW))

    sorts = [step for step in found[0] if step.startswith("USE TEMP B-TREE")]
    # WHY: of the positions of some days, those days' are sorted.
    assert sorts == [] or wanted.due or wanted.paid


def steps(store: Store, wanted: PositionQuery) -> int:
    """How many hundreds of SQLite's instructions a page with its total takes, as instructions."""
    counted = [0]

    def count() -> int:
        counted[0] += 100
        return 0

    with store.reading() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(count, 100)
        rows, total = listing.page(connection, CLAIM.organization, wanted, NOW)
        driver.set_progress_handler(None, 0)
    assert rows
    assert total >= len(rows)
    return counted[0]


DEEP = {
    "last": PLAIN._replace(page=MANY * 2 // 3 // 50 - 1),
    **{
        f"last by {order}": PLAIN._replace(order=order, page=MANY * 2 // 3 // 50 - 1)
        for order in ("iupd", "company")
    },
    **{
        f"last by status, {'falling' if falling else 'rising'}": PLAIN._replace(
            order="status", descending=falling, page=MOST_BY_STATUS // 50 - 1
        )
        for falling in (True, False)
    },
}


@pytest.mark.parametrize("which", [*LISTS, *DEEP])
def test_the_work_of_a_list_grows_no_faster_than_its_organization(crowded: Store, which: str):
    """Even the last page, of which every row before it is passed by."""
    wanted = {**LISTS, **DEEP}[which]
    most = STEPS_BY_STATUS if wanted.order == "status" else STEPS

    assert steps(crowded, wanted) <= most * MANY * 2 // 3


def test_a_day_takes_no_more_work_than_the_day_has_positions(crowded: Store):
    """It is found by its due dates, and not by looking at every position."""
    assert steps(crowded, LISTS["a day"]) < 20 * MANY * 2 // 3


def test_the_planner_has_figures_of_every_index_of_a_big_table(crowded: Store):
    """An index that is added later must come to them."""
    indexes = text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
    figures = text("SELECT tbl, idx, stat FROM sqlite_stat1")
    with crowded.reading() as connection:
        there = {(table, name) for table, name in connection.execute(indexes) if table in FIGURES}
        kept = {(table, name): stat for table, name, stat in connection.execute(figures)}

    assert kept.keys() == there
    assert set(FIGURES) <= set(tables.metadata.tables)


def test_an_open_connection_takes_figures_that_come_later(fresh_database: FreshDatabase):
    """An upgrade brings them while a server has its connections open."""
    store = Store(fresh_database("sqlite", prepare))
    query = (
        "EXPLAIN QUERY PLAN SELECT * FROM payment_option"
        " WHERE organization = 'a' AND iupd IN ('b', 'c') ORDER BY due_at"
    )
    with store.begin() as other:
        other.exec_driver_sql("DELETE FROM sqlite_stat1")
        other.exec_driver_sql("CREATE TABLE changed (x INTEGER)")
        other.exec_driver_sql("DROP TABLE changed")
    store.engine.dispose()
    with store.engine.connect() as held:
        driver: Any = held.connection.driver_connection
        before = driver.execute(query).fetchall()[0][3]
        with store.begin() as other:
            believe_large(other)
        # WHY: a statement that reads looks whether the schema changed; one that explains does not.
        driver.execute("SELECT count(*) FROM position").fetchall()
        after = driver.execute(query + " ").fetchall()[0][3]
    store.close()

    assert "ix_payment_option_organization_due_at" in before
    assert "ix_payment_option_organization_iupd" in after
