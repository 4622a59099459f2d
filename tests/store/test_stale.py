"""A column's type changes under sessions that have prepared their statements."""

import pytest
from sqlalchemy import text

from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.store import Store
from gpd_soap.usecases.positions.manage import Ledger
from tests.store.samples import (
    CLAIM,
    NOW,
    ORGANIZATION,
    add,
    kept,
    nav,
    option,
    paid,
    position,
    receipt,
    take,
)

#: Psycopg prepares a statement when it is used for the sixth time.
OFTEN = 7
WIDER = {
    "revision": "ALTER TABLE payment_option ALTER COLUMN revision TYPE bigint",
    "nav": "ALTER TABLE payment_option ALTER COLUMN nav TYPE varchar(19)",
    "receipt id": "ALTER TABLE receipt ALTER COLUMN receipt_id TYPE text",
    "iupd": "ALTER TABLE position ALTER COLUMN iupd TYPE text",
}
#: The organization and the notice of a debt.
DEBT = ORGANIZATION, nav(1)
each_column = pytest.mark.parametrize("statement", WIDER.values(), ids=WIDER)


def alter(store: Store, statement: str) -> None:
    """Change a column, as a migration of a later version does, from a session of its own."""
    other = make_engine(store.engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.execute(text(statement))
    other.dispose()


@each_column
def test_a_question_after_a_columns_type_changed_is_answered(on_postgresql: Store, statement: str):
    """The session prepares the statement again, and stays the same."""
    store = on_postgresql
    add(store, position("P", option(1), option(2)))
    before = store.notice(CLAIM, nav(1)).notice, store.known(receipt(1)), store.debt(*DEBT)
    held = store._connections._held()

    alter(store, statement)

    after = store.notice(CLAIM, nav(1)).notice, store.known(receipt(1)), store.debt(*DEBT)
    assert after == before
    assert store._connections._held() is held


@each_column
def test_a_receipt_after_a_columns_type_changed_is_written_once(
    on_postgresql: Store, statement: str
):
    """What is refused has written nothing: the receipt is counted once, and its notice paid."""
    store = on_postgresql
    add(store, *(position(f"P{at}", option(2 * at), option(2 * at + 1)) for at in range(1, 3)))
    add(store, position("Q", option(8)), position("R", option(9)))
    take(store, receipt(2))
    take(store, receipt(8))
    take(store, receipt(20))

    alter(store, statement)
    for serial in (4, 9, 21):
        take(store, receipt(serial))

    assert {key[0]: (row[0], row[2]) for key, row in kept(store).items()} == {
        **{f"r-{serial}": ("applied", 1) for serial in (2, 4, 8, 9)},
        **{f"r-{serial}": ("unmatched", 1) for serial in (20, 21)},
    }
    assert set(paid(store)) == {nav(serial) for serial in (2, 4, 8, 9)}


@each_column
def test_an_unmatched_receipt_after_a_columns_type_changed_is_kept_at_once(
    on_postgresql: Store, statement: str
):
    """Psycopg's own prepared statements are as stale, and their transaction is run again."""
    store = on_postgresql
    for serial in range(OFTEN):
        take(store, receipt(serial))

    alter(store, statement)
    take(store, receipt(OFTEN))

    assert len(kept(store)) == OFTEN + 1


@each_column
def test_a_back_office_after_a_columns_type_changed_is_answered(
    on_postgresql: Store, statement: str
):
    """Whichever of the pool's connections it gets: all of them are closed at the first refusal."""
    store = on_postgresql
    ledger = Ledger(store, lambda: NOW)
    add(store, position("P", option(1)))
    with store.engine.connect():
        ledger.read(ORGANIZATION, "P")
    # WHY: the pool gives its connections in turn, so that each of the two has prepared.
    for _ in range(2 * OFTEN):
        ledger.read(ORGANIZATION, "P")

    alter(store, statement)

    assert ledger.read(ORGANIZATION, "P").position == position("P", option(1))


def test_what_postgresql_cannot_do_at_all_is_asked_twice_and_no_more(on_postgresql: Store):
    """The number of the error is the same; a second refusal is the answer."""
    held = on_postgresql._connections._held()
    function = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'not supported' USING ERRCODE = '0A000'; END $$;
        CREATE TRIGGER refuses BEFORE INSERT ON receipt FOR EACH ROW EXECUTE FUNCTION refuse()"""
    alter(on_postgresql, function)
    add(on_postgresql, position("P", option(1)))

    with pytest.raises(on_postgresql._connections._errors, match="not supported"):
        take(on_postgresql, receipt(1))

    assert held.closed
    assert kept(on_postgresql) == {}
    assert paid(on_postgresql) == {}
