"""Who has a case: a claim ends by itself, with its case, or when its person gives it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.receipts import handling, queue, worklist
from gpd_soap.store.receipts.handling import Taking
from gpd_soap.store.receipts.queue import QueueFilter
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.usecases import refusals
from gpd_soap.usecases.casework.refusals import CaseClaimed
from gpd_soap.usecases.worklist import key_of

#: LIMIT: minutes; who went home holds nobody up for longer.
FREED_AFTER = timedelta(minutes=30)


class Holder(NamedTuple):
    """Who has an open case, since when, and until when if nothing more is done."""

    who: str
    since: datetime
    until: datetime


def holder(case: Case, now: datetime) -> Holder | None:
    """Returns who has a case at `now`; None for a case that is free or resolved."""
    if case.claimed_by is None or case.claimed_at is None or case.resolved_at is not None:
        return None
    until = case.claimed_at + FREED_AFTER
    return Holder(case.claimed_by, case.claimed_at, until) if now < until else None


def claim(database: Database, organization: str, reference: str, who: str, now: datetime) -> None:
    """Gives a case to a person, from now on; one's own claim begins again.

    Raises CaseNotFound, CaseNotOpen, and CaseClaimed if somebody else has it.
    """
    key = key_of(reference)
    by = Taking(who, now, now - FREED_AFTER)

    def work(connection: Transaction) -> None:
        if handling.claim(connection, organization, key, by):
            return
        case = worklist.read(connection, organization, key)
        if case is None:
            raise refusals.CaseNotFound
        other = holder(case, now)
        if other is None:
            raise refusals.CaseNotOpen
        raise CaseClaimed(*other)

    in_transaction(database, work)


def release(database: Database, organization: str, reference: str, who: str) -> bool:
    """Gives a case back.  Returns whether the person had it."""
    key = key_of(reference)
    return in_transaction(database, lambda c: handling.release(c, organization, key, who))


def oldest_free(
    database: Database, organization: str, kind: str | None, now: datetime
) -> Case | None:
    """Returns the oldest open case that nobody has, or None."""
    listing = QueueFilter(kind=kind, free_since=now - FREED_AFTER)
    cases, _ = read_only(database, lambda c: queue.page(c, organization, listing, 1))
    return cases[0] if cases else None


def refuse_others(case: Case, who: str, now: datetime) -> None:
    """Raises CaseClaimed if somebody else has a case."""
    other = holder(case, now)
    if other is not None and other.who != who:
        raise CaseClaimed(*other)
