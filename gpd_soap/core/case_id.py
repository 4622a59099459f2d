"""A case on the worklist: a receipt, or a message sent as a receipt that is not valid.

It has an id, and an outcome once a person has resolved it.  A person may open one on the receipt
of a paid notice (Receipts, rule 20).

An id is safe in a path, a file name and a command line, whatever the receiptId contains.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core.receipt import NEEDS_A_PERSON, OPENED, SEPARATOR, ReceiptStatus

#: The kind of a quarantined message; the kind of any other case is its receipt status.
QUARANTINE = "quarantine"
#: The kinds of the cases that wait for a person until they are resolved.
KINDS = (*map(str, NEEDS_A_PERSON), QUARANTINE)

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_RECEIPT = re.compile(
    rf"(?:(?P<plain>{_PLAIN.pattern})|~(?P<coded>[A-Za-z0-9_-]*))(?:\.(?P<variant>[1-9][0-9]{{0,8}}))?"
)
_QUARANTINED = re.compile(r"q\.(?P<digest>[0-9a-f]{64})")


class CaseOutcome(StrEnum):
    """What was decided on a case."""

    #: The money went back to the payer.
    REFUNDED = "refunded"
    #: The money must go back to the payer; another office does it.
    TO_REFUND = "to-refund"
    #: The money pays a notice that a person named.
    CREDITED = "credited"
    #: The receipt is right as it is stored.
    RIGHT = "right"
    #: The money is another's, who was informed.
    NOT_OURS = "not-ours"
    #: Another case is about the same money.
    DUPLICATE = "duplicate"


#: The outcomes after which the money of a receipt pays no notice that comes later: it went back to
#: its payer, is for another notice or for others, or is in another case.
SPENT = (
    CaseOutcome.REFUNDED,
    CaseOutcome.TO_REFUND,
    CaseOutcome.CREDITED,
    CaseOutcome.NOT_OURS,
    CaseOutcome.DUPLICATE,
)


class CaseKey(NamedTuple):
    """A receipt by receiptId and variant, or a quarantined message by digest, without variant."""

    name: str
    variant: int | None


def in_order(key: CaseKey) -> tuple[str, int]:
    """Return by what keys are sorted: the name, and a message before a receipt of its name."""
    return key.name, -1 if key.variant is None else key.variant


def case_id(key: CaseKey) -> str:
    """Return the id of a case; it is unique within an organization."""
    if key.variant is None:
        return f"q.{key.name}"
    plain = _PLAIN.fullmatch(key.name)
    name = key.name if plain else "~" + urlsafe_b64encode(key.name.encode()).decode().rstrip("=")
    return f"{name}.{key.variant}" if key.variant else name


def case_key(text: str) -> CaseKey | None:
    """Return the case that an id names, or None if `case_id` never writes this text."""
    quarantined = _QUARANTINED.fullmatch(text)
    if quarantined:
        return CaseKey(quarantined["digest"], None)
    match = _RECEIPT.fullmatch(text)
    if match is None:
        return None
    key = CaseKey(match["plain"] or _decoded(match["coded"]), int(match["variant"] or 0))
    # WHY: PostgreSQL cannot store NUL in a text, so no stored receiptId contains one.
    return key if case_id(key) == text and "\0" not in key.name else None


def _decoded(coded: str) -> str:
    try:
        return urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except ValueError:
        return ""


class CaseCause(StrEnum):
    """Why a person opens a case on the receipt of a paid notice."""

    #: The payer did not owe it.
    BY_MISTAKE = "paid-by-mistake"
    #: The notice asked for another amount than was due.
    WRONG_AMOUNT = "wrong-amount"
    #: The payer has paid it elsewhere too.
    ELSEWHERE = "paid-elsewhere"
    #: The note says why.
    OTHER = "other"


class NoCase(StrEnum):
    """Why no case is opened on a receipt."""

    #: The receipt has an open case, or a refund that is outstanding.
    HAS_ONE = "has-one"
    #: The decision on its case is final: the money went back, or pays something else.
    DECIDED = "decided"
    #: The receipt is of no money for the organization.
    NO_MONEY = "no-money"


class Opened(NamedTuple):
    """A receipt once its case is open: its status and its reasons."""

    status: ReceiptStatus
    reasons: str


class StoredReceipt(NamedTuple):
    """What is stored of a receipt; `outcome` is that of its case, if one is resolved."""

    status: ReceiptStatus
    reasons: str
    resolved: bool
    outcome: CaseOutcome | None


def opened(stored: StoredReceipt, cause: CaseCause) -> Opened | NoCase:
    """Returns what a receipt becomes when a person opens a case on it, or why none is opened.

    >>> opened(StoredReceipt(ReceiptStatus.APPLIED, "", False, None), CaseCause.OTHER)
    Opened(status=<ReceiptStatus.REVIEW: 'review'>, reasons='opened by a person: other')
    """
    refused = no_case(stored)
    if refused is not None:
        return refused
    earlier = [each for each in stored.reasons.split(SEPARATOR) if each]
    reasons = [*(each for each in earlier if not each.startswith(OPENED)), f"{OPENED}{cause}"]
    applied = stored.status is ReceiptStatus.APPLIED
    return Opened(ReceiptStatus.REVIEW if applied else stored.status, SEPARATOR.join(reasons))


def no_case(stored: StoredReceipt) -> NoCase | None:
    """Returns why no case is opened on a receipt, or None if one may be opened."""
    if stored.status in NEEDS_A_PERSON:
        if not stored.resolved or stored.outcome is CaseOutcome.TO_REFUND:
            return NoCase.HAS_ONE
        return NoCase.DECIDED if stored.outcome not in (None, CaseOutcome.RIGHT) else None
    return None if stored.status is ReceiptStatus.APPLIED else NoCase.NO_MONEY


def cause_in(reasons: str) -> CaseCause | None:
    """Returns why a person opened the case of a receipt with these reasons, or None.

    >>> cause_in("the amount differs; opened by a person: paid-elsewhere")
    <CaseCause.ELSEWHERE: 'paid-elsewhere'>
    """
    for each in reasons.split(SEPARATOR):
        if each.startswith(OPENED) and each.removeprefix(OPENED) in set(CaseCause):
            return CaseCause(each.removeprefix(OPENED))
    return None
