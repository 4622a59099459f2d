"""A column's type changes while sessions have prepared statements."""

import pytest
from sqlalchemy import text

from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.store import Store
from gpd_soap.usecases.positions.manage import Ledger
from tests.store.samples import (
    ACTOR,
    NOW,
    ORGANIZATION,
    ROUTE,
    add,
    nav,
    option,
    paid,
    position,
    receipt,
    statuses,
    take,
)

#: Psycopg prepares a statement at its sixth use.
OFTEN = 7
WIDER = {
    "revision": "ALTER TABLE payment_option ALTER COLUMN revision TYPE bigint",
    "nav": "ALTER TABLE payment_option ALTER COLUMN nav TYPE varchar(19)",
    "receipt id": "ALTER TABLE receipt ALTER COLUMN receipt_id TYPE text",
    "iupd": "ALTER TABLE position ALTER COLUMN iupd TYPE text",
}
#: Organization and notice number of a debt.
DEBT = ORGANIZATION, nav(1)
each_column = pytest.mark.parametrize("statement", WIDER.values(), ids=WIDER)


def alter(store: Store, statement: str) -> None:
    """Changes a column in another session, as a migration of a later version does."""
    other = make_engine(store.engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.execute(text(statement))
    other.dispose()


@each_column
def test_query_after_a_changed_column_type_is_answered(on_postgresql: Store, statement: str):
    """The session prepares the statement again, and stays the same."""
    store = on_postgresql
    add(store, position("P", option(1), option(2)))
    before = store.notice(ROUTE, nav(1)).notice, store.receipt_facts(receipt(1)), store.debt(*DEBT)
    current = store._connections._current()

    alter(store, statement)

    after = store.notice(ROUTE, nav(1)).notice, store.receipt_facts(receipt(1)), store.debt(*DEBT)
    assert after == before
    assert store._connections._current() is current


@each_column
def test_receipt_after_a_changed_column_type_is_stored_once(on_postgresql: Store, statement: str):
    """The refused statement wrote nothing, so the receipt is counted once."""
    store = on_postgresql
    add(store, *(position(f"P{n}", option(2 * n), option(2 * n + 1)) for n in range(1, 3)))
    add(store, position("Q", option(8)), position("R", option(9)))
    take(store, receipt(2))
    take(store, receipt(8))
    take(store, receipt(20))

    alter(store, statement)
    for serial in (4, 9, 21):
        take(store, receipt(serial))

    assert {key[0]: (row[0], row[2]) for key, row in statuses(store).items()} == {
        **{f"r-{serial}": ("applied", 1) for serial in (2, 4, 8, 9)},
        **{f"r-{serial}": ("unmatched", 1) for serial in (20, 21)},
    }
    assert set(paid(store)) == {nav(serial) for serial in (2, 4, 8, 9)}


@each_column
def test_unmatched_receipt_after_a_changed_column_type_is_stored(
    on_postgresql: Store, statement: str
):
    """The statements that psycopg prepared are stale too, and the transaction runs again."""
    store = on_postgresql
    for serial in range(OFTEN):
        take(store, receipt(serial))

    alter(store, statement)
    take(store, receipt(OFTEN))

    assert len(statuses(store)) == OFTEN + 1


@each_column
def test_back_office_after_a_changed_column_type_is_answered(on_postgresql: Store, statement: str):
    """The pool closes all its connections at the first refusal."""
    store = on_postgresql
    ledger = Ledger(store, lambda: NOW, ACTOR)
    add(store, position("P", option(1)))
    with store.engine.connect():
        ledger.read(ORGANIZATION, "P")
    # WHY: the pool uses its connections in turn, so each of the two has prepared the statement.
    for _ in range(2 * OFTEN):
        ledger.read(ORGANIZATION, "P")

    alter(store, statement)

    assert ledger.read(ORGANIZATION, "P").position == position("P", option(1))


def test_unsupported_statement_is_tried_twice_and_raises(on_postgresql: Store):
    """The error code is the same as for a stale statement."""
    current = on_postgresql._connections._current()
    function = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'not supported' USING ERRCODE = '0A000'; END $$;
        CREATE TRIGGER refuses BEFORE INSERT ON receipt FOR EACH ROW EXECUTE FUNCTION refuse()"""
    alter(on_postgresql, function)
    add(on_postgresql, position("P", option(1)))

    with pytest.raises(on_postgresql._connections._errors, match="not supported"):
        take(on_postgresql, receipt(1))

    assert current.closed
    assert statuses(on_postgresql) == {}
    assert paid(on_postgresql) == {}
