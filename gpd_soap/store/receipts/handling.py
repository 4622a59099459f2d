"""Who handles an open case, and the change of an outcome that is not final.

A claim is a courtesy between people: it ends by itself, and hides a case from nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, or_, update

from gpd_soap.core.case_id import CaseKey, CaseOutcome
from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store.receipts.worklist import (
    NOBODY,
    Resolution,
    Scope,
    condition_of,
    table_of,
)
from gpd_soap.store.rows import RECEIPT

#: The values of a case that nobody has decided.
UNDECIDED = dict.fromkeys(Resolution._fields)


class Taking(NamedTuple):
    """Who takes a case, when, and since when a claim of somebody else still counts."""

    who: str
    claimed_at: datetime
    counts_since: datetime


class Opening(NamedTuple):
    """A receipt on which a person opens a case; `opening` is the note, "" without one."""

    kept: str
    reasons: str
    opened_at: datetime
    opened_by: str
    opening: str


def claim(connection: Connection, scope: Scope, key: CaseKey, by: Taking) -> bool:
    """Give an open case to a person; return False if there is none, or if somebody else has it."""
    columns = table_of(key).c
    free = or_(
        columns.claimed_at.is_(None),
        columns.claimed_at <= by.counts_since,
        columns.claimed_by == by.who,
    )
    statement = update(table_of(key)).where(*_open(scope, key), free)
    values = {"claimed_by": by.who, "claimed_at": by.claimed_at}
    return connection.execute(statement.values(values)).rowcount > 0


def release(connection: Connection, scope: Scope, key: CaseKey, who: str) -> bool:
    """Free a case that a person has; return False if the person does not have it."""
    columns = table_of(key).c
    statement = update(table_of(key)).where(*_open(scope, key), columns.claimed_by == who)
    return connection.execute(statement.values(NOBODY)).rowcount > 0


def decide_again(
    connection: Connection, scope: Scope, key: CaseKey, resolution: Resolution
) -> bool:
    """Store another decision on a case whose refund is outstanding; return False otherwise."""
    table = table_of(key)
    outstanding = table.c.resolved_as == CaseOutcome.TO_REFUND
    statement = update(table).where(condition_of(scope, key), outstanding)
    return connection.execute(statement.values(resolution._asdict())).rowcount > 0


def open_case(connection: Connection, scope: Scope, key: CaseKey, begun: Opening) -> None:
    """Store that a person opened a case on a locked receipt, without an earlier decision."""
    values = {**begun._asdict(), **NOBODY, **UNDECIDED}
    connection.execute(update(table_of(key)).where(condition_of(scope, key)).values(values))


def _open(scope: Scope, key: CaseKey) -> list[ColumnElement[bool]]:
    """SQL conditions: the row is this case, and it is open."""
    conditions = [condition_of(scope, key), table_of(key).c.resolved_at.is_(None)]
    if key.variant is not None:
        conditions.append(RECEIPT.kept.in_(NEEDS_A_PERSON))
    return conditions
