"""The number of a deleted notice is neither accepted nor issued again."""

import pytest

from gpd_soap.core.position import NewOption
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.positions import numbers, retired_numbers
from gpd_soap.store.store import Store
from tests.store.samples import NOW, ORGANIZATION, OTHER, add, nav, option, position


@pytest.fixture
def emptied(store: Store) -> Store:
    """Return a store in which the first number is retired."""
    with store.begin() as connection:
        retired_numbers.retire(connection, ORGANIZATION, "P", [option(1)], NOW)
    return store


@pytest.mark.parametrize(
    "again",
    [option(1), option(2, iuv=nav(1)[1:]), option(1, iuv=nav(2)[1:])],
    ids=["both", "IUV", "NAV"],
)
def test_position_with_a_retired_number_is_refused(emptied: Store, again: NewOption):
    """Neither the NAV nor the IUV is accepted, and no position of the batch is stored."""
    with pytest.raises(AlreadyStored):
        add(emptied, position("Q", option(3)), position("R", again))

    add(emptied, position("Q", option(3)))


def test_retired_number_of_another_organization_is_accepted(emptied: Store):
    """Numbers are retired for one organization."""
    add(emptied, position("P", option(1))._replace(organization=OTHER))


def test_issue_skips_a_retired_number(emptied: Store):
    """The next number is issued instead."""
    code = nav(1)[1:3]
    with emptied.begin() as connection:
        [first] = numbers.issue(connection, ORGANIZATION, code)

    assert first.nav == nav(2)
