"""Lists of notices: by debtor, by name, one page after another, on both databases."""

from typing import Any

import pytest
from sqlalchemy import update

from gpd_soap.core.debt import Debtor
from gpd_soap.core.position import NewPosition, OptionDebtor
from gpd_soap.store import tables
from gpd_soap.store.positions import notices
from gpd_soap.store.positions.notices import MOST_COUNTED, NoticeFilter
from gpd_soap.store.store import Store
from tests.store.samples import ORGANIZATION, OTHER, add, nav, option, position


def of(name: str, code: str, serial: int, **more: Any) -> NewPosition:
    """Returns a position of this debtor with two notices."""
    debtor = Debtor("F", code, name)
    two = option(2 * serial), option(2 * serial + 1)
    return position(f"P-{serial}", *two, debtor=debtor, **more)


def listed(store: Store, limit: int = 100, **filters: str) -> list[str]:
    """Returns the numbers of all notices of a list, read page by page."""
    listing, after, numbers = NoticeFilter(**filters), None, list[str]()
    with store.reading() as connection:
        while True:
            page, after = notices.page(connection, ORGANIZATION, listing, limit, after)
            numbers += [notice.nav for notice in page]
            assert len(page) <= limit
            if after is None:
                break
        assert notices.count(connection, ORGANIZATION, listing) == len(numbers)
    return numbers


def numbers(*serials: int) -> set[str]:
    """Returns the notice numbers of these positions."""
    return {nav(2 * serial + each) for serial in serials for each in (0, 1)}


PEOPLE = (
    of("Mario Rossi", "RSSMRA00A01A000A", 1),
    of("ROSSI MARIO", "RSSMRA00A01A000A", 2),
    of("Maria Grazia Rossi", "RSSMGR00A01A000A", 3),
    of("Mario De Luca", "DLCMRA00A01A000A", 4),
    of("Nicolo' D'Amicò", "DMCNCL00A01A000A", 5),
    of("Rossini Marco", "ANONIMO", 6),
    of("Moro Mario", "ANONIMO", 7),
    of("Mario Rossi", "RSSMRA00A01A000A", 8, organization=OTHER),
)


@pytest.mark.parametrize(
    ("name", "serials"),
    [
        ("rossi", (1, 2, 3, 6)),
        ("rossi mar", (1, 2, 3)),
        ("mario rossi", (1, 2)),
        ("ROSSI  MARIA GRAZIA", (3,)),
        ("de luca", (4,)),
        ("Deluca mario", (4,)),
        ("luca", (4,)),
        ("d\u2019amico", (5,)),
        ("damicó nicolò", (5,)),
        ("m", (1, 2, 3, 4, 6, 7)),
        ("verdi", ()),
        ("%", ()),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_notices_of_a_name_are_each_listed_once(
    store: Store, name: str, serials: tuple[int, ...], limit: int
):
    """A surname is found wherever it stands, and no page repeats or loses a notice."""
    add(store, *PEOPLE)

    found_numbers = listed(store, limit, name=name)

    assert set(found_numbers) == numbers(*serials)
    assert len(found_numbers) == 2 * len(serials)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_notices_of_a_debtor_are_those_of_his_positions_and_his_own(store: Store, limit: int):
    """A notice with a debtor of its own is not its position's debtor's."""
    own = OptionDebtor(Debtor("F", "BNCNNA00A01A000A", "Anna Bianchi"))
    shared = position("P-9", option(90), option(91, debtor=own), option(92, debtor=own))
    add(store, *PEOPLE, shared)

    assert set(listed(store, limit, debtor_code="RSSMRA00A01A000A")) == {*numbers(1, 2), nav(90)}
    assert listed(store, limit, debtor_code="BNCNNA00A01A000A") == [nav(91), nav(92)]
    assert listed(store, limit, name="bianchi") == [nav(91), nav(92)]
    assert nav(91) not in listed(store, limit, name="esempio")


def test_every_notice_is_listed_once_in_the_order_of_numbers(store: Store):
    """Those of another organization are not."""
    add(store, *PEOPLE)

    assert listed(store, 3) == sorted(numbers(1, 2, 3, 4, 5, 6, 7))


def test_name_that_the_version_before_writes_is_listed(store: Store):
    """It changes the name alone, and knows of no index."""
    add(store, *PEOPLE)
    named = update(tables.position).where(
        tables.position.c.organization == ORGANIZATION, tables.position.c.iupd == "P-1"
    )
    with store.begin() as connection:
        connection.execute(named.values(debtor_full_name="Mario Verdì"))

    assert set(listed(store, name="verdi")) == numbers(1)
    assert set(listed(store, name="mario rossi")) == numbers(2)


def test_count_ends_at_its_bound(store: Store, monkeypatch: pytest.MonkeyPatch):
    """A list of more has one more than the bound."""
    monkeypatch.setattr(notices, "MOST_COUNTED", 5)
    add(store, *PEOPLE)
    with store.reading() as connection:
        total = notices.count(connection, ORGANIZATION, NoticeFilter(name="m"))

    assert MOST_COUNTED == 1000
    assert total == 6
