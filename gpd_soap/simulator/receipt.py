"""The receipt for a payment that was offered, as the Node writes it: dictionaries in, words out.

The PSP, its channel and its stamps are invented.
"""

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
    party: Addressee,
    nav: str,
    payment: Payment,
) -> Words:
    """The receipt of paSendRT or paSendRTV2, for the payment data of an answer.

    `company` is what verify said: an answer of V1 need not name it, and a receipt must.
    """
    debtor = words(offered.debtor)
    day = rome.day_of(payment.paid_at)
    optional = {"officeName": offered.officeName, "metadata": words(offered.metadata)}
    return {
        "receiptId": payment.receipt_id,
        "noticeNumber": nav,
        "fiscalCode": party.organization,
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
    """A model whose members are all text, or models of text, under the contract's names."""
    if model is None:
        return {}
    members = ((tag, getattr(model, name)) for name, tag, _ in codec.members_of(type(model)))
    return {tag: _word(value) for tag, value in members if value is not None}


def _word(value: object) -> object:
    """Text, a model, or a list of models, in words."""
    if isinstance(value, list):
        return [words(each) for each in value]
    return words(value) if isinstance(value, models.Model) else value


def _transfer(offered: models.TransferV1 | models.TransferV2, payment: Payment) -> Words:
    optional = {
        "companyName": getattr(offered, "companyName", None),
        "IBAN": offered.IBAN,
        "metadata": words(offered.metadata),
    }
    asked = getattr(offered, "richiestaMarcaDaBollo", None)
    if asked is not None:
        bought = f"{payment.receipt_id}-{offered.idTransfer}"
        stamped = stamp(asked, offered.transferAmount, bought, payment.paid_at)
        optional["MBDAttachment"] = stamped
    return {
        "idTransfer": offered.idTransfer,
        "transferAmount": money.to_wire(offered.transferAmount),
        "fiscalCodePA": offered.fiscalCodePA,
        "remittanceInformation": offered.remittanceInformation,
        "transferCategory": offered.transferCategory,
        **{name: value for name, value in optional.items() if value},
    }


def stamp(asked: models.StampRequest, cents: int, number: str, bought_at: datetime) -> bytes:
    """The digital stamp that was asked for.

    LIMIT: its signature is a placeholder; whoever verifies it must refuse it.
    """
    root = etree.Element(f"{{{STAMP}}}marcaDaBollo", nsmap={None: STAMP, "ds": SIGNATURE})
    psp = etree.SubElement(root, f"{{{STAMP}}}PSP")
    _put(psp, STAMP, "CodiceFiscale", PSP_CODE)
    _put(psp, STAMP, "Denominazione", PSP_NAME)
    _put(root, STAMP, "IUBD", number)
    _put(root, STAMP, "OraAcquisto", rome.to_wire_datetime(bought_at))
    _put(root, STAMP, "Importo", money.to_wire(cents))
    _put(root, STAMP, "TipoBollo", asked.tipoBollo)
    document = etree.SubElement(root, f"{{{STAMP}}}ImprontaDocumento")
    etree.SubElement(document, f"{{{STAMP}}}DigestMethod", Algorithm=SHA256)
    _put(document, SIGNATURE, "DigestValue", asked.hashDocumento)
    signature = etree.SubElement(root, f"{{{SIGNATURE}}}Signature")
    _put(signature, SIGNATURE, "SignatureValue", "bm90IHNpZ25lZA==")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _put(parent: etree._Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _next(day: date) -> date:
    return day + timedelta(days=1)
