"""paForNode: the six operations that the Node calls."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from spyne import Service, rpc

from gpd_soap.core.faults import SYSTEM_ERROR, PaaFault, Refusal
from gpd_soap.soap import models, requests, stored
from gpd_soap.soap.protocol import RECEIPTS, BrokenAnswer, Unavailable
from gpd_soap.soap.responses import Outcome, to_response
from gpd_soap.usecases.node import NodeService

logger = logging.getLogger("gpd_soap.node")


def operation(request: Any, response: Any) -> Callable[[Any], Any]:
    """Return the decorator of an operation: document/literal, with the contract's element names."""
    declare: Callable[[Any], Any] = rpc(
        request,
        _returns=response,
        _body_style="bare",
        _in_message_name=f"{{{models.NAMESPACE}}}{request.get_type_name()}",
        _out_message_name=f"{{{models.NAMESPACE}}}{response.get_type_name()}",
    )
    return declare


class PaForNode(Service):
    """The service of a creditor institution: each method answers one operation."""

    @operation(models.PaVerifyPaymentNoticeReq, models.PaVerifyPaymentNoticeRes)
    def paVerifyPaymentNotice(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Answer whether a notice is payable, and its amount."""
        return _service(ctx).verify(requests.notice_query(request))

    @operation(models.PaGetPaymentReq, models.PaGetPaymentRes)
    def paGetPayment(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Answer with the payment of a notice."""
        return _service(ctx).payment(
            requests.notice_query(request), request.transferType, stamps=False
        )

    @operation(models.PaGetPaymentV2Request, models.PaGetPaymentV2Response)
    def paGetPaymentV2(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Answer with the payment of a notice, which may have revenue stamps."""
        return _service(ctx).payment(
            requests.notice_query(request), request.transferType, stamps=True
        )

    @operation(models.PaSendRTReq, models.PaSendRTRes)
    def paSendRT(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Accept a receipt."""
        return _accept_receipt(ctx, request)

    @operation(models.PaSendRTV2Request, models.PaSendRTV2Response)
    def paSendRTV2(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Accept a receipt of the second version."""
        return _accept_receipt(ctx, request)

    @operation(models.PaDemandPaymentNoticeRequest, models.PaDemandPaymentNoticeResponse)
    def paDemandPaymentNotice(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Issue a notice for a spontaneous payment."""
        return _service(ctx).demand(requests.demand(request))

    @classmethod
    def call_wrapper(cls, ctx: Any, args: Any = None) -> None:
        """Answer a request; a failure becomes an answer here alone (Messages, rule 5)."""
        try:
            _answer(ctx, _outcome(ctx))
        except Exception as failure:
            logger.exception("%s failed: %s", ctx.udc.operation, _loggable(failure))  # noqa: TRY401  # may hide the text
            ctx.udc.refuse(SYSTEM_ERROR)
            if ctx.udc.operation in RECEIPTS:
                raise Unavailable from None
            _answer(ctx, SYSTEM_ERROR)


def _service(ctx: Any) -> NodeService:
    """Return the service that the Spyne application was configured with."""
    service: NodeService = ctx.app.config
    return service


def _accept_receipt(ctx: Any, request: Any) -> Outcome:
    exchange = ctx.udc
    receipt = requests.receipt(request, exchange.content, exchange.unreadable)
    return _service(ctx).accept_receipt(
        receipt, exchange.operation, exchange.raw, exchange.charset, stored.content
    )


def _outcome(ctx: Any) -> Outcome:
    if ctx.udc.violation is not None:
        return _refuse_invalid(ctx)
    outcome: Outcome = ctx.function(ctx, *ctx.in_object)
    return outcome


def _refuse_invalid(ctx: Any) -> Refusal:
    """Refuse a message that breaks the contract; quarantine it if it was sent as a receipt."""
    exchange, violation = ctx.udc, ctx.udc.violation
    rule = f"contract: {violation.subject}, {violation.rule}"
    if exchange.operation in RECEIPTS:
        _service(ctx).quarantine(
            exchange.organization, exchange.operation, rule, exchange.raw, exchange.charset
        )
    return Refusal(PaaFault.PAA_SINTASSI_XSD, violation.description, rule)


def _answer(ctx: Any, outcome: Outcome) -> None:
    if isinstance(outcome, Refusal):
        ctx.udc.refuse(outcome)
    else:
        ctx.udc.outcome, ctx.udc.rule = "OK", outcome.rule
    answer = to_response(outcome, ctx.descriptor.out_message, ctx.udc.organization)
    # WHY: Spyne does not serialize an answer that is bytes already.
    ctx.out_string = [ctx.app.out_protocol.serialize_answer(answer, ctx.udc.operation)]


def _loggable(failure: Exception) -> str:
    """Return our own text of a failure, or only its type, because its text may hold values."""
    return str(failure) if isinstance(failure, BrokenAnswer) else type(failure).__name__
