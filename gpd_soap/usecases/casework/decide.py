"""How a case ends: an outcome of a closed list, with what that outcome needs.

A refund that is decided and not yet paid may be decided again, until its mandate is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from gpd_soap.core import rome
from gpd_soap.core.actor import Actor
from gpd_soap.core.case_id import CaseKey, CaseOutcome, case_id, case_key, in_order
from gpd_soap.core.text import clean
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.receipts import candidates, handling, worklist
from gpd_soap.store.receipts.worklist import Case, Resolution
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.casework.holding import refuse_others
from gpd_soap.usecases.casework.refusals import KindsDiffer, TooManyCases
from gpd_soap.usecases.worklist import close, key_of, subject_of, write_event
from gpd_soap.validation.finding import FieldError

#: LIMIT: cases of one decision; as many as a page shows.
MOST = 100
LONGEST_NOTE, LONGEST_MANDATE = 400, 35
#: The outcomes of which a note must say why, or who was informed.
NEEDS_NOTE = (CaseOutcome.RIGHT, CaseOutcome.NOT_OURS)


class Decision(NamedTuple):
    """What a person decides.  A field that the outcome does not need is None.

    `notice` is the number that the money pays.  `other` is the case that this one repeats.
    """

    outcome: CaseOutcome
    note: str = ""
    refunded_on: date | None = None
    mandate: str | None = None
    notice: str | None = None
    other: str | None = None


class By(NamedTuple):
    """Who decides, under which name, and when."""

    actor: Actor
    name: str
    decided_at: datetime


def decide(
    database: Database,
    organization: str,
    references: Sequence[str],
    decision: Decision,
    by: By,
    record: Record = unrecorded,
) -> int:
    """Closes cases of one kind with one outcome, all or none.  Returns how many.

    Raises Malformed, CaseNotFound, CaseNotOpen, CaseClaimed, KindsDiffer or TooManyCases.
    """
    if len(references) > MOST:
        raise TooManyCases
    # WHY: two persons who chose the same cases in two orders would wait for each other.
    keys = sorted({key_of(reference) for reference in references}, key=in_order)
    errors = list(findings(decision, by.decided_at))
    if errors:
        raise refusals.Malformed(errors)

    def work(connection: Transaction) -> int:
        cases = [_open(connection, organization, key, by) for key in keys]
        if len({case.kind for case in cases}) > 1:
            raise KindsDiffer
        _refuse_unknown(connection, organization, decision, keys)
        for key in keys:
            _close(connection, organization, key, resolution_of(decision, by), by.actor)
            record(connection, subject_of(key, decision.notice), organization)
        return len(keys)

    return in_transaction(database, work)


def findings(decision: Decision, now: datetime) -> Iterator[FieldError]:
    """Yields what is missing or wrong in a decision, before the database is read."""
    outcome = decision.outcome
    yield from _of_note(outcome, clean(decision.note))
    if outcome is CaseOutcome.REFUNDED:
        yield from _of_refund(decision, now)
    if outcome is CaseOutcome.CREDITED and not decision.notice:
        yield FieldError("notice", "required", "the number of a notice")
    if outcome is CaseOutcome.DUPLICATE and not case_key(decision.other or ""):
        yield FieldError("other", "required", "the id of another case")


def _of_note(outcome: CaseOutcome, note: str) -> Iterator[FieldError]:
    if len(note) > LONGEST_NOTE:
        yield FieldError("note", "length", f"at most {LONGEST_NOTE} characters")
    if not is_readable(note):
        yield FieldError("note", "characters", "text without control characters")
    if outcome in NEEDS_NOTE and not note:
        yield FieldError("note", "required", "why, or who was informed")


def _of_refund(decision: Decision, now: datetime) -> Iterator[FieldError]:
    if decision.refunded_on is None:
        yield FieldError("refundedOn", "required", "the day of the refund")
    elif decision.refunded_on > rome.day_of(now):
        yield FieldError("refundedOn", "range", "no day after today")
    mandate = clean(decision.mandate or "")
    if not 1 <= len(mandate) <= LONGEST_MANDATE or not is_readable(mandate):
        yield FieldError("mandate", "required", f"1 to {LONGEST_MANDATE} characters")


def resolution_of(decision: Decision, by: By) -> Resolution:
    """Returns a decision as it is stored; its text begins with the notice or the other case."""
    outcome, refunded = decision.outcome, decision.outcome is CaseOutcome.REFUNDED
    about = {CaseOutcome.CREDITED: decision.notice, CaseOutcome.DUPLICATE: decision.other}
    parts = [part for part in (about.get(outcome), clean(decision.note)) if part]
    return Resolution(
        by.decided_at,
        by.name,
        "; ".join(parts)[:500],
        outcome,
        decision.refunded_on if refunded else None,
        clean(decision.mandate or "") if refunded else None,
    )


def may_be_decided(case: Case) -> bool:
    """Returns whether a case is open, or its refund is outstanding."""
    return case.resolved_at is None or case.resolved_as == CaseOutcome.TO_REFUND


def is_readable(text: str) -> bool:
    """Returns whether every character of a text can be shown, or is a blank."""
    return all(each.isprintable() or each in "\n\r\t\xa0" for each in text)


def _open(connection: Transaction, organization: str, key: CaseKey, by: By) -> Case:
    """Returns a case that may be decided, and locks it."""
    worklist.lock(connection, organization, key)
    case = worklist.read(connection, organization, key)
    if case is None:
        raise refusals.CaseNotFound
    if not may_be_decided(case):
        raise refusals.CaseNotOpen
    refuse_others(case, by.name, by.decided_at)
    return case


def _refuse_unknown(
    connection: Transaction, organization: str, decision: Decision, keys: Sequence[CaseKey]
) -> None:
    """Raises Malformed if the notice or the other case of a decision does not exist."""
    if decision.outcome is CaseOutcome.CREDITED and not candidates.numbered(
        connection, organization, [decision.notice or ""], []
    ):
        raise refusals.Malformed([FieldError("notice", "unknown", "a notice of the organization")])
    if decision.outcome is CaseOutcome.DUPLICATE:
        other = key_of(decision.other or "")
        if other in keys or worklist.read(connection, organization, other) is None:
            raise refusals.Malformed([FieldError("other", "unknown", "another case")])


def _close(
    connection: Transaction,
    organization: str,
    key: CaseKey,
    resolution: Resolution,
    actor: Actor,
) -> None:
    if close(connection, organization, key, resolution, actor):
        return
    if not handling.decide_again(connection, organization, key, resolution):
        # WHY: a receipt that was applied meanwhile is no case any more.
        raise refusals.CaseNotOpen
    write_event(connection, organization, key, actor)


def reference_of(case: Case) -> str:
    """Returns the id of a case."""
    return case_id(case.key)
