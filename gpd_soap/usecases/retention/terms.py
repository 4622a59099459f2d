"""The terms: the defaults, what no organization may go below, and why things are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from gpd_soap.store.access.audit import Subject
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.database.until import Until
from gpd_soap.store.journal.purge import LEAST_MONTHS, months_before
from gpd_soap.store.retention import terms as stored
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record
from gpd_soap.validation.finding import FieldError

#: LIMIT: the longest term in months, so that every date stays one that Python has.
MOST_MONTHS = 999


class Rule(NamedTuple):
    """The default and the least number of months of a kind, and why it is kept."""

    months: int
    least: int
    ground: str


RULES: Mapping[TermKind, Rule] = {
    # SPEC: SANP "Giornale degli eventi": 24 months at least.
    TermKind.JOURNAL: Rule(24, LEAST_MONTHS, "pagoPA asks for 24 months"),
    TermKind.EVENTS: Rule(24, 1, "history and feed; no person is in them"),
    TermKind.AUDIT: Rule(24, LEAST_MONTHS, "who changed and read data, as long as the journal"),
    TermKind.QUARANTINE: Rule(120, LEAST_MONTHS, "may be the only proof of a payment"),
    # LIMIT: 12 months after the end, so that a payment in dispute still has its debtor.
    TermKind.POSITIONS: Rule(120, 12, "claims of the institution, after the position has closed"),
    # SPEC: Codice civile, article 2220: records of accounts are kept for ten years.
    TermKind.RECEIPTS: Rule(120, 120, "proof of payment: ten years (Codice civile, 2220)"),
}


def read(database: Database) -> stored.OwnTerms:
    """Returns every term that an organization has set."""
    return read_only(database, stored.read)


def put(
    database: Database, organization: str, kind: TermKind, months: int | None, record: Record
) -> None:
    """Sets a term of an organization; with None it has the default again.

    Raises Malformed if the term is too short or too long, and OrganizationNotFound if the
    organization is not registered.
    """
    if months is not None:
        check({kind: months})

    def work(connection: Transaction) -> None:
        if configuration.organization(connection, organization) is None:
            raise refusals.OrganizationNotFound
        stored.put(connection, organization, kind, months)
        text = f"{kind} {'default' if months is None else f'{months}m'}"
        record(connection, Subject(resource=text), organization)

    in_transaction(database, work)


def check(terms: Mapping[TermKind, int]) -> None:
    """Raises Malformed with each term that is shorter than its least, or too long."""
    errors = []
    for kind, months in terms.items():
        if months < RULES[kind].least:
            errors.append(FieldError(kind.value, "range", f"{RULES[kind].least} months at least"))
        elif months > MOST_MONTHS:
            errors.append(FieldError(kind.value, "range", f"{MOST_MONTHS} months at most"))
    if errors:
        raise refusals.Malformed(errors)


def until(own: stored.OwnTerms, kind: TermKind, now: datetime, months: int | None = None) -> Until:
    """Returns the instants before which rows of a kind are beyond their term.

    `months` is the term of the organizations that have set none; without it, the default.
    """
    general = RULES[kind].months if months is None else months
    of = {
        organization: months_before(now, own_months)
        for (organization, of_kind), own_months in own.items()
        if of_kind is kind
    }
    return Until(months_before(now, general), of)


def months_of(own: stored.OwnTerms, organization: str, kind: TermKind) -> int:
    """Returns the term of an organization in months."""
    return own.get((organization, kind), RULES[kind].months)
