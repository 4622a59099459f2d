"""paForNode, the six things that the Node asks: the program's table of contents."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from spyne import Service, rpc

from gpd_soap.core.faults import SYSTEM_ERROR, PaaFault, Refusal
from gpd_soap.soap import models
from gpd_soap.soap import requests as hear
from gpd_soap.soap.protocol import RECEIPTS, BrokenAnswer, Unavailable
from gpd_soap.soap.responses import Outcome, say
from gpd_soap.usecases.node import NodeService

log = logging.getLogger("gpd_soap.node")


def operation(request: Any, response: Any) -> Callable[[Any], Any]:
    """Declare a primitive: document/literal, under the contract's own element names."""
    declare: Callable[[Any], Any] = rpc(
        request,
        _returns=response,
        _body_style="bare",
        _in_message_name=f"{{{models.NAMESPACE}}}{request.get_type_name()}",
        _out_message_name=f"{{{models.NAMESPACE}}}{response.get_type_name()}",
    )
    return declare


class PaForNode(Service):
    """The creditor institution's service.  Each method hears a request and asks the desk."""

    @operation(models.PaVerifyPaymentNoticeReq, models.PaVerifyPaymentNoticeRes)
    def paVerifyPaymentNotice(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Is this notice payable, and how much is it now?"""
        return _desk(ctx).verify(hear.ask(request))

    @operation(models.PaGetPaymentReq, models.PaGetPaymentRes)
    def paGetPayment(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Give me the payment of this notice."""
        return _desk(ctx).payment(hear.ask(request), request.transferType, stamps=False)

    @operation(models.PaGetPaymentV2Request, models.PaGetPaymentV2Response)
    def paGetPaymentV2(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Give me the payment of this notice, stamps and all."""
        return _desk(ctx).payment(hear.ask(request), request.transferType, stamps=True)

    @operation(models.PaSendRTReq, models.PaSendRTRes)
    def paSendRT(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Here is a receipt."""
        return _settle(ctx, request)

    @operation(models.PaSendRTV2Request, models.PaSendRTV2Response)
    def paSendRTV2(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Here is a receipt, of the second form."""
        return _settle(ctx, request)

    @operation(models.PaDemandPaymentNoticeRequest, models.PaDemandPaymentNoticeResponse)
    def paDemandPaymentNotice(ctx: Any, request: Any) -> Outcome:  # noqa: N805  # Spyne's way
        """Make me a notice for this service."""
        return _desk(ctx).demand(hear.demand(request))

    @classmethod
    def call_wrapper(cls, ctx: Any, args: Any = None) -> None:
        """Answer, whatever happens: the one owner of what we say when we failed (DESIGN 3)."""
        try:
            _answer(ctx, _outcome(ctx))
        except Exception as failure:
            log.exception("%s failed: %s", ctx.udc.operation, _told(failure))  # noqa: TRY401  # may say less
            ctx.udc.refused(SYSTEM_ERROR)
            if ctx.udc.operation in RECEIPTS:
                raise Unavailable from None
            _answer(ctx, SYSTEM_ERROR)


def _desk(ctx: Any) -> NodeService:
    """Who decides: what Spyne's application was configured with."""
    desk: NodeService = ctx.app.config
    return desk


def _settle(ctx: Any, request: Any) -> Outcome:
    receipt = hear.receipt(request, ctx.udc.content)
    return _desk(ctx).accept_receipt(receipt, ctx.udc.operation, ctx.udc.raw)


def _outcome(ctx: Any) -> Outcome:
    if ctx.udc.violation is not None:
        return _broken(ctx)
    outcome: Outcome = ctx.function(ctx, *ctx.in_object)
    return outcome


def _broken(ctx: Any) -> Refusal:
    """A message that breaks the contract; where it came as a receipt it is kept all the same."""
    violation = ctx.udc.violation
    rule = f"contract: {violation.element}, {violation.rule}"
    if ctx.udc.operation in RECEIPTS:
        organization = ctx.udc.organization
        _desk(ctx).quarantine(organization, ctx.udc.operation, rule, ctx.udc.raw)
    return Refusal(PaaFault.PAA_SINTASSI_XSD, violation.description, rule)


def _answer(ctx: Any, outcome: Outcome) -> None:
    if isinstance(outcome, Refusal):
        ctx.udc.refused(outcome)
    else:
        ctx.udc.outcome, ctx.udc.rule = "OK", outcome.rule
    answer = say(outcome, ctx.descriptor.out_message, ctx.udc.organization)
    # WHY: Spyne leaves alone what is bytes already.
    ctx.out_string = [ctx.app.out_protocol.answer_of(answer, ctx.udc.operation)]


def _told(failure: Exception) -> str:
    """What may be said of a failure: our own words, or only its kind."""
    return str(failure) if isinstance(failure, BrokenAnswer) else type(failure).__name__
