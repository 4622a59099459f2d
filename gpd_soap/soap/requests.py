"""Converts request models, of both versions, to values of the core."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gpd_soap.core.content import digest
from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.payment import Demand
from gpd_soap.core.receipt import PaidTransfer, Receipt, receipt_key
from gpd_soap.usecases.node import NoticeQuery


def node_route(request: Any) -> NodeRoute:
    """Return the organization, broker and station that a request names."""
    return NodeRoute(request.idPA, request.idBrokerPA, request.idStation)


def notice_query(request: Any) -> NoticeQuery:
    """Return the query about one notice of a verify or a getPayment."""
    return NoticeQuery(node_route(request), request.qrCode.fiscalCode, request.qrCode.noticeNumber)


def demand(request: Any) -> Demand:
    """Return the demand for a notice."""
    return Demand(
        node_route(request),
        request.idServizio,
        request.idSoggettoServizio,
        request.datiSpecificiServizioRequest,
    )


def receipt(request: Any, content: Sequence[str], unreadable: Sequence[str] = ()) -> Receipt:
    """Return a receipt, V1 or V2, with its content as `codec.reader` emits it."""
    sent = request.receipt
    paid_at: datetime | None = sent.paymentDateTime
    return Receipt(
        route=node_route(request),
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
        content=content,
        unreadable=tuple(unreadable),
        transfers=tuple(
            # WHY: for a few values a list costs less than a generator.
            [
                PaidTransfer(each.idTransfer, each.fiscalCodePA, each.transferAmount)
                for each in sent.transferList.transfer
            ]
        ),
    )
