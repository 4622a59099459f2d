"""Positions come in all or none, with numbers that nobody else has."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from gpd_soap.core.position import NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.errors import AlreadyKept, UnusableDatabase
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions import numbers
from gpd_soap.store.positions import retired_numbers as retired
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store.samples import (
    CLAIM,
    NOW,
    ORGANIZATION,
    OTHER,
    STRANGER,
    YESTERDAY,
    add,
    nav,
    option,
    position,
    prepare,
)


def kept_iupds(store: Store) -> set[str]:
    """Every position of the store."""
    with store.begin() as connection:
        return set(connection.execute(select(tables.position.c.iupd)).scalars())


@pytest.mark.parametrize(
    "second",
    [
        position("P", option(2)),
        position("Q", option(1, iuv=nav(2)[1:])),
        position("Q", option(2, iuv=nav(1)[1:])),
    ],
    ids=["IUPD", "NAV", "IUV"],
)
def test_what_is_in_use_is_refused_and_nothing_of_it_is_kept(store: Store, second: NewPosition):
    """An IUPD, a NAV and an IUV are used once by an organization; the batch leaves no trace."""
    add(store, position("P", option(1)))

    with pytest.raises(AlreadyKept):
        add(store, position("BEFORE", option(9)), second)

    assert kept_iupds(store) == {"P"}
    add(store, position("BEFORE", option(9)))


def test_two_organizations_may_use_the_same_numbers(store: Store):
    """Numbers belong to an organization."""
    add(store, position("P", option(1)), position("P", option(1), organization=OTHER))

    with store.begin() as connection:
        organizations = connection.execute(select(tables.payment_option.c.organization)).scalars()
        assert sorted(organizations) == [ORGANIZATION, OTHER]


def test_an_organization_that_is_not_ours_is_not_called_a_duplicate(store: Store):
    """Another mistake is not hidden behind the usual one."""
    with pytest.raises(IntegrityError):
        add(store, position("P", option(1), organization=STRANGER))

    assert kept_iupds(store) == set()


def test_an_error_of_the_database_does_not_repeat_what_was_given(store: Store):
    """Names and fiscal codes stay out of what is logged."""
    add(store, position("P", option(1)))

    with pytest.raises(AlreadyKept) as refused:
        add(store, position("P", option(2)))

    assert "Maria" not in f"{refused.value} {refused.value.__cause__}"


def test_a_failed_transaction_leaves_nothing(store: Store):
    """An exception rolls back all that was written, whatever it was."""

    def fail() -> None:
        with store.begin() as connection:
            positions.add(connection, [position("P", option(1))], NOW)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert kept_iupds(store) == set()


def test_a_released_savepoint_does_not_outlive_its_transaction(store: Store):
    """What a savepoint kept is gone when the transaction around it fails."""

    def fail() -> None:
        with store.begin() as connection:
            with connection.begin_nested():
                positions.add(connection, [position("P", option(1))], NOW)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert kept_iupds(store) == set()


def test_a_savepoint_rolled_back_leaves_the_rest(store: Store):
    """A load that keeps going loses the row that failed, and no other."""
    with store.begin() as connection:
        positions.add(connection, [position("P", option(1))], NOW)
        with pytest.raises(AlreadyKept), connection.begin_nested():
            positions.add(connection, [position("P", option(2))], NOW)
        positions.add(connection, [position("Q", option(2))], NOW)

    assert kept_iupds(store) == {"P", "Q"}


def test_issued_numbers_pass_over_imported_ones(store: Store):
    """A number that came in by import is never handed out again."""
    add(store, position("P", option(1), option(2)), position("Q", option(4)))

    with store.begin() as connection:
        issued = [numbers.issue(connection, ORGANIZATION, "01")[0].nav for _ in range(2)]

    assert issued == [nav(3), nav(5)]


def test_a_block_of_numbers_is_issued_at_once_and_passes_over_what_is_not_free(store: Store):
    """In use, retired, or to be avoided: the block is as long as was asked for all the same."""
    add(store, position("P", option(1), option(9, iuv=nav(4)[1:])))
    with store.begin() as connection:
        retired.retire(connection, ORGANIZATION, "Q", [option(2)], NOW)
        avoid = {nav(6)[1:]}
        issued = numbers.issue(connection, ORGANIZATION, "01", 5, avoid)
        after = numbers.issue(connection, ORGANIZATION, "01")

    assert [number.nav for number in issued] == [nav(3), nav(5), nav(7), nav(8), nav(10)]
    assert [number.nav for number in after] == [nav(11)]


def test_no_number_is_issued_where_none_is_asked_for(store: Store):
    """And no serial is used up."""
    with store.begin() as connection:
        assert numbers.issue(connection, ORGANIZATION, "01", 0) == []
        assert numbers.issue(connection, ORGANIZATION, "01")[0].nav == nav(1)


def test_numbers_that_were_rolled_back_are_issued_again(store: Store):
    """Nobody has seen them."""

    def fail() -> None:
        with store.begin() as connection:
            numbers.issue(connection, ORGANIZATION, "01", 3)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    with store.begin() as connection:
        assert numbers.issue(connection, ORGANIZATION, "01")[0].nav == nav(1)


def test_postgresql_is_told_to_count_where_it_believes_in_too_few_rows(on_postgresql: Store):
    """Once for each time that they have doubled, and not where it knows."""
    believed = text("SELECT reltuples FROM pg_class WHERE relname = 'payment_option'")
    found = []
    with on_postgresql.begin() as connection:
        for at in range(1, 8):
            positions.add(connection, [position(f"P{at}", option(at))], NOW)
            positions.analyze_after_growth(connection, at)
            found.append(connection.execute(believed).scalar())

    assert found == [1, 1, 3, 3, 3, 3, 7]


def test_sqlite_needs_no_telling(fresh_database: FreshDatabase):
    """It has figures of large tables from its migrations, and keeps them."""
    store = Store(fresh_database("sqlite", prepare))
    figures = text("SELECT tbl, idx, stat FROM sqlite_stat1")
    with store.begin() as connection:
        before = connection.execute(figures).all()
        positions.analyze_after_growth(connection, 1000)
        after = connection.execute(figures).all()
    store.close()

    assert before
    assert after == before


def test_an_instant_without_a_zone_is_refused(store: Store):
    """Nobody could say which instant it is."""
    with store.begin() as connection, pytest.raises(Exception, match="time zone"):
        connection.execute(
            insert(tables.probe),
            {"organization": OTHER, "station": "s", "last_at": NOW.replace(tzinfo=None)},
        )


def test_the_last_probe_is_remembered(store: Store):
    """Of any station, and only the last."""
    assert store.last_probe() is None

    for instant in (YESTERDAY, NOW):
        store.remember_probe(CLAIM, instant)
    store.remember_probe(CLAIM._replace(station="another"), YESTERDAY)

    assert store.last_probe() == NOW


@pytest.mark.parametrize(
    "address", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "nonsense", "", "oracle+x://h"]
)
def test_an_address_that_is_neither_database_is_refused(address: str):
    """Said at the start, without a driver's words."""
    with pytest.raises(UnusableDatabase):
        make_engine(address)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_name_of_postgresql_is_understood(scheme: str):
    """Hosting services hand out all three."""
    assert make_engine(f"{scheme}://u@h/d").url.drivername == "postgresql+psycopg"
