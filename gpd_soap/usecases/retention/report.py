"""What is kept: of an organization, and of one person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.retention import positions, receipts, report, traces
from gpd_soap.store.retention import terms as stored
from gpd_soap.store.retention.clean import clean
from gpd_soap.store.retention.positions import Run
from gpd_soap.store.retention.report import Holding
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.usecases.access.record import Record
from gpd_soap.usecases.retention import terms
from gpd_soap.usecases.retention.keep import POSITIONS, RECEIPTS, By, pseudonyms


class ReportLine(NamedTuple):
    """What is kept of a kind: how much, since when, for how long, and on what ground.

    `until` is when the oldest row is beyond its term; None without rows.
    """

    organization: str
    kind: TermKind
    kept: Holding
    months: int
    until: datetime | None
    ground: str


def of_organizations(
    database: Database, now: datetime, organization: str | None = None
) -> Iterator[ReportLine]:
    """Yields what is kept of each kind, of one organization or of all."""
    own = terms.read(database)
    codes = read_only(database, stored.organizations)
    for code in codes if organization is None else [organization]:
        for kind, rule in terms.RULES.items():
            until = terms.until(own, kind, now).of_organization(code)
            kept = read_only(database, partial(_kept, code, kind, until))
            months = terms.months_of(own, code, kind)
            end = None if kept.oldest is None else months_before(kept.oldest, -months)
            yield ReportLine(code, kind, kept, months, end, rule.ground)


def _kept(organization: str, kind: TermKind, until: datetime, connection: Transaction) -> Holding:
    without_statement_timeout(connection)
    return report.kept(connection, organization, kind, until)


class OfPerson(NamedTuple):
    """What an organization keeps of a debtor: what can be forgotten now, and what stays.

    A position stays while something of it can be paid or a case is open, a receipt and a message
    until their terms end.  `responses` are remembered answers that name the debtor; they are of
    every organization.  `receipts_until` is when the last receipt is beyond its term.
    """

    closed_positions: int
    open_positions: int
    old_receipts: int
    receipts: int
    messages: int
    responses: int
    receipts_until: datetime | None


def of_person(database: Database, organization: str, code: str, now: datetime) -> OfPerson:
    """Returns what an organization keeps of the debtor with this code."""
    own = terms.read(database)
    until = terms.until(own, TermKind.RECEIPTS, now).of_organization(organization)
    months = terms.months_of(own, organization, TermKind.RECEIPTS)

    def work(connection: Transaction) -> OfPerson:
        without_statement_timeout(connection)
        named = positions.of_debtor(organization, code)
        paid = receipts.of_debtor(organization, code)
        closed = positions.count(connection, named, positions.can_be_forgotten(organization, now))
        old = receipts.count(connection, paid, receipts.can_be_forgotten(organization, until))
        last = receipts.last(connection, paid)
        return OfPerson(
            closed_positions=closed,
            open_positions=positions.count(connection, named) - closed,
            old_receipts=old,
            receipts=receipts.count(connection, paid) - old,
            messages=traces.messages(connection, organization, code),
            responses=traces.responses(connection, code),
            receipts_until=None if last is None else months_before(last, -months),
        )

    return read_only(database, work)


def forget_person(
    database: Database, organization: str, code: str, now: datetime, by: By
) -> tuple[OfPerson, bool]:
    """Forgets a debtor as far as the law and open positions allow.

    Closed positions are forgotten before their term, receipts only beyond theirs, and remembered
    answers that have the code at once.  Rows that somebody is changing are waited for.  Returns
    what was forgotten and what stays, and whether the bytes are gone from the database's files.
    """
    before = of_person(database, organization, code, now)
    until = _receipts_until(database, organization, now)
    run = Run(organization, pseudonyms(), by.actor, now)
    forgotten_positions = POSITIONS.forget_every(
        database,
        run,
        positions.of_debtor(organization, code),
        positions.can_be_forgotten(organization, now),
    )
    forgotten_receipts = RECEIPTS.forget_every(
        database,
        run,
        receipts.of_debtor(organization, code),
        receipts.can_be_forgotten(organization, until),
    )
    in_transaction(database, lambda c: traces.remove_responses(c, code))
    # WHY: a position may have changed since `now`; it is then neither forgotten nor open.
    left = of_person(database, organization, code, now)
    done = left._replace(
        closed_positions=forgotten_positions,
        open_positions=left.open_positions + left.closed_positions,
        old_receipts=forgotten_receipts,
        receipts=left.receipts + left.old_receipts,
        responses=before.responses,
    )
    in_transaction(database, partial(_record, by.record, organization, done))
    return done, clean(database)


def _record(record: Record, organization: str, done: OfPerson, connection: Transaction) -> None:
    text = f"person: positions {done.closed_positions}, receipts {done.old_receipts}"
    record(connection, Subject(resource=text), organization)


def _receipts_until(database: Database, organization: str, now: datetime) -> datetime:
    own = terms.read(database)
    return terms.until(own, TermKind.RECEIPTS, now).of_organization(organization)
