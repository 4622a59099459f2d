"""Lists of positions read by index on SQLite, and their work grows in proportion to the rows."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, event, make_url, text

from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_statistics import FIGURES, assume_large_tables
from gpd_soap.store.positions import read as read_position
from gpd_soap.store.positions import search
from gpd_soap.store.positions.search import MOST_BY_STATUS, PositionQuery
from gpd_soap.store.store import Store
from tests.conftest import Databases, FreshDatabase
from tests.store.samples import NOW, ROUTE, prepare
from tests.store.test_list_plans import LISTS, PLAIN

#: Positions of every state, two thirds of them of the organization that is queried.
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
#: LIMIT: 400 SQLite instructions for each position of the organization, for a page with its total.
#: A list by status searches all positions for each of the 8 states.
STEPS = 400
STEPS_BY_STATUS = 8 * STEPS


@pytest.fixture(scope="module")
def crowded(databases: Databases) -> Iterator[Store]:
    """Yields a SQLite store with positions of every state, and statistics of the upgrade alone."""
    name, url = databases.make("sqlite", prepare)
    with closing(sqlite3.connect(str(make_url(url).database))) as connection:
        connection.executescript(f"BEGIN; {FILL} COMMIT;")
    store = Store(url)
    yield store
    store.close()
    databases.server("sqlite").drop_database(name)


def plans(store: Store, work: Callable[[Connection], object]) -> list[list[str]]:
    """Returns the instructions of the plan of each SELECT."""
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


def excessive_steps(plan: list[str]) -> list[str]:
    """Returns the instructions of a plan that read more of a big table than they need."""
    of_big = rf"(?:{'|'.join(BIG)})(?:_\d+)?"
    full_scan = re.compile(rf"SCAN {of_big}\b|SEARCH .* AUTOMATIC")
    # WHY: a count or an ordered list may read all positions of an organization.
    organization = re.compile(r"SEARCH (?:payment_option|transfer)(?:_\d+)? .*\(organization=\?\)$")
    return [step for step in plan if full_scan.match(step) or organization.match(step)]


@pytest.mark.parametrize("which", LISTS)
def test_list_on_sqlite_reads_no_table_whole(crowded: Store, which: str):
    """The list also never reads all options of an organization."""
    steps = plans(crowded, lambda c: search.page(c, ROUTE.organization, LISTS[which], NOW))

    assert [step for plan in steps for step in excessive_steps(plan)] == []


def test_position_on_sqlite_is_read_by_its_keys(crowded: Store):
    """Its options and transfers are read by key too, locked or not."""
    for lock in (False, True):
        steps = plans(
            crowded,
            lambda c, lock=lock: read_position.read_all(  # type: ignore[misc]  # a default of a lambda has no type
                c, ROUTE.organization, ["P2", "P3"], lock=lock
            ),
        )

        assert [step for plan in steps for step in excessive_steps(plan)] == []
        assert [step for plan in steps for step in plan if step.endswith("(organization=?)")] == []


@pytest.mark.parametrize("which", LISTS)
def test_page_on_sqlite_in_the_order_of_an_index_is_not_sorted(crowded: Store, which: str):
    """The page is read in the order of the index."""
    query = LISTS[which]
    steps = plans(crowded, lambda c: search.page(c, ROUTE.organization, query, NOW))

    sorts = [step for step in steps[0] if step.startswith("USE TEMP B-TREE")]
    # WHY: a filter by dates reads by the index of the dates, and sorts the result.
    assert sorts == [] or query.due or query.paid


def instructions(store: Store, query: PositionQuery) -> int:
    """Returns the number of SQLite's instructions for a page with its total, to a hundred."""
    counted = [0]

    def count() -> int:
        counted[0] += 100
        return 0

    with store.reading() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(count, 100)
        rows, total = search.page(connection, ROUTE.organization, query, NOW)
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
def test_list_on_sqlite_takes_work_in_proportion_to_its_organization(crowded: Store, which: str):
    """The last page is within the limit too, although every row before it is read."""
    query = {**LISTS, **DEEP}[which]
    most = STEPS_BY_STATUS if query.order == "status" else STEPS

    assert instructions(crowded, query) <= most * MANY * 2 // 3


def test_list_of_a_day_on_sqlite_takes_work_in_proportion_to_the_day(crowded: Store):
    """The list is read by due date."""
    assert instructions(crowded, LISTS["a day"]) < 20 * MANY * 2 // 3


def test_statistics_name_every_index_of_a_big_table(crowded: Store):
    """A new index needs its statistics."""
    indexes = text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
    figures = text("SELECT tbl, idx, stat FROM sqlite_stat1")
    with crowded.reading() as connection:
        existing = {
            (table, name) for table, name in connection.execute(indexes) if table in FIGURES
        }
        written = {(table, name): stat for table, name, stat in connection.execute(figures)}

    assert written.keys() == existing
    assert set(FIGURES) <= set(tables.metadata.tables)


def test_open_connection_uses_statistics_written_later(fresh_database: FreshDatabase):
    """An upgrade writes them while a server has its connections open."""
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
    with store.engine.connect() as earlier:
        driver: Any = earlier.connection.driver_connection
        before = driver.execute(query).fetchall()[0][3]
        with store.begin() as other:
            assume_large_tables(other)
        # WHY: a statement that reads checks for a changed schema; EXPLAIN does not.
        driver.execute("SELECT count(*) FROM position").fetchall()
        after = driver.execute(query + " ").fetchall()[0][3]
    store.close()

    assert "ix_payment_option_organization_due_at_nav" in before
    assert "ix_payment_option_organization_iupd_debtor_full_name" in after
