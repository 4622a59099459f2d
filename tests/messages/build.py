"""SOAP messages in the contract's words, written by hand and not by the program under test."""

from xml.sax.saxutils import escape

from tests import world

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"

ROOTS = {
    "paVerifyPaymentNotice": ("paVerifyPaymentNoticeReq", "paVerifyPaymentNoticeRes"),
    "paGetPayment": ("paGetPaymentReq", "paGetPaymentRes"),
    "paGetPaymentV2": ("paGetPaymentV2Request", "paGetPaymentV2Response"),
    "paSendRT": ("paSendRTReq", "paSendRTRes"),
    "paSendRTV2": ("paSendRTV2Request", "paSendRTV2Response"),
    "paDemandPaymentNotice": ("paDemandPaymentNoticeRequest", "paDemandPaymentNoticeResponse"),
}

#: SPEC: Errors (gpd_soap/core/README.md, "Sources"): the faultString of each faultCode.
STRINGS = {
    "PAA_ID_DOMINIO_ERRATO": "La PAA non corrisponde al Dominio indicato.",
    "PAA_ID_INTERMEDIARIO_ERRATO": "Identificativo intermediario non corrispondente.",
    "PAA_STAZIONE_INT_ERRATA": "Stazione intermediario non corrispondente.",
    "PAA_PAGAMENTO_SCONOSCIUTO": "Pagamento in attesa risulta sconosciuto all'Ente Creditore.",
    "PAA_PAGAMENTO_DUPLICATO": "Pagamento in attesa risulta concluso all'Ente Creditore.",
    "PAA_PAGAMENTO_SCADUTO": "Pagamento in attesa risulta scaduto all'Ente Creditore.",
    "PAA_PAGAMENTO_ANNULLATO": "Pagamento in attesa risulta annullato all'Ente Creditore.",
    "PAA_RECEIPT_DUPLICATA": "La CtReceipt è già stata accettata.",
    "PAA_SINTASSI_XSD": "Errore di sintassi XSD.",
    "PAA_SEMANTICA": "Errore semantico.",
    "PAA_SYSTEM_ERROR": "Errore generico.",
}


def tags(**children: object) -> str:
    """Return elements in this order; None is left out, and a text that begins with < is markup."""
    return "".join(
        f"<{name}>{value if str(value).startswith('<') else escape(str(value))}</{name}>"
        for name, value in children.items()
        if value is not None
    )


def envelope(payload: str, *, header: str = "") -> str:
    """Return a SOAP message as the Node writes it."""
    return (
        f'{HEAD}<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:pafn="{NAMESPACE}">'
        f"{header}<soapenv:Body>{payload}</soapenv:Body></soapenv:Envelope>\n"
    )


def soap_request(primitive: str, content: str) -> str:
    """Return a request of this primitive."""
    root = ROOTS[primitive][0]
    return envelope(f"<pafn:{root}>{content}</pafn:{root}>")


def soap_response(primitive: str, content: str) -> str:
    """Return a response to this primitive."""
    root = ROOTS[primitive][1]
    return envelope(f"<pafn:{root}>{content}</pafn:{root}>")


def refused(
    primitive: str, code: str, description: str, organization: str = world.ORGANIZATION
) -> str:
    """Return a typed KO."""
    fault = tags(
        faultCode=code, faultString=STRINGS[code], id=organization, description=description
    )
    return soap_response(primitive, tags(outcome="KO", fault=fault))


def soap_fault(code: str, reason: str) -> str:
    """Return a SOAP Fault, as Spyne writes it."""
    fault = f"<faultcode>soap11env:{code}</faultcode><faultstring>{reason}</faultstring>"
    return (
        f'<soap11env:Envelope xmlns:soap11env="{SOAP}"><soap11env:Body><soap11env:Fault>{fault}'
        "<faultactor></faultactor></soap11env:Fault></soap11env:Body></soap11env:Envelope>\n"
    )


def claim(
    organization: str = world.ORGANIZATION,
    broker: str = world.BROKER,
    station: str = world.STATION,
) -> str:
    """Return the elements for the organization, the broker and the station."""
    return tags(idPA=organization, idBrokerPA=broker, idStation=station)


