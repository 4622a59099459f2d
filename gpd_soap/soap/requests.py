"""From the contract's words to ours: what a request asks, whichever version asks it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.demand import Demand
from gpd_soap.core.receipt import Receipt, receipt_key
from gpd_soap.usecases.node import NoticeQuery


def claim(request: Any) -> NodeRoute:
    """Who is asked, and through whom."""
    return NodeRoute(request.idPA, request.idBrokerPA, request.idStation)


def ask(request: Any) -> NoticeQuery:
    """A question about one notice."""
    return NoticeQuery(claim(request), request.qrCode.fiscalCode, request.qrCode.noticeNumber)


def demand(request: Any) -> Demand:
    """A request for a notice."""
    return Demand(
        claim(request),
        request.idServizio,
        request.idSoggettoServizio,
        request.datiSpecificiServizioRequest,
    )


def receipt(request: Any, content: Iterable[str]) -> Receipt:
    """A receipt, V1 or V2, with the digest of its content."""
    sent = request.receipt
    paid_at: datetime | None = sent.paymentDateTime
    return Receipt(
        claim=claim(request),
        receipt_id=receipt_key(sent.receiptId),
        digest=digest(content),
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


def digest(content: Iterable[str]) -> str:
    """The name of a receipt's content: the same for every prefix, indent, comment and encoding.

    `content` is what `codec.reader` tells: all that the contract has.
    """
    return hashlib.sha256("".join(content).encode()).hexdigest()
