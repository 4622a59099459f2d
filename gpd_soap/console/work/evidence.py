"""What a stored message says beyond the columns: who paid, for whom, how, to which accounts."""

from __future__ import annotations

from typing import Any, NamedTuple

from gpd_soap.soap import stored
from gpd_soap.store.receipts.search import Document


class Person(NamedTuple):
    """A debtor or a payer, as a receipt names one."""

    name: str
    code: str


class Evidence(NamedTuple):
    """What a receipt says; `accounts` are those that were credited."""

    payer: Person | None
    debtor: Person | None
    description: str
    method: str | None
    channel: str | None
    accounts: tuple[str, ...]


def evidence_of(document: Document) -> Evidence | None:
    """Returns what a stored message says; None if it was erased."""
    # WHY: who erases by SQL may write NULL, or on SQLite a text.
    raw: Any = document.raw
    if not isinstance(raw, bytes) or not raw:
        return None
    try:
        receipt = stored.receipt(raw, document.digest)
    except ValueError:
        return None
    transfers = receipt.transferList.transfer if receipt.transferList else []
    return Evidence(
        _person(receipt.payer),
        _person(receipt.debtor),
        receipt.description or "",
        receipt.paymentMethod,
        receipt.channelDescription,
        tuple(dict.fromkeys(each.IBAN for each in transfers if each.IBAN)),
    )


def _person(subject: Any) -> Person | None:
    if subject is None or subject.uniqueIdentifier is None:
        return None
    identifier = subject.uniqueIdentifier.entityUniqueIdentifierValue
    return Person(subject.fullName or "", identifier or "")
