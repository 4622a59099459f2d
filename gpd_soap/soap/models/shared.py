"""The types that several operations share."""

from __future__ import annotations

from spyne import Boolean, Date, Integer, Unicode

from gpd_soap.soap.models.base import COMMON, Amount, Model, many, opt, req


class MapEntry(Model):
    """One entry of metadata."""

    __type_name__, __namespace__ = "ctMapEntry", COMMON
    key = req(Unicode)
    value = req(Unicode)


class Metadata(Model):
    """One to fifteen entries of metadata."""

    __type_name__, __namespace__ = "ctMetadata", COMMON
    mapEntry = many(MapEntry, 15)


class FaultBean(Model):
    """Why the outcome is KO; only the platform fills the original* members."""

    __type_name__, __namespace__ = "ctFaultBean", COMMON
    faultCode = req(Unicode)
    faultString = req(Unicode)
    id = req(Unicode)
    description = opt(Unicode)
    serial = opt(Integer)
    originalFaultCode = opt(Unicode)
    originalFaultString = opt(Unicode)
    originalDescription = opt(Unicode)


class Response(Model):
    """The members at the start of every response."""

    __type_name__, __namespace__ = "ctResponse", COMMON
    outcome = req(Unicode)
    fault = opt(FaultBean)


class QrCode(Model):
    """The content of a notice's QR code: the organization and the notice number."""

    __type_name__ = "ctQrCode"
    fiscalCode = req(Unicode)
    noticeNumber = req(Unicode)


class EntityUniqueIdentifier(Model):
    """A natural person (F) or a legal one (G) by fiscal code."""

    __type_name__ = "ctEntityUniqueIdentifier"
    entityUniqueIdentifierType = req(Unicode)
    entityUniqueIdentifierValue = req(Unicode)


class Subject(Model):
    """A debtor or a payer."""

    __type_name__ = "ctSubject"
    uniqueIdentifier = req(EntityUniqueIdentifier)
    fullName = req(Unicode)
    streetName = opt(Unicode)
    civicNumber = opt(Unicode)
    postalCode = opt(Unicode)
    city = opt(Unicode)
    stateProvinceRegion = opt(Unicode)
    country = opt(Unicode)
    email = opt(Unicode, sub_name="e-mail")


class Question(Model):
    """The organization, broker and station at the start of every request."""

    __type_name__ = "question"
    idPA = req(Unicode)
    idBrokerPA = req(Unicode)
    idStation = req(Unicode)


class PaymentOptionDescription(Model):
    """The amount that is due on a notice now."""

    __type_name__ = "ctPaymentOptionDescriptionPA"
    amount = req(Amount)
    options = req(Unicode)
    dueDate = opt(Date)
    detailDescription = opt(Unicode)
    allCCP = req(Boolean)


class PaymentOptionsDescriptionList(Model):
    """The list of options, of which the contract allows exactly one."""

    __type_name__ = "ctPaymentOptionsDescriptionListPA"
    paymentOptionDescription = req(PaymentOptionDescription)


class TransferV1(Model):
    """One transfer of a payment, to an account."""

    __type_name__ = "ctTransferPA"
    idTransfer = req(Integer)
    transferAmount = req(Amount)
    fiscalCodePA = req(Unicode)
    IBAN = req(Unicode)
    remittanceInformation = req(Unicode)
    transferCategory = req(Unicode)
    metadata = opt(Metadata)


class TransferListV1(Model):
    """One to five transfers."""

    __type_name__ = "ctTransferListPA"
    transfer = many(TransferV1, 5)
