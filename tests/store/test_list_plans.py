"""Lists of positions read by index for every filter and order, on PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from gpd_soap.core.state import PositionState
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.positions import search
from gpd_soap.store.positions.search import PositionQuery
from gpd_soap.store.store import Store
from tests.conftest import Databases
from tests.store.samples import NOW, ROUTE, prepare
from tests.store.test_plans import scans

#: Forty thousand positions, one in nineteen of the organization that is queried.
FILL = """
WITH numbered AS (
  SELECT n, 'P' || n AS iupd, timestamptz '2026-03-16 09:00Z' - n * interval '10 min' AS made,
         CASE WHEN n % 19 = 7 THEN '77777777777' ELSE '88888888888' END AS organization
  FROM generate_series(1, 40000) n
), stated AS (
  INSERT INTO position (organization, iupd, version, published_at, withdrawn_at, company_name,
    pay_stand_in, debtor_kind, debtor_code, debtor_full_name, created_at, updated_at)
  SELECT organization, iupd, 1, CASE WHEN n % 7 > 0 THEN made END,
    CASE WHEN n % 11 = 0 THEN made END, 'Comune di Esempio', true, 'F', 'ANONIMO', 'Maria Esempio',
    made, made
  FROM numbered
), noticed AS (
  SELECT *, lpad((2 * n + k)::text, 17, '0') AS iuv
  FROM numbered, generate_series(0, 1) k WHERE k = 0 OR n % 5 = 0
), told AS (
  INSERT INTO payment_option (organization, nav, iupd, iuv, amount, description, plan, valid_from,
    due_at, switch_to_expired, metadata, paid_at, payment_date, updated_at)
  SELECT organization, '3' || iuv, iupd, iuv, 1000, 'Tributo', CASE WHEN n % 5 = 0 THEN 'P' END,
    CASE WHEN n % 3 = 0 THEN timestamptz '2026-06-01Z' END, made + interval '60 days', n % 2 = 0,
    '[]', CASE WHEN k = 0 AND n % 4 = 0 THEN made + interval '9 days' END,
    CASE WHEN k = 0 AND n % 8 = 0 THEN made + interval '9 days' END, made
  FROM noticed
)
INSERT INTO transfer (organization, nav, number, amount, beneficiary, remittance_information,
  category, metadata, reported_at)
SELECT organization, '3' || iuv, 1, 1000, '77777777777', 'Tributo', '0101002IM', '[]',
  CASE WHEN n % 16 = 0 THEN made + interval '10 days' END
FROM noticed
"""
MONTH = NOW, NOW + timedelta(days=30)
PLAIN = PositionQuery(None, None, None, "inserted", descending=True, limit=50, page=0)
LISTS: dict[str, PositionQuery] = {
    "plain": PLAIN,
    "rising": PLAIN._replace(descending=False),
    "far": PLAIN._replace(page=30),
    "far by status": PLAIN._replace(page=30, order="status", descending=False),
    "far by company": PLAIN._replace(page=30, order="company"),
    "a day": PLAIN._replace(due=(NOW, NOW + timedelta(days=1))),
    "due": PLAIN._replace(due=MONTH),
    "paid": PLAIN._replace(paid=MONTH),
    "both": PLAIN._replace(due=MONTH, state=PositionState.VALID),
    **{order: PLAIN._replace(order=order) for order in ("iupd", "status", "company")},
    **{state: PLAIN._replace(state=state) for state in PositionState},
}


@pytest.fixture(scope="module")
def crowded(databases: Databases) -> Iterator[Store]:
    """Yields a PostgreSQL store with positions of every state and fresh statistics."""
    name, url = databases.make("postgresql", prepare)
    store = Store(url)
    with store.begin() as connection:
        # WHY: on a busy machine, this takes longer than the limit of a statement.
        without_statement_timeout(connection)
        connection.exec_driver_sql(FILL.replace("%", "%%"))
        connection.exec_driver_sql("ANALYZE")
    yield store
    store.close()
    databases.server("postgresql").drop_database(name)


def plans(store: Store, query: PositionQuery) -> list[dict[str, Any]]:
    """Returns the plan of each statement of a list that is not empty."""
    statements: list[tuple[str, Any]] = []
    with store.begin() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _, __, statement, values, *___: statements.append((statement, values)),
        )
        assert search.page(connection, ROUTE.organization, query, NOW)[1] > 0
        explained = [
            (f"EXPLAIN (FORMAT JSON) {statement}", values) for statement, values in statements
        ]
        explanations = [connection.exec_driver_sql(*each).scalar_one() for each in explained]
    return [each[0]["Plan"] for each in explanations]


@pytest.mark.parametrize("which", LISTS)
def test_list_reads_no_table_whole(crowded: Store, which: str):
    """Neither its page nor its total reads a table whole."""
    for plan in plans(crowded, LISTS[which]):
        assert [entry for entry in scans(plan) if "Seq Scan" in entry[1]] == []


@pytest.mark.parametrize(
    ("which", "index"),
    [
        ("plain", "ix_position_organization_created_at_iupd"),
        ("due", "ix_payment_option_organization_due_at_nav"),
        ("paid", "ix_payment_option_organization_payment_date_paid_at"),
        ("company", "ix_position_organization_company_name_iupd"),
    ],
)
def test_page_with_this_filter_uses_this_index(crowded: Store, which: str, index: str):
    """A filter by dates uses the index of the dates."""
    assert index in str(plans(crowded, LISTS[which])[0])


@pytest.mark.parametrize("which", ["plain", "rising", "iupd", "company"])
def test_first_page_in_the_order_of_an_index_is_not_sorted(crowded: Store, which: str):
    """The page is read in the order of the index; for a late page sorting all may cost less."""
    assert "Sort" not in str(plans(crowded, LISTS[which])[0])
