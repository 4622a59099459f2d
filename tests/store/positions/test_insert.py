"""Positions are inserted all or none, with numbers that are not in use."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from gpd_soap.core.position import NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.errors import AlreadyStored, UnusableDatabase
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions import numbers, retired_numbers
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store.samples import (
    ACTOR,
    NOW,
    ORGANIZATION,
    OTHER,
    ROUTE,
    STRANGER,
    YESTERDAY,
    add,
    nav,
    option,
    position,
    prepare,
)


def kept_iupds(store: Store) -> set[str]:
    """Return the IUPDs of all positions of the store."""
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
def test_batch_with_an_identifier_in_use_is_refused_as_a_whole(store: Store, second: NewPosition):
    """An organization uses an IUPD, a NAV and an IUV once; no position of the batch is stored."""
    add(store, position("P", option(1)))

    with pytest.raises(AlreadyStored):
        add(store, position("BEFORE", option(9)), second)

    assert kept_iupds(store) == {"P"}
    add(store, position("BEFORE", option(9)))


def test_same_numbers_of_two_organizations_are_stored(store: Store):
    """Numbers are unique within an organization."""
    add(store, position("P", option(1)), position("P", option(1), organization=OTHER))

    with store.begin() as connection:
        organizations = connection.execute(select(tables.payment_option.c.organization)).scalars()
        assert sorted(organizations) == [ORGANIZATION, OTHER]


def test_position_of_an_unregistered_organization_is_not_called_a_duplicate(store: Store):
    """An integrity error of another kind is raised as it is."""
    with pytest.raises(IntegrityError):
        add(store, position("P", option(1), organization=STRANGER))

    assert kept_iupds(store) == set()


def test_error_of_the_database_does_not_repeat_personal_data(store: Store):
    """Names and fiscal codes stay out of the error, which is logged."""
    add(store, position("P", option(1)))

    with pytest.raises(AlreadyStored) as refused:
        add(store, position("P", option(2)))

    assert "Maria" not in f"{refused.value} {refused.value.__cause__}"


def test_transaction_that_raises_is_rolled_back(store: Store):
    """An exception of any kind rolls back all that was written."""

    def fail() -> None:
        with store.begin() as connection:
            positions.add(connection, [position("P", option(1))], NOW, ACTOR)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert kept_iupds(store) == set()


def test_released_savepoint_in_a_failed_transaction_is_rolled_back(store: Store):
    """The rows of the savepoint are rolled back with the transaction around it."""

    def fail() -> None:
        with store.begin() as connection:
            with connection.begin_nested():
                positions.add(connection, [position("P", option(1))], NOW, ACTOR)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert kept_iupds(store) == set()


def test_savepoint_that_is_rolled_back_leaves_the_other_rows(store: Store):
    """A load that continues loses the row that failed, and no other."""
    with store.begin() as connection:
        positions.add(connection, [position("P", option(1))], NOW, ACTOR)
        with pytest.raises(AlreadyStored), connection.begin_nested():
            positions.add(connection, [position("P", option(2))], NOW, ACTOR)
        positions.add(connection, [position("Q", option(2))], NOW, ACTOR)

    assert kept_iupds(store) == {"P", "Q"}


def test_issue_skips_imported_numbers(store: Store):
    """A number that came in by import is never issued again."""
    add(store, position("P", option(1), option(2)), position("Q", option(4)))

    with store.begin() as connection:
        issued = [numbers.issue(connection, ORGANIZATION, "01")[0].nav for _ in range(2)]

    assert issued == [nav(3), nav(5)]


def test_issue_of_several_numbers_skips_those_that_are_not_free(store: Store):
    """Numbers in use, retired or to be avoided are skipped, and the count is still complete."""
    add(store, position("P", option(1), option(9, iuv=nav(4)[1:])))
    with store.begin() as connection:
        retired_numbers.retire(connection, ORGANIZATION, "Q", [option(2)], NOW)
        avoid = {nav(6)[1:]}
        issued = numbers.issue(connection, ORGANIZATION, "01", 5, avoid)
        after = numbers.issue(connection, ORGANIZATION, "01")

    assert [number.nav for number in issued] == [nav(3), nav(5), nav(7), nav(8), nav(10)]
    assert [number.nav for number in after] == [nav(11)]


def test_issue_of_no_number_uses_no_serial(store: Store):
    """The next number is the first."""
    with store.begin() as connection:
        assert numbers.issue(connection, ORGANIZATION, "01", 0) == []
        assert numbers.issue(connection, ORGANIZATION, "01")[0].nav == nav(1)


def test_issue_after_a_rollback_repeats_the_numbers(store: Store):
    """No payer has seen the numbers of a transaction that was rolled back."""

    def fail() -> None:
        with store.begin() as connection:
            numbers.issue(connection, ORGANIZATION, "01", 3)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    with store.begin() as connection:
        assert numbers.issue(connection, ORGANIZATION, "01")[0].nav == nav(1)


def test_analyze_after_growth_on_postgresql_runs_once_for_each_doubling(on_postgresql: Store):
    """Where PostgreSQL assumes enough rows, nothing is analyzed."""
    assumed_rows = text("SELECT reltuples FROM pg_class WHERE relname = 'payment_option'")
    assumed = []
    with on_postgresql.begin() as connection:
        for serial in range(1, 8):
            positions.add(connection, [position(f"P{serial}", option(serial))], NOW, ACTOR)
            positions.analyze_after_growth(connection, serial)
            assumed.append(connection.execute(assumed_rows).scalar())

    assert assumed == [1, 1, 3, 3, 3, 3, 7]


def test_analyze_after_growth_on_sqlite_changes_nothing(fresh_database: FreshDatabase):
    """SQLite keeps the statistics of large tables that its migrations wrote."""
    store = Store(fresh_database("sqlite", prepare))
    statistics = text("SELECT tbl, idx, stat FROM sqlite_stat1")
    with store.begin() as connection:
        before = connection.execute(statistics).all()
        positions.analyze_after_growth(connection, 1000)
        after = connection.execute(statistics).all()
    store.close()

    assert before
    assert after == before


def test_datetime_without_a_zone_is_refused(store: Store):
    """Without a zone it is not known which instant is meant."""
    with store.begin() as connection, pytest.raises(Exception, match="time zone"):
        connection.execute(
            insert(tables.probe),
            {"organization": OTHER, "station": "s", "last_at": NOW.replace(tzinfo=None)},
        )


def test_last_probe_after_several_is_the_latest_of_any_station(store: Store):
    """The store keeps only the last probe."""
    assert store.last_probe() is None

    for instant in (YESTERDAY, NOW):
        store.remember_probe(ROUTE, instant)
    store.remember_probe(ROUTE._replace(station="another"), YESTERDAY)

    assert store.last_probe() == NOW


@pytest.mark.parametrize(
    "address", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "nonsense", "", "oracle+x://h"]
)
def test_address_of_another_database_is_refused(address: str):
    """The error is ours, and is raised before a driver is loaded."""
    with pytest.raises(UnusableDatabase):
        make_engine(address)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_address_with_each_usual_scheme_of_postgresql_is_accepted(scheme: str):
    """Hosting services use all three."""
    assert make_engine(f"{scheme}://u@h/d").url.drivername == "postgresql+psycopg"
