"""Who has a case now, for everybody who would act on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from gpd_soap.core.case_id import CaseKey
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.receipts import worklist
from gpd_soap.store.receipts.worklist import Case, Scope
from gpd_soap.usecases.casework.refusals import CaseClaimed

#: LIMIT: 30 minutes; a person who has left keeps no case from the others for longer.
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


def refuse_others(case: Case, who: str, now: datetime) -> None:
    """Raises CaseClaimed if somebody else has a case."""
    other = holder(case, now)
    if other is not None and other.who != who:
        raise CaseClaimed(*other)


def lock_for(connection: Transaction, scope: Scope, key: CaseKey, who: str, now: datetime) -> None:
    """Locks a case for somebody who acts on it; does nothing if there is none.

    Raises CaseClaimed if somebody else has it.
    """
    worklist.lock(connection, scope, key)
    case = worklist.read(connection, scope, key)
    if case is not None:
        refuse_others(case, who, now)
