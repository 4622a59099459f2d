"""Reads the audit, for the API and for commands."""

from __future__ import annotations

from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import AuditFilter, Change, ChangeKey
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.people import operators
from gpd_soap.usecases import refusals
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.audit import AuditSearch


def question(search: AuditSearch) -> AuditFilter:
    """Returns the filters of the store.  Raises Malformed if the time ends before it begins."""
    if search.first is not None and search.last is not None and search.last < search.first:
        raise refusals.Malformed([FieldError("to", "range", "not before `from`")])
    return AuditFilter(
        kind=search.kind,
        key_id=search.key,
        actor=search.user,
        nav=search.nav,
        iupd=search.iupd,
        receipt_id=search.receipt_id,
        first=search.first,
        last=search.last,
    )


def page(
    database: Database, organization: str | None, request: PageRequest, filters: AuditFilter
) -> tuple[list[Change], int]:
    """Returns the rows of a page, the newest first, and how many there are on all pages."""
    return read_only(database, lambda c: audit.page(c, organization, request, filters))


def newest(
    database: Database,
    organization: str | None,
    filters: AuditFilter,
    limit: int,
    after: ChangeKey | None = None,
) -> tuple[list[Change], ChangeKey | None, dict[str, str]]:
    """Returns rows of an organization, where the list goes on, and operators' names by their id."""

    def work(
        connection: Transaction,
    ) -> tuple[list[Change], ChangeKey | None, dict[str, str]]:
        changes, going_on = audit.newest(connection, organization, filters, limit, after)
        names = {each.id: each.name for each in operators.every(connection)}
        return changes, going_on, names

    return read_only(database, work)
