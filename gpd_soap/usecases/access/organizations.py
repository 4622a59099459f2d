"""The organizations of a new key or a new operator: each is registered, or they are all."""

from __future__ import annotations

from collections.abc import Sequence

from gpd_soap.store.access.keys import ALL_ORGANIZATIONS
from gpd_soap.store.configuration import references
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.usecases import refusals
from gpd_soap.validation.finding import FieldError, path

EXPECTED = (
    "a registered organization (gpd-soap organization put CODE registers one),"
    f" or {ALL_ORGANIZATIONS} for every one, also later ones"
)


def check_registered(connection: Transaction, organizations: Sequence[str]) -> None:
    """Raises OrganizationNotRegistered with each code that is not registered.

    The rows of the others stay locked until the commit.
    """
    known = {
        code
        for code in sorted(set(organizations))
        if code == ALL_ORGANIZATIONS
        or references.lock_row(connection, references.ORGANIZATION, code)
    }
    errors = [
        FieldError(path("organizations", index), "unknown", EXPECTED)
        for index, code in enumerate(organizations)
        if code not in known
    ]
    if errors:
        raise refusals.OrganizationNotRegistered(errors)
