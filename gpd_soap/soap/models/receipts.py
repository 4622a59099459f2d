"""The requests and responses of sendRT."""

from __future__ import annotations

from spyne import Boolean, ByteArray, Date, DateTime, Integer, Unicode

from gpd_soap.soap.models.base import Amount, Model, many, opt, req
from gpd_soap.soap.models.shared import Metadata, Question, Response, Subject, TransferListV1


class TransferReceiptV2(Model):
    """One transfer as it was paid, with the stamp if one was bought."""

    __type_name__ = "ctTransferPAReceiptV2"
    idTransfer = req(Integer)
    transferAmount = req(Amount)
    fiscalCodePA = req(Unicode)
    companyName = opt(Unicode)
    IBAN = opt(Unicode)
    MBDAttachment = opt(ByteArray)
    remittanceInformation = req(Unicode)
    transferCategory = req(Unicode)
    metadata = opt(Metadata)


class TransferListReceiptV2(Model):
    """One to five transfers."""

    __type_name__ = "ctTransferListPAReceiptV2"
    transfer = many(TransferReceiptV2, 5)


class ReceiptV1(Model):
    """A payment that was made."""

    __type_name__ = "ctReceipt"
    receiptId = req(Unicode)
    noticeNumber = req(Unicode)
    fiscalCode = req(Unicode)
    outcome = req(Unicode)
    creditorReferenceId = req(Unicode)
    paymentAmount = req(Amount)
    description = req(Unicode)
    companyName = req(Unicode)
    officeName = opt(Unicode)
    debtor = req(Subject)
    transferList = req(TransferListV1)
    idPSP = req(Unicode)
    pspFiscalCode = opt(Unicode)
    pspPartitaIVA = opt(Unicode)
    PSPCompanyName = req(Unicode)
    idChannel = req(Unicode)
    channelDescription = req(Unicode)
    payer = opt(Subject)
    paymentMethod = opt(Unicode)
    fee = opt(Amount)
    paymentDateTime = opt(DateTime)
    applicationDate = opt(Date)
    transferDate = opt(Date)
    metadata = opt(Metadata)
    standIn = opt(Boolean)


class ReceiptV2(Model):
    """A payment that was made, with the members for bundles and stamps."""

    __type_name__ = "ctReceiptV2"
    receiptId = req(Unicode)
    noticeNumber = req(Unicode)
    fiscalCode = req(Unicode)
    outcome = req(Unicode)
    creditorReferenceId = req(Unicode)
    paymentAmount = req(Amount)
    description = req(Unicode)
    companyName = req(Unicode)
    officeName = opt(Unicode)
    debtor = req(Subject)
    transferList = req(TransferListReceiptV2)
    idPSP = req(Unicode)
    pspFiscalCode = opt(Unicode)
    pspPartitaIVA = opt(Unicode)
    PSPCompanyName = req(Unicode)
    idChannel = req(Unicode)
    channelDescription = req(Unicode)
    payer = opt(Subject)
    paymentMethod = opt(Unicode)
    paymentNote = opt(Unicode)
    fee = opt(Amount)
    primaryCiIncurredFee = opt(Amount)
    idBundle = opt(Unicode)
    idCiBundle = opt(Unicode)
    paymentDateTime = opt(DateTime)
    applicationDate = opt(Date)
    transferDate = opt(Date)
    metadata = opt(Metadata)
    standIn = opt(Boolean)


class PaSendRTReq(Question):
    """The request to accept a receipt."""

    __type_name__ = "paSendRTReq"
    receipt = req(ReceiptV1)


class PaSendRTRes(Response):
    """The answer to paSendRT."""

    __type_name__ = "paSendRTRes"


class PaSendRTV2Request(Question):
    """The request to accept a receipt."""

    __type_name__ = "paSendRTV2Request"
    receipt = req(ReceiptV2)


class PaSendRTV2Response(Response):
    """The answer to paSendRTV2."""

    __type_name__ = "paSendRTV2Response"
