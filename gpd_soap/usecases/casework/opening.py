"""A person opens a case on the receipt of a paid notice, because its money may have to go back.

The case is then worked on, decided and listed like any other; the notice stays paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gpd_soap.core.case_id import (
    CaseCause,
    CaseKey,
    CaseOutcome,
    NoCase,
    StoredReceipt,
    case_id,
    opened,
)
from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.core.text import clean
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.events import describe
from gpd_soap.store.events import write as events
from gpd_soap.store.receipts import handling, worklist
from gpd_soap.store.receipts.handling import Opening
from gpd_soap.store.receipts.of_notice import NoticeReceipt
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.casework.decide import LONGEST_NOTE, By, is_readable
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.usecases.worklist import key_of, subject_of
from gpd_soap.validation.finding import FieldError

REFUSED: dict[NoCase, type[Refusal]] = {
    NoCase.HAS_ONE: refusals.HasCase,
    NoCase.DECIDED: refusals.CaseDecided,
    NoCase.NO_MONEY: refusals.NoMoney,
}


class Why(NamedTuple):
    """Why a case is opened: from a closed list, and a note that `other` needs."""

    cause: CaseCause
    note: str = ""


def open_case(
    database: Database,
    organization: str,
    reference: str,
    why: Why,
    by: By,
    record: Record = unrecorded,
) -> None:
    """Opens a case on a receipt of an organization.

    Raises Malformed, CaseNotFound, ReceiptErased, HasCase, CaseDecided or NoMoney.
    """
    key = key_of(reference)
    if key.variant is None:
        raise refusals.CaseNotFound
    errors = list(findings(why))
    if errors:
        raise refusals.Malformed(errors)

    def work(connection: Transaction) -> None:
        row = worklist.lock(connection, organization, key)
        case = worklist.read(connection, organization, key)
        if row is None or case is None:
            raise refusals.CaseNotFound
        begun = opened(stored_receipt(case), why.cause)
        if isinstance(begun, NoCase):
            raise REFUSED[begun]
        if row["forgotten_at"] is not None:
            raise refusals.ReceiptErased
        note = clean(why.note)
        opening = Opening(str(begun.status), begun.reasons, by.decided_at, by.name, note)
        handling.open_case(connection, organization, key, opening)
        _write_event(connection, case, key, why, by)
        record(connection, subject_of(key, case.nav), organization)

    in_transaction(database, work)


def findings(why: Why) -> Iterator[FieldError]:
    """Yields what is missing or wrong, before the database is read."""
    note = clean(why.note)
    if len(note) > LONGEST_NOTE:
        yield FieldError("note", "length", f"at most {LONGEST_NOTE} characters")
    if not is_readable(note):
        yield FieldError("note", "characters", "text without control characters")
    if why.cause is CaseCause.OTHER and not note:
        yield FieldError("note", "required", "why the money may have to go back")


def stored_receipt(receipt: Case | NoticeReceipt) -> StoredReceipt:
    """Returns what is stored of a receipt, as the decision wants it."""
    status = receipt.kind if isinstance(receipt, Case) else receipt.kept
    outcome = None if receipt.resolved_as is None else CaseOutcome(receipt.resolved_as)
    return StoredReceipt(
        ReceiptStatus(status), receipt.reasons, receipt.resolved_at is not None, outcome
    )


def _write_event(connection: Transaction, case: Case, key: CaseKey, why: Why, by: By) -> None:
    [notice] = worklist.notices(connection, case.organization, [case])
    subject = case.name if notice is None else notice.iupd
    event = describe.opened(case.organization, subject, case_id(key), by.actor, why.cause)
    events.write(connection, [event._replace(nav=case.nav)])
