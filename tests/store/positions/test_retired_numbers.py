"""A number that was deleted is nobody's again, whichever way somebody asks for it."""

import pytest

from gpd_soap.store.database.errors import AlreadyKept
from gpd_soap.store.positions import numbers
from gpd_soap.store.positions import retired_numbers as retired
from gpd_soap.store.store import Store
from tests.store.samples import NOW, ORGANIZATION, OTHER, add, nav, option, position


@pytest.fixture
def emptied(store: Store) -> Store:
    """A store in which the first number was deleted."""
    with store.begin() as connection:
        retired.retire(connection, ORGANIZATION, "P", [option(1)], NOW)
    return store


@pytest.mark.parametrize(
    "again",
    [option(1), option(2, iuv=nav(1)[1:]), option(1, iuv=nav(2)[1:])],
    ids=["both", "IUV", "NAV"],
)
def test_a_deleted_number_is_not_taken_in_again(emptied: Store, again: object):
    """Neither its NAV nor its IUV, under whatever IUPD; nothing of the batch is kept."""
    with pytest.raises(AlreadyKept):
        add(emptied, position("Q", option(3)), position("R", again))  # type: ignore[arg-type]

    add(emptied, position("Q", option(3)))


def test_another_organization_may_have_the_same_number(emptied: Store):
    """Numbers are an organization's own."""
    add(emptied, position("P", option(1))._replace(organization=OTHER))


def test_a_deleted_number_is_not_issued_again(emptied: Store):
    """The issuer passes over it, as over those in use."""
    code = nav(1)[1:3]
    with emptied.begin() as connection:
        [first] = numbers.issue(connection, ORGANIZATION, code)

    assert first.nav == nav(2)
