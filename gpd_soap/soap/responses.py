"""From our words to the contract's: every answer, V1 and V2, and every refusal."""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never

from gpd_soap.core import rome
from gpd_soap.core.debt import Debtor, Metadata, Stamp
from gpd_soap.core.demand import NoticeIssued
from gpd_soap.core.faults import Refusal
from gpd_soap.core.payment import NoticeDue, PaymentDue, PaymentTransfer
from gpd_soap.soap import models
from gpd_soap.usecases.node import ReceiptAccepted

#: The models of a payment, its list of transfers and a transfer, as each version has them.
FIRST = models.PaymentV1, models.TransferListV1, models.TransferV1
SECOND = models.PaymentV2, models.TransferListV2, models.TransferV2

Outcome: TypeAlias = NoticeDue | NoticeIssued | PaymentDue | ReceiptAccepted | Refusal


def say(outcome: Outcome, response: Any, organization: str) -> Any:
    """The `response` model that says an outcome; `organization` signs a refusal."""
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


def refusal(no: Refusal, response: Any, organization: str) -> Any:
    """A typed KO; `id` is who refuses, the organization that was asked (DESIGN 3)."""
    fault = models.FaultBean(
        faultCode=no.fault.code,
        faultString=no.fault.value,
        id=organization,
        description=no.description,
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


def _share(share: PaymentTransfer, kind: Any) -> Any:
    """One transfer; of the company and the stamp V1 has no members, and writes none."""
    transfer = share.transfer
    return kind(
        idTransfer=transfer.number,
        transferAmount=transfer.amount,
        fiscalCodePA=transfer.organization,
        companyName=transfer.company_name,
        IBAN=share.iban,
        richiestaMarcaDaBollo=share.stamp and _stamp(share.stamp),
        remittanceInformation=transfer.remittance_information,
        transferCategory=transfer.category,
        metadata=_metadata(share.metadata),
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
