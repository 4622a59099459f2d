"""Builds the receipt of a payment as the Node writes it; PSP, channel and stamps are invented."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from lxml import etree

from gpd_soap.core import money, rome
from gpd_soap.simulator.request import Addressee, Payment
from gpd_soap.soap import codec, models

FEE = 150

PSP_CODE, PSP_NAME = "00000000000", "Prestatore Inventato S.p.A."
PSP = {
    "idPSP": "PSPINVENTATO",
    "pspFiscalCode": PSP_CODE,
    "pspPartitaIVA": PSP_CODE,
    "PSPCompanyName": PSP_NAME,
    "idChannel": f"{PSP_CODE}_01",
    "channelDescription": "Sportello inventato",
}

STAMP = "http://www.agenziaentrate.gov.it/2014/MarcaDaBollo"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

Words = dict[str, Any]


def receipt(
    offered: models.PaymentV1 | models.PaymentV2,
    company: str,
    addressee: Addressee,
    nav: str,
    payment: Payment,
) -> Words:
    """Return the receipt of paSendRT or paSendRTV2 for the payment data of an answer.

    `company` is the company name of the answer to verify, because paGetPayment need not have it.
    """
    debtor = words(offered.debtor)
    day = rome.day_of(payment.paid_at)
    optional = {"officeName": offered.officeName, "metadata": words(offered.metadata)}
    return {
        "receiptId": payment.receipt_id,
        "noticeNumber": nav,
        "fiscalCode": addressee.organization,
        "outcome": "OK",
        "creditorReferenceId": offered.creditorReferenceId,
        "paymentAmount": money.to_wire(offered.paymentAmount),
        "description": offered.description,
        "companyName": offered.companyName or company,
        "debtor": debtor,
        "transferList": {
            "transfer": [_transfer(t, payment) for t in offered.transferList.transfer]
        },
        **PSP,
        "payer": debtor,
        "paymentMethod": "cash",
        "fee": money.to_wire(FEE),
        "paymentDateTime": rome.to_wire_datetime(payment.paid_at),
        "applicationDate": day.isoformat(),
        "transferDate": _next(day).isoformat(),
        **{name: value for name, value in optional.items() if value},
    }


def words(model: models.Model | None) -> Words:
    """Return the members of a model, and of the models in it, under the contract's names."""
    if model is None:
        return {}
    members = ((tag, getattr(model, name)) for name, tag, _ in codec.members_of(type(model)))
    return {tag: _word(value) for tag, value in members if value is not None}


def _word(value: object) -> object:
    """Return a text, or a model or a list of models as dictionaries."""
    if isinstance(value, list):
        return [words(each) for each in value]
    return words(value) if isinstance(value, models.Model) else value


def _transfer(offered: models.TransferV1 | models.TransferV2, payment: Payment) -> Words:
    optional = {
        "companyName": getattr(offered, "companyName", None),
        "IBAN": offered.IBAN,
        "metadata": words(offered.metadata),
    }
    stamp_request = getattr(offered, "richiestaMarcaDaBollo", None)
    if stamp_request is not None:
        number = f"{payment.receipt_id}-{offered.idTransfer}"
        document = stamp(stamp_request, offered.transferAmount, number, payment.paid_at)
        optional["MBDAttachment"] = document
    return {
        "idTransfer": offered.idTransfer,
        "transferAmount": money.to_wire(offered.transferAmount),
        "fiscalCodePA": offered.fiscalCodePA,
        "remittanceInformation": offered.remittanceInformation,
        "transferCategory": offered.transferCategory,
        **{name: value for name, value in optional.items() if value},
    }


def stamp(request: models.StampRequest, cents: int, number: str, bought_at: datetime) -> bytes:
    """Return the digital stamp (marca da bollo) of a request.

    LIMIT: its signature is a placeholder, which no verification accepts.
    """
    root = etree.Element(f"{{{STAMP}}}marcaDaBollo", nsmap={None: STAMP, "ds": SIGNATURE})
    psp = etree.SubElement(root, f"{{{STAMP}}}PSP")
    _put(psp, STAMP, "CodiceFiscale", PSP_CODE)
    _put(psp, STAMP, "Denominazione", PSP_NAME)
    _put(root, STAMP, "IUBD", number)
    _put(root, STAMP, "OraAcquisto", rome.to_wire_datetime(bought_at))
    _put(root, STAMP, "Importo", money.to_wire(cents))
    _put(root, STAMP, "TipoBollo", request.tipoBollo)
    document = etree.SubElement(root, f"{{{STAMP}}}ImprontaDocumento")
    etree.SubElement(document, f"{{{STAMP}}}DigestMethod", Algorithm=SHA256)
    _put(document, SIGNATURE, "DigestValue", request.hashDocumento)
    signature = etree.SubElement(root, f"{{{SIGNATURE}}}Signature")
    _put(signature, SIGNATURE, "SignatureValue", "bm90IHNpZ25lZA==")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _put(parent: etree._Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _next(day: date) -> date:
    return day + timedelta(days=1)
