"""Converts answers and refusals of the core to response models, of both versions."""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never

from gpd_soap.core import rome
from gpd_soap.core.debt import Debtor, Metadata, Stamp
from gpd_soap.core.faults import Refusal
from gpd_soap.core.payment import NoticeDue, NoticeIssued, PaymentDue, PaymentTransfer
from gpd_soap.soap import models
from gpd_soap.usecases.node import ReceiptAccepted

#: The models of a payment, its list of transfers and a transfer, in each version.
FIRST = models.PaymentV1, models.TransferListV1, models.TransferV1
SECOND = models.PaymentV2, models.TransferListV2, models.TransferV2

Outcome: TypeAlias = NoticeDue | NoticeIssued | PaymentDue | ReceiptAccepted | Refusal


def to_response(outcome: Outcome, response: Any, organization: str) -> Any:
    """Return an outcome as a `response` model; `organization` is the `id` of a refusal."""
    match outcome:
        case Refusal():
            return refusal(outcome, response, organization)
        case NoticeDue():
            return response(outcome="OK", **_described(outcome))
        case NoticeIssued():
            number = models.QrCode(
                fiscalCode=outcome.due.organization, noticeNumber=outcome.due.notice.nav
            )
            return response(outcome="OK", qrCode=number, **_described(outcome.due))
        case PaymentDue():
            return response(outcome="OK", data=_payment(outcome, response))
        case ReceiptAccepted():
            return response(outcome="OK")
        case _:
            assert_never(outcome)


def refusal(refused: Refusal, response: Any, organization: str) -> Any:
    """Return a typed KO; its `id` is the organization that was asked (Messages, rule 4)."""
    fault = models.FaultBean(
        faultCode=refused.fault.code,
        faultString=refused.fault.value,
        id=organization,
        description=refused.description,
    )
    return response(outcome="KO", fault=fault)


def _described(due: NoticeDue) -> dict[str, Any]:
    notice = due.notice
    option = models.PaymentOptionDescription(
        amount=notice.amount,
        options="EQ",
        dueDate=rome.day_of(notice.due_at),
        detailDescription=notice.description,
        allCCP=due.all_ccp,
    )
    return {
        "paymentList": models.PaymentOptionsDescriptionList(paymentOptionDescription=option),
        "paymentDescription": notice.description,
        "fiscalCodePA": due.organization,
        "companyName": notice.company_name,
        "officeName": notice.office_name,
    }


def _payment(payment: PaymentDue, response: Any) -> Any:
    first = issubclass(response, models.PaGetPaymentRes)
    kind, transfers, transfer = FIRST if first else SECOND
    notice = payment.notice
    return kind(
        creditorReferenceId=notice.iuv,
        paymentAmount=notice.amount,
        dueDate=rome.day_of(notice.due_at),
        retentionDate=notice.retention_at,
        lastPayment=notice.last_payment,
        description=notice.description,
        companyName=notice.company_name,
        officeName=notice.office_name,
        debtor=_subject(notice.debtor),
        transferList=transfers(transfer=[_transfer(each, transfer) for each in payment.transfers]),
        metadata=_metadata(notice.metadata),
    )


def _subject(debtor: Debtor) -> Any:
    return models.Subject(
        uniqueIdentifier=models.EntityUniqueIdentifier(
            entityUniqueIdentifierType=debtor.kind, entityUniqueIdentifierValue=debtor.code
        ),
        fullName=debtor.full_name,
        streetName=debtor.street_name,
        civicNumber=debtor.civic_number,
        postalCode=debtor.postal_code,
        city=debtor.city,
        stateProvinceRegion=debtor.province,
        country=debtor.country,
        email=debtor.email,
    )


def _transfer(payment: PaymentTransfer, kind: Any) -> Any:
    """Return one transfer; V1 has no members for company and stamp, and leaves them out."""
    transfer = payment.transfer
    return kind(
        idTransfer=transfer.number,
        transferAmount=transfer.amount,
        fiscalCodePA=transfer.organization,
        companyName=transfer.company_name,
        IBAN=payment.iban,
        richiestaMarcaDaBollo=payment.stamp and _stamp(payment.stamp),
        remittanceInformation=transfer.remittance_information,
        transferCategory=transfer.category,
        metadata=_metadata(payment.metadata),
    )


def _stamp(stamp: Stamp) -> Any:
    return models.StampRequest(
        hashDocumento=stamp.document_hash,
        tipoBollo=stamp.kind,
        provinciaResidenza=stamp.province,
    )


def _metadata(entries: Metadata) -> Any:
    if not entries:
        return None
    return models.Metadata(
        mapEntry=[models.MapEntry(key=key, value=value) for key, value in entries]
    )
