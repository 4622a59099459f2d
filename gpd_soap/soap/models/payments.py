"""The requests and responses of verify, getPayment and demand."""

from __future__ import annotations

from spyne import Boolean, ByteArray, Date, DateTime, Integer, Unicode

from gpd_soap.soap.models.base import COMMON, Amount, Model, many, opt, req
from gpd_soap.soap.models.shared import (
    Metadata,
    PaymentOptionsDescriptionList,
    QrCode,
    Question,
    Response,
    Subject,
    TransferListV1,
)


class PaVerifyPaymentNoticeReq(Question):
    """The request whether a notice is payable, and with which amount."""

    __type_name__ = "paVerifyPaymentNoticeReq"
    qrCode = req(QrCode)


class PaVerifyPaymentNoticeRes(Response):
    """The answer to paVerifyPaymentNotice."""

    __type_name__ = "paVerifyPaymentNoticeRes"
    paymentList = opt(PaymentOptionsDescriptionList)
    paymentDescription = opt(Unicode)
    fiscalCodePA = opt(Unicode)
    companyName = opt(Unicode)
    officeName = opt(Unicode)


class PaGetPaymentReq(Question):
    """The request for the payment of a notice."""

    __type_name__ = "paGetPaymentReq"
    qrCode = req(QrCode)
    amount = opt(Amount)
    paymentNote = opt(Unicode)
    transferType = opt(Unicode)
    dueDate = opt(Date)


class PaGetPaymentV2Request(Question):
    """The same request; its answer may carry stamps."""

    __type_name__ = "paGetPaymentV2Request"
    qrCode = req(QrCode)
    amount = opt(Amount)
    paymentNote = opt(Unicode)
    transferType = opt(Unicode)
    dueDate = opt(Date)


class StampRequest(Model):
    """A digital revenue stamp to be bought; the hash stays the base64 text that it was given as."""

    __type_name__, __namespace__ = "ctRichiestaMarcaDaBollo", COMMON
    hashDocumento = req(Unicode)
    tipoBollo = req(Unicode)
    provinciaResidenza = req(Unicode)


class TransferV2(Model):
    """One transfer of a payment, to an account or for a stamp."""

    __type_name__ = "ctTransferPAV2"
    idTransfer = req(Integer)
    transferAmount = req(Amount)
    fiscalCodePA = req(Unicode)
    companyName = opt(Unicode)
    IBAN = opt(Unicode)
    richiestaMarcaDaBollo = opt(StampRequest)
    remittanceInformation = req(Unicode)
    transferCategory = req(Unicode)
    metadata = opt(Metadata)


class TransferListV2(Model):
    """One to five transfers."""

    __type_name__ = "ctTransferListPAV2"
    transfer = many(TransferV2, 5)


class PaymentV1(Model):
    """The data of a payment."""

    __type_name__ = "ctPaymentPA"
    creditorReferenceId = req(Unicode)
    paymentAmount = req(Amount)
    dueDate = req(Date)
    retentionDate = opt(DateTime)
    lastPayment = opt(Boolean)
    description = req(Unicode)
    companyName = opt(Unicode)
    officeName = opt(Unicode)
    debtor = req(Subject)
    transferList = req(TransferListV1)
    metadata = opt(Metadata)


class PaymentV2(Model):
    """The data of a payment; companyName is mandatory."""

    __type_name__ = "ctPaymentPAV2"
    creditorReferenceId = req(Unicode)
    paymentAmount = req(Amount)
    dueDate = req(Date)
    retentionDate = opt(DateTime)
    lastPayment = opt(Boolean)
    description = req(Unicode)
    companyName = req(Unicode)
    officeName = opt(Unicode)
    debtor = req(Subject)
    transferList = req(TransferListV2)
    metadata = opt(Metadata)


class PaGetPaymentRes(Response):
    """The answer to paGetPayment."""

    __type_name__ = "paGetPaymentRes"
    data = opt(PaymentV1)


class PaGetPaymentV2Response(Response):
    """The answer to paGetPaymentV2."""

    __type_name__ = "paGetPaymentV2Response"
    data = opt(PaymentV2)


class PaDemandPaymentNoticeRequest(Question):
    """The request to issue a notice for a service, from the service's own data."""

    __type_name__ = "paDemandPaymentNoticeRequest"
    idServizio = req(Unicode)
    idSoggettoServizio = req(Unicode)
    datiSpecificiServizioRequest = req(ByteArray)


class PaDemandPaymentNoticeResponse(Response):
    """The answer to paDemandPaymentNotice."""

    __type_name__ = "paDemandPaymentNoticeResponse"
    qrCode = opt(QrCode)
    paymentList = opt(PaymentOptionsDescriptionList)
    paymentDescription = opt(Unicode)
    fiscalCodePA = opt(Unicode)
    companyName = opt(Unicode)
    officeName = opt(Unicode)
