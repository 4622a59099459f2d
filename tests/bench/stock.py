"""Stock Spyne: `Soap11` with its own lxml validator, its own models, constructor and serializer.

Two of its limits are worked around.  The schema that it makes of models refuses the official
request (children carry no namespace), so the official schema replaces it.  Its models are made from
the declarations of gpd_soap's models, with Spyne's own constructor and decimals.
"""

import decimal
from functools import cache
from typing import Any

from lxml import etree
from spyne import Application, ComplexModel, Decimal, Service, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from gpd_soap.contract.documents import contract_folder
from gpd_soap.core import rome
from gpd_soap.soap import models
from gpd_soap.wsgi.http import Wsgi
from tests.bench.floor import SCHEMA
from tests.bench.queries import NoticeQuery, Queries

ATTRIBUTES = ("min_occurs", "max_occurs", "nillable", "sub_ns", "sub_name")


@cache
def plain(model: Any) -> Any:
    """Return a model as a user of plain Spyne would declare it."""
    members = model.get_flat_type_info(model).items()
    return ComplexModel.produce(
        model.get_namespace(), model.get_type_name(), [(n, _member(kind)) for n, kind in members]
    )


def _member(kind: Any) -> Any:
    if issubclass(kind, ComplexModel):
        base = plain(kind.__orig__ or kind)
    elif issubclass(kind, models.Amount):
        base = Decimal(str_format="{0:.2f}")
    else:
        return kind
    return base.customize(**{name: getattr(kind.Attributes, name) for name in ATTRIBUTES})


def operation(request: Any, response: Any) -> Any:
    """Return the declaration of a primitive: document/literal, with the contract's elements."""
    return rpc(
        plain(request),
        _returns=plain(response),
        _body_style="bare",
        _in_message_name=f"{{{models.NAMESPACE}}}{request.get_type_name()}",
        _out_message_name=f"{{{models.NAMESPACE}}}{response.get_type_name()}",
    )


class PaForNode(Service):
    """The three primitives that are measured."""

    @operation(models.PaVerifyPaymentNoticeReq, models.PaVerifyPaymentNoticeRes)
    def paVerifyPaymentNotice(ctx: Any, request: Any) -> Any:
        """Answer the amount due on a notice."""
        amount, due_at, description, company, all_ccp = ctx.app.config.verify(_query_of(request))
        option = plain(models.PaymentOptionDescription)(
            amount=_euro(amount), options="EQ", dueDate=rome.day_of(due_at),
            detailDescription=description, allCCP=all_ccp,
        )  # fmt: skip
        return plain(models.PaVerifyPaymentNoticeRes)(
            outcome="OK",
            paymentList=plain(models.PaymentOptionsDescriptionList)(
                paymentOptionDescription=option
            ),
            paymentDescription=description, fiscalCodePA=request.idPA, companyName=company,
        )  # fmt: skip

    @operation(models.PaGetPaymentV2Request, models.PaGetPaymentV2Response)
    def paGetPaymentV2(ctx: Any, request: Any) -> Any:
        """Answer the payment of a notice."""
        rows = ctx.app.config.payment(_query_of(request))
        iuv, amount, due_at, description, company, kind, code, debtor = rows[0][:8]
        identifier = plain(models.EntityUniqueIdentifier)(
            entityUniqueIdentifierType=kind, entityUniqueIdentifierValue=code
        )
        data = plain(models.PaymentV2)(
            creditorReferenceId=iuv, paymentAmount=_euro(amount), dueDate=rome.day_of(due_at),
            description=description, companyName=company,
            debtor=plain(models.Subject)(uniqueIdentifier=identifier, fullName=debtor),
            transferList=plain(models.TransferListV2)(transfer=[_transfer(*r[8:]) for r in rows]),
        )  # fmt: skip
        return plain(models.PaGetPaymentV2Response)(outcome="OK", data=data)

    @operation(models.PaSendRTV2Request, models.PaSendRTV2Response)
    def paSendRTV2(ctx: Any, request: Any) -> Any:
        """Store a receipt."""
        # LIMIT: Spyne has dropped the received bytes by now, so they are serialized again.
        ctx.app.config.store_receipt(ctx.in_body_doc, etree.tostring(ctx.in_document))
        return plain(models.PaSendRTV2Response)(outcome="OK")


def application(address: str) -> Wsgi:
    """Return the WSGI application over this database."""
    made = Application(
        [PaForNode],
        tns=models.NAMESPACE,
        name="paForNodeService",
        in_protocol=Soap11(validator="lxml"),
        out_protocol=Soap11(),
        config=Queries(address),
    )
    endpoint: Wsgi = WsgiApplication(made)
    official = etree.XMLSchema(file=str(contract_folder() / SCHEMA))
    made.in_protocol.validation_schema = official
    return endpoint


def _transfer(*row: Any) -> Any:
    number, amount, beneficiary, company, iban, information, category = row
    return plain(models.TransferV2)(
        idTransfer=number, transferAmount=_euro(amount), fiscalCodePA=beneficiary,
        companyName=company, IBAN=iban, remittanceInformation=information,
        transferCategory=category,
    )  # fmt: skip


def _query_of(request: Any) -> NoticeQuery:
    return NoticeQuery(
        request.idBrokerPA, request.idStation, request.idPA, request.qrCode.noticeNumber
    )


def _euro(cents: int) -> decimal.Decimal:
    return decimal.Decimal(cents) / 100
