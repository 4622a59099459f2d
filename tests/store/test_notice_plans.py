"""Lists of notices, and of positions with a cursor: read by index, as much for any page."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, event, make_url

from gpd_soap.core.searching.notice_state import NoticeState
from gpd_soap.core.state import PositionState
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.positions import by_due, keyset, notices
from gpd_soap.store.positions.narrowing import Narrowing
from gpd_soap.store.positions.notices import NoticeFilter
from gpd_soap.store.store import Store
from tests.conftest import KINDS, Databases
from tests.store import test_list_plans as on_postgresql
from tests.store import test_sqlite_list_plans as on_sqlite
from tests.store.samples import NOW, ORGANIZATION, prepare
from tests.store.test_plans import scans

#: Names of two and of three words, and codes of seven positions each.
NAMED = """UPDATE position SET debtor_code = 'C' || (CAST(substr(iupd, 2) AS integer) % 4000),
  debtor_full_name = CASE WHEN (CAST(substr(iupd, 2) AS integer) % 10) = 0 THEN 'Maria ' ELSE '' END
    || 'Nome' || (CAST(substr(iupd, 2) AS integer) % 97)
    || ' Cognome' || (CAST(substr(iupd, 2) AS integer) % 997)"""
#: One notice in fifty has a debtor of its own.
OWNED = """UPDATE payment_option SET debtor_kind = 'F',
  debtor_code = 'C' || (CAST(substr(iupd, 2) AS integer) % 4000),
  debtor_full_name = 'Anna Lucia Altri' || (CAST(substr(iupd, 2) AS integer) % 97)
  WHERE (CAST(substr(iupd, 2) AS integer) % 50) = 7"""
LIMIT = 20
#: Indexes by which a statement of everything ends after its page.
ENDS_EARLY = (
    "sqlite_autoindex_payment_option_1 (organization=?)",
    "ix_payment_option_organization_due_at_nav (organization=?)",
)
List = Callable[[Connection, Any], tuple[Any, Any]]


def of_notices(**filters: str) -> List:
    """Returns a function that reads a page of notices."""
    listing = NoticeFilter(**filters)
    return lambda c, after: notices.page(c, ORGANIZATION, listing, LIMIT, after)


def of_positions(order: str, state: PositionState | None = None) -> List:
    """Returns a function that reads a page of positions."""
    query = on_postgresql.PLAIN._replace(order=order, state=state, limit=LIMIT)
    return lambda c, after: keyset.page(c, ORGANIZATION, query, after, NOW)[:2]


def by_due_date(*states: NoticeState) -> List:
    """Returns a function that reads a page of notices by due date."""
    narrowing = Narrowing(states)
    return lambda c, after: by_due.page(c, ORGANIZATION, narrowing, NOW, LIMIT, after)[:2]


LISTS: dict[str, List] = {
    "every notice": of_notices(),
    "a code": of_notices(debtor_code="C26"),
    "a name": of_notices(name="cognome26"),
    "a name as given": of_notices(name="nome26 cognome"),
    "a short name": of_notices(name="nome"),
    "a name of notices": of_notices(name="altri7"),
    "a middle name": of_notices(name="lucia altri7"),
    "a position": of_notices(iupd="P26"),
    "an IUV": of_notices(iuv="00000000000000052"),
    "positions by instant": of_positions("inserted"),
    "positions by IUPD": of_positions("iupd"),
    "positions by company": of_positions("company"),
    "notices by due date": by_due_date(),
    "paid notices by due date": by_due_date(NoticeState.PAID, NoticeState.REPORTED),
    "valid positions": of_positions("inserted", PositionState.VALID),
}
#: Lists of many pages.
LONG = [
    "every notice", "a short name", "notices by due date", "positions by instant",
    "positions by IUPD", "positions by company",
]  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def crowded(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    """Yields a store with tens of thousands of notices of many people."""
    name, url = databases.make(request.param, prepare)
    store = Store(url)
    if request.param == "sqlite":
        with closing(sqlite3.connect(str(make_url(url).database))) as lite:
            lite.executescript(f"BEGIN; {on_sqlite.FILL} COMMIT;")
    with store.begin() as connection:
        without_statement_timeout(connection)
        if request.param == "postgresql":
            connection.exec_driver_sql(on_postgresql.FILL.replace("%", "%%"))
        for statement in (NAMED, OWNED):
            connection.exec_driver_sql(
                statement.replace("%", "%%") if request.param == "postgresql" else statement
            )
        if request.param == "postgresql":
            connection.exec_driver_sql("ANALYZE")
    yield store
    store.close()
    databases.server(request.param).drop_database(name)


def statements_of(connection: Connection, work: Callable[[], object]) -> list[tuple[str, Any]]:
    """Returns the statements that work executes, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        statements.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    work()
    event.remove(connection, "before_cursor_execute", note)
    return statements


def read_whole(connection: Connection, statement: str, values: Any) -> list[str]:
    """Returns the steps of a plan that read a table, or an organization, without a need."""
    if connection.dialect.name == "postgresql":
        explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
        plan = explained.scalar_one()[0]["Plan"]
        return [f"{table}: {how}" for table, how in scans(plan) if "Seq Scan" in how]
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    # WHY: in the order of the numbers, a list of everything reads only its page; in that of the due
    # dates, it looks at a bounded number of notices.
    return [
        step
        for step in on_sqlite.excessive_steps([row[3] for row in rows])
        if not step.endswith(ENDS_EARLY)
    ]


@pytest.mark.parametrize("which", LISTS)
def test_list_is_read_by_index_on_each_page(crowded: Store, which: str):
    """Neither the first page nor the second reads a table whole."""
    read = LISTS[which]
    with crowded.reading() as connection:
        rows, after = read(connection, None)
        assert rows
        pages = [None] if after is None else [None, after]
        for begin in pages:
            for each in statements_of(connection, lambda p=begin: read(connection, p)):  # type: ignore[misc]  # a default of a lambda has no type
                assert read_whole(connection, *each) == [], each[0]


def test_count_of_notices_is_read_by_index(crowded: Store):
    """It ends after its bound."""
    with crowded.reading() as connection:
        for listing in (NoticeFilter(), NoticeFilter(name="nome"), NoticeFilter(debtor_code="C26")):
            executed = statements_of(
                connection,
                lambda f=listing: notices.count(connection, ORGANIZATION, f),  # type: ignore[misc]  # a default of a lambda has no type
            )
            assert [read_whole(connection, *each) for each in executed] == [[]] * len(executed)


def steps_of(store: Store, work: Callable[[Connection], object]) -> int:
    """Returns the number of SQLite's instructions, to a hundred."""
    counted = [0]

    def count() -> int:
        counted[0] += 100
        return 0

    with store.reading() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(count, 100)
        work(connection)
        driver.set_progress_handler(None, 0)
    return counted[0]


@pytest.mark.parametrize("which", LONG)
def test_late_page_on_sqlite_takes_as_much_work_as_the_first(crowded: Store, which: str):
    """The same holds on PostgreSQL, which does not count its steps."""
    if crowded.engine.dialect.name == "sqlite":
        read = LISTS[which]
        with crowded.reading() as connection:
            begin: Any = None
            for _ in range(60):
                begin = read(connection, begin)[1] or begin
        first = steps_of(crowded, lambda c: read(c, None))
        late = steps_of(crowded, lambda c: read(c, begin))

        assert begin is not None
        # LIMIT: twice, because a late page may need two statements.
        assert late <= 2 * first
