"""Takes a case and gives it back.

A claim ends by itself, with its case, or when its person gives it back.
"""

from __future__ import annotations

from datetime import datetime

from gpd_soap.core.case_id import case_id
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.receipts import handling, queue, worklist
from gpd_soap.store.receipts.handling import Taking
from gpd_soap.store.receipts.queue import QueueFilter
from gpd_soap.store.receipts.worklist import Case, Scope
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.casework.holding import FREED_AFTER, holder, refuse_others
from gpd_soap.usecases.casework.refusals import CaseClaimed
from gpd_soap.usecases.worklist import key_of, subject_of

#: LIMIT: cases that colleagues may take one after another while somebody looks for a free one.
ATTEMPTS = 20


def claim(
    database: Database,
    scope: Scope,
    reference: str,
    who: str,
    now: datetime,
    record: Record = unrecorded,
) -> None:
    """Gives a case to a person or a key, from now on; one's own claim begins again.

    Raises CaseNotFound, CaseNotOpen, and CaseClaimed if somebody else has it.
    """
    key = key_of(reference)
    by = Taking(who, now, now - FREED_AFTER)

    def work(connection: Transaction) -> None:
        if handling.claim(connection, scope, key, by):
            record(connection, subject_of(key), scope or NOT_GIVEN)
            return
        case = worklist.read(connection, scope, key)
        if case is None:
            raise refusals.CaseNotFound
        other = holder(case, now)
        if other is None:
            raise refusals.CaseNotOpen
        raise CaseClaimed(*other)

    in_transaction(database, work)


def release(
    database: Database, scope: Scope, reference: str, who: str, record: Record = unrecorded
) -> bool:
    """Gives a case back.  Returns whether the person or the key had it."""
    key = key_of(reference)

    def work(connection: Transaction) -> bool:
        had = handling.release(connection, scope, key, who)
        if had:
            record(connection, subject_of(key), scope or NOT_GIVEN)
        return had

    return in_transaction(database, work)


def give_back(
    database: Database,
    scope: Scope,
    reference: str,
    who: str,
    now: datetime,
    record: Record = unrecorded,
) -> None:
    """Gives a case back; one that nobody has stays as it is.

    Raises CaseNotFound, CaseNotOpen, and CaseClaimed if somebody else has it.
    """
    if release(database, scope, reference, who, record):
        return
    case = read_only(database, lambda c: worklist.read(c, scope, key_of(reference)))
    if case is None:
        raise refusals.CaseNotFound
    if case.resolved_at is not None:
        raise refusals.CaseNotOpen
    refuse_others(case, who, now)


def take_oldest(
    database: Database,
    organization: str,
    kind: str | None,
    who: str,
    now: datetime,
    record: Record = unrecorded,
) -> Case | None:
    """Gives the oldest free case to a person and returns it; None if every case has somebody."""
    for _attempt in range(ATTEMPTS):
        case = oldest_free(database, organization, kind, now)
        if case is None:
            return None
        try:
            claim(database, organization, case_id(case.key), who, now, record)
        except (CaseClaimed, refusals.CaseNotOpen):
            # WHY: a colleague was quicker, and the next case is free.
            continue
        return case
    return None


def oldest_free(
    database: Database, organization: str, kind: str | None, now: datetime
) -> Case | None:
    """Returns the oldest open case that nobody has, or None."""
    listing = QueueFilter(kind=kind, free_since=now - FREED_AFTER)
    cases, _ = read_only(database, lambda c: queue.page(c, organization, listing, 1))
    return cases[0] if cases else None
