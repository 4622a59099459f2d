"""Messages of the Node about the demo's notices; whoever pays, and with whom, is invented."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from xml.sax.saxutils import escape

from gpd_soap.core import money, rome
from gpd_soap.core.debt import NodeRoute, Notice, Transfer
from gpd_soap.core.position import NewOption
from gpd_soap.soap import models

ENVELOPE = f"""<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:paf="{models.NAMESPACE}"><soapenv:Body><paf:{{name}}>
<idPA>{{route.organization}}</idPA><idBrokerPA>{{route.broker}}</idBrokerPA>
<idStation>{{route.station}}</idStation>
{{content}}</paf:{{name}}></soapenv:Body></soapenv:Envelope>
"""
QR_CODE = """<qrCode><fiscalCode>{organization}</fiscalCode><noticeNumber>{nav}</noticeNumber>
</qrCode>"""
RECEIPT = """<receipt><receiptId>{paid.receipt_id}</receiptId><noticeNumber>{nav}</noticeNumber>
<fiscalCode>{organization}</fiscalCode><outcome>OK</outcome>
<creditorReferenceId>{iuv}</creditorReferenceId><paymentAmount>{amount}</paymentAmount>
<description>{description}</description><companyName>{company}</companyName>
<debtor><uniqueIdentifier><entityUniqueIdentifierType>F</entityUniqueIdentifierType>
<entityUniqueIdentifierValue>{paid.code}</entityUniqueIdentifierValue></uniqueIdentifier>
<fullName>{paid.payer}</fullName></debtor>
<transferList>{transfers}</transferList>
<idPSP>PSPINVENTATO</idPSP><PSPCompanyName>{paid.psp}</PSPCompanyName>
<idChannel>00000000000_01</idChannel><channelDescription>{paid.channel}</channelDescription>
<payer><uniqueIdentifier><entityUniqueIdentifierType>F</entityUniqueIdentifierType>
<entityUniqueIdentifierValue>{by[0]}</entityUniqueIdentifierValue></uniqueIdentifier>
<fullName>{by[1]}</fullName></payer>
<paymentMethod>{paid.method}</paymentMethod><fee>{fee}</fee>
<paymentDateTime>{paid_at}</paymentDateTime></receipt>
"""
TRANSFER = """<transfer><idTransfer>{transfer.number}</idTransfer>
<transferAmount>{amount}</transferAmount><fiscalCodePA>{transfer.organization}</fiscalCodePA>
<IBAN>{transfer.iban}</IBAN>
<remittanceInformation>{transfer.remittance_information}</remittanceInformation>
<transferCategory>{transfer.category}</transferCategory></transfer>"""


class Paid(NamedTuple):
    """A payment; `amount` and `fee` are in cents, and the amount is the notice's if it is None.

    `by` is who paid, the code and the name; without it the debtor did.
    """

    receipt_id: str
    paid_at: datetime
    psp: str = "Prestatore Inventato"
    method: str = "cash"
    fee: int = 150
    amount: int | None = None
    code: str = "RSSMRA00A01A000K"
    payer: str = "Maria Esempio"
    channel: str = "Sportello inventato"
    by: tuple[str, str] | None = None


def verify(route: NodeRoute, nav: str) -> bytes:
    """Return the message that asks whether a notice can be paid."""
    return _enveloped("paVerifyPaymentNoticeReq", route, _qr_code(route, nav))


def get_payment(route: NodeRoute, nav: str) -> bytes:
    """Return the message that asks for the payment data of a notice."""
    return _enveloped("paGetPaymentV2Request", route, _qr_code(route, nav))


def receipt(route: NodeRoute, company: str, option: NewOption | Notice, paid: Paid) -> bytes:
    """Return the receipt of the payment of a notice."""
    amount = option.amount if paid.amount is None else paid.amount
    transfers = [_transfer(each, amount, option) for each in option.transfers]
    content = RECEIPT.format(
        organization=route.organization,
        nav=option.nav,
        iuv=option.iuv,
        amount=money.to_wire(amount),
        description=escape(option.description),
        company=escape(company),
        fee=money.to_wire(paid.fee),
        paid_at=rome.to_wire_datetime(paid.paid_at),
        transfers="".join(transfers),
        paid=paid,
        by=paid.by or (paid.code, paid.payer),
    )
    return _enveloped("paSendRTV2Request", route, content)


def _transfer(transfer: Transfer, paid: int, option: NewOption | Notice) -> str:
    """Return a transfer of a receipt; the first one takes what differs from the notice."""
    more = paid - option.amount if transfer.number == 1 else 0
    return TRANSFER.format(transfer=transfer, amount=money.to_wire(transfer.amount + more))


def _qr_code(route: NodeRoute, nav: str) -> str:
    return QR_CODE.format(organization=route.organization, nav=nav)


def _enveloped(name: str, route: NodeRoute, content: str) -> bytes:
    return ENVELOPE.format(name=name, route=route, content=content).encode()
