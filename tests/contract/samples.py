"""Messages that the contract allows, and an envelope for them."""

from __future__ import annotations

from lxml import etree

PA = "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

HEADER = (
    "<idPA>77777777777</idPA><idBrokerPA>77777777777</idBrokerPA>"
    "<idStation>77777777777_01</idStation>"
)
NOTICE = "<noticeNumber>301000000000000043</noticeNumber>"
CODE = "<fiscalCode>77777777777</fiscalCode>"
QR = f"<qrCode>{CODE}{NOTICE}</qrCode>"
VERIFY = HEADER + QR
GET = (
    VERIFY + "<amount>120.00</amount><paymentNote>nota</paymentNote>"
    "<transferType>POSTAL</transferType><dueDate>2026-03-31</dueDate>"
)
DEMAND = (
    HEADER + "<idServizio>00001</idServizio><idSoggettoServizio>00042</idSoggettoServizio>"
    "<datiSpecificiServizioRequest>PGEvPg==</datiSpecificiServizioRequest>"
)
SUBJECT = (
    "<uniqueIdentifier><entityUniqueIdentifierType>F</entityUniqueIdentifierType>"
    "<entityUniqueIdentifierValue>ANONIMO</entityUniqueIdentifierValue></uniqueIdentifier>"
    "<fullName>Anna Rossi</fullName><civicNumber>1</civicNumber><country>IT</country>"
    "<e-mail>anna@example.it</e-mail>"
)
METADATA = "<metadata><mapEntry><key>K</key><value>V</value></mapEntry></metadata>"
TRANSFER = (
    "<transfer><idTransfer>1</idTransfer><transferAmount>120.00</transferAmount>"
    "<fiscalCodePA>77777777777</fiscalCodePA><IBAN>IT60X0542811101000000123456</IBAN>"
    "<remittanceInformation>TARI</remittanceInformation>"
    f"<transferCategory>0101002IM</transferCategory>{METADATA}</transfer>"
)
RECEIPT = (
    f"<receipt><receiptId>r1</receiptId>{NOTICE}{CODE}<outcome>OK</outcome>"
    "<creditorReferenceId>01000000000000043</creditorReferenceId>"
    "<paymentAmount>120.00</paymentAmount><description>TARI</description>"
    f"<companyName>Comune</companyName><debtor>{SUBJECT}</debtor>"
    f"<transferList>{TRANSFER}</transferList><idPSP>PSP</idPSP>"
    "<pspPartitaIVA>01234567890</pspPartitaIVA><PSPCompanyName>Banca</PSPCompanyName>"
    "<idChannel>canale</idChannel><channelDescription>sportello</channelDescription>"
    "<paymentDateTime>2026-03-01T10:00:00</paymentDateTime><standIn>true</standIn></receipt>"
)
STAMP = "<MBDAttachment>PGEvPg==</MBDAttachment>"
IBAN = "<IBAN>IT60X0542811101000000123456</IBAN>"
FAULT = (
    "<fault><faultCode>PAA_SEMANTICA</faultCode><faultString>Errore semantico.</faultString>"
    "<id>77777777777</id></fault>"
)
VERIFY_ROOT, SEND_ROOT = "paVerifyPaymentNoticeReq", "paSendRTReq"
GOOD = {
    "paVerifyPaymentNoticeReq": VERIFY,
    "paGetPaymentReq": GET,
    "paGetPaymentV2Request": GET,
    "paSendRTReq": HEADER + RECEIPT,
    "paSendRTV2Request": HEADER + RECEIPT.replace(IBAN, STAMP),
    "paDemandPaymentNoticeRequest": DEMAND,
}


def enveloped(root: str, inside: str, namespaces: str = "") -> etree._Element:
    """Return a payload in its envelope, as the node face reads it: the first child of a Body."""
    envelope = etree.fromstring(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:common="http://pagopa-api.pagopa.gov.it/xsd/common-types/v1.0.0/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="{XSI}" xmlns:pa="{PA}" {namespaces}><s:Header/>'
        f"<s:Body><pa:{root}>{inside}</pa:{root}></s:Body></s:Envelope>"
    )
    return envelope[1][0]
