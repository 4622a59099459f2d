"""Creates, lists and revokes keys, for the API and for commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gpd_soap.store.access import keys
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.access.keys import ALL_ORGANIZATIONS, Key, Role
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.organizations import check_registered
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.keys import NewKey


class Keys:
    """The keys of the API; the caller has checked who may see and change them."""

    def __init__(self, database: Database, record: Record = unrecorded) -> None:
        """`record` writes each change to the audit, in the transaction of the change."""
        self._database, self._record = database, record

    def page(self, request: PageRequest) -> tuple[list[Key], int]:
        """Returns a page of keys, also revoked ones, and how many there are on all pages."""
        return read_only(self._database, lambda c: keys.page(c, request))

    def every(self) -> list[Key]:
        """Returns all keys, also revoked ones, the oldest first."""
        return read_only(self._database, keys.list_keys)

    def create(self, new: NewKey, now: datetime) -> tuple[Key, str]:
        """Creates a key, and returns it with its token, which is shown this once.

        Raises OrganizationsNotNamed if the key would be for no organization,
        OrganizationNotRegistered if one is not registered, and ExpiryPassed if it would have
        expired.
        """
        check_new(new.organizations, new.expires_at, now)
        role = Role(new.role)

        def work(connection: Transaction) -> tuple[Key, str]:
            check_registered(connection, new.organizations)
            made, token = keys.create(
                connection, new.name, role, new.organizations, now, new.expires_at
            )
            self._record(connection, Subject(resource=made.id))
            return made, token

        return in_transaction(self._database, work)

    def revoke(self, key_id: str, now: datetime) -> None:
        """Revokes a key, for every process from its next request on.  Raises KeyNotFound."""

        def work(connection: Transaction) -> None:
            if not keys.revoke(connection, key_id, now):
                raise refusals.KeyNotFound
            self._record(connection, Subject(resource=key_id))

        in_transaction(self._database, work)


def check_new(organizations: Sequence[str], expires_at: datetime | None, now: datetime) -> None:
    """Raises the refusal of a key without organizations, or one that has expired at its creation.

    A key of every organization names `*`: nobody gives all by leaving something out.
    """
    if not organizations:
        expected = f"organizations, or {ALL_ORGANIZATIONS} for every one"
        raise refusals.OrganizationsNotNamed([FieldError("organizations", "required", expected)])
    if expires_at is not None and expires_at <= now:
        raise refusals.ExpiryPassed([FieldError("expiresAt", "past", "an instant in the future")])