def qr(notice: str, organization: str = world.ORGANIZATION) -> str:
    """Return the QR code of a notice: organization and notice number."""
    return tags(qrCode=tags(fiscalCode=organization, noticeNumber=notice))


def described(
    serial: int, amount: str, *, ccp: bool = False, due: str = "2026-04-30", **more: str
) -> str:
    """Return the content of an OK to verify, for a payable notice of the world."""
    description = more.get("description", f"Tributo {serial}")
    option = tags(
        amount=amount,
        options="EQ",
        dueDate=due,
        detailDescription=description,
        allCCP="true" if ccp else "false",
    )
    return tags(
        outcome="OK",
        paymentList=tags(paymentOptionDescription=option),
        paymentDescription=description,
        fiscalCodePA=world.ORGANIZATION,
        companyName=world.NAME,
        officeName=more.get("office"),
    )


PERSON = tags(
    uniqueIdentifier=tags(
        entityUniqueIdentifierType="F", entityUniqueIdentifierValue=world.DEBTOR.code
    ),
    fullName=world.DEBTOR.full_name,
)


def metadata(**entries: str) -> str | None:
    """Return metadata in this order, or None without entries."""
    elements = "".join(tags(mapEntry=tags(key=key, value=value)) for key, value in entries.items())
    return elements or None


def transfer(
    number: int,
    amount: str,
    iban: str | None = world.BANK,
    *,
    organization: str = world.ORGANIZATION,
    company: str | None = None,
    stamp: str | None = None,
    attachment: str | None = None,
    entries: dict[str, str] | None = None,
) -> str:
    """Return one transfer, in the order that all versions have in common."""
    return tags(
        transfer=tags(
            idTransfer=number,
            transferAmount=amount,
            fiscalCodePA=organization,
            companyName=company,
            IBAN=iban,
            richiestaMarcaDaBollo=stamp,
            MBDAttachment=attachment,
            remittanceInformation=f"Versamento {number}",
            transferCategory="0101002IM",
            metadata=metadata(**(entries or {})),
        )
    )


def payment(serial: int, amount: str, *transfers: str, **more: str | None) -> str:
    """Return the content of an OK to getPayment, for a payable notice of the world."""
    data = tags(
        creditorReferenceId=world.nav(serial)[1:],
        paymentAmount=amount,
        dueDate=more.get("due", "2026-04-30"),
        retentionDate=more.get("retention"),
        lastPayment=more.get("last"),
        description=more.get("description", f"Tributo {serial}"),
        companyName=world.NAME,
        officeName=more.get("office"),
        debtor=more.get("debtor", PERSON),
        transferList="".join(transfers) or transfer(1, amount),
        metadata=more.get("metadata"),
    )
    return tags(outcome="OK", data=data)


STAMP = tags(hashDocumento=world.HASH, tipoBollo="01", provinciaResidenza="RM")


def receipt(notice: str, amount: str = "100.00", **more: str | None) -> str:
    """Return a receipt with the mandatory elements, and with what `more` adds or changes."""
    fields: dict[str, str | None] = {
        "receiptId": "c0ffee00c0ffee00c0ffee00c0ffee00",
        "noticeNumber": notice,
        "fiscalCode": world.ORGANIZATION,
        "outcome": "OK",
        "creditorReferenceId": notice[1:],
        "paymentAmount": amount,
        "description": "Tributo",
        "companyName": world.NAME,
        "officeName": None,
        "debtor": PERSON,
        "transferList": transfer(1, amount),
        "idPSP": "PSPDIESEMPIO",
        "pspFiscalCode": None,
        "pspPartitaIVA": None,
        "PSPCompanyName": "PSP di Esempio",
        "idChannel": "00000000000_01",
        "channelDescription": "app",
        "payer": None,
        "paymentMethod": None,
        "paymentNote": None,
        "fee": None,
        "primaryCiIncurredFee": None,
        "idBundle": None,
        "idCiBundle": None,
        "paymentDateTime": None,
        "applicationDate": None,
        "transferDate": None,
        "metadata": None,
        "standIn": None,
    }
    unknown = set(more) - set(fields)
    assert not unknown, unknown
    return tags(receipt=tags(**{**fields, **more}))
