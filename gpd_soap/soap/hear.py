"""From the contract's words to ours: what a request asks, whichever version asks it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from lxml import etree

from gpd_soap.core.debt import Claim
from gpd_soap.core.demand import Demand
from gpd_soap.core.receipt import Receipt, bounded
from gpd_soap.desk import Ask


def claim(request: Any) -> Claim:
    """Who is asked, and through whom."""
    return Claim(request.idPA, request.idBrokerPA, request.idStation)


def ask(request: Any) -> Ask:
    """A question about one notice."""
    return Ask(claim(request), request.qrCode.fiscalCode, request.qrCode.noticeNumber)


def demand(request: Any) -> Demand:
    """A request for a notice."""
    return Demand(
        claim(request),
        request.idServizio,
        request.idSoggettoServizio,
        request.datiSpecificiServizioRequest,
    )


def receipt(request: Any, payload: etree._Element) -> Receipt:
    """A receipt, V1 or V2, with the digest of its content."""
    sent = request.receipt
    paid_at: datetime | None = sent.paymentDateTime
    return Receipt(
        claim=claim(request),
        receipt_id=bounded(sent.receiptId),
        digest=digest(payload),
        issuer=sent.fiscalCode,
        nav=sent.noticeNumber,
        iuv=sent.creditorReferenceId,
        outcome=sent.outcome,
        amount=sent.paymentAmount,
        psp=sent.idPSP,
        psp_name=sent.PSPCompanyName,
        psp_fiscal_code=sent.pspFiscalCode,
        channel=sent.idChannel,
        method=sent.paymentMethod,
        fee=sent.fee,
        paid_at=paid_at,
        stand_in=bool(sent.standIn),
        debtor_code=sent.debtor.uniqueIdentifier.entityUniqueIdentifierValue,
    )


def digest(payload: etree._Element) -> str:
    """The name of a payload's content: the same for every prefix, indent, comment and encoding.

    Element names and the text of leaves in document order, which is all that the contract has.
    """
    said: list[str] = []
    _tell(payload, said.append)
    return hashlib.sha256("".join(said).encode()).hexdigest()


def _tell(element: etree._Element, say: Callable[[str], object]) -> None:
    # WHY: XML text cannot contain these control characters, so no value can imitate structure.
    say(f"\x1e{element.tag!s}\x1f")
    for child in element:
        if len(child):
            _tell(child, say)
        else:
            say(f"\x1e{child.tag!s}\x1f{child.text or ''}\x1d")
    say("\x1d")
