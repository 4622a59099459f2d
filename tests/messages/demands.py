"""The cases of paDemandPaymentNotice."""

import base64
from typing import Any

from tests import world
from tests.messages.build import claim, described, qr, refused, soap_request, soap_response, tags
from tests.messages.case import Case

DEMAND = "paDemandPaymentNotice"

PLATE = '<service xmlns="http://example.invalid/tassa"><targa>AA000AA</targa>{}</service>'
AMOUNT = "<importo>12.50</importo>"


def ask(data: str | bytes, service: str = "00001", subject: str = "00009", **claimed: str) -> str:
    """Return a demand with this service data."""
    raw = data.encode() if isinstance(data, str) else data
    return soap_request(
        DEMAND,
        claim(**claimed)
        + tags(
            idServizio=service,
            idSoggettoServizio=subject,
            datiSpecificiServizioRequest=base64.b64encode(raw).decode(),
        ),
    )


def no(name: str, promise: str, message: str, code: str, description: str, **facts: Any) -> Case:
    """Return a case of a demand that is refused."""
    signed = facts.pop("signed", world.ORGANIZATION)
    return Case(DEMAND, name, promise, message, refused(DEMAND, code, description, signed), facts)


def yes(name: str, promise: str, message: str, answer: str, **facts: Any) -> Case:
    """Return a case of a demand that is answered with the first notice issued in this world."""
    number = qr(world.nav(33))
    complete = answer.replace("<paymentList>", f"{number}<paymentList>", 1)
    return Case(DEMAND, name, promise, message, soap_response(DEMAND, complete), facts)


FIXED = described(0, "5.00", due="2026-04-15", description="Diritti di segreteria")
READ = described(0, "12.50", due="2026-03-26", description="Tassa di prova")
INVALID = "I dati specifici del servizio non sono validi: {}."
XML = INVALID.format("non è un documento XML ammesso")
BOMB = (
    '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<service><targa>&b;</targa></service>"
)
DOMAIN = "Il codice indicato in idPA non corrisponde all'ente a cui è rivolta la richiesta."

CASES = [
    yes("fixed", "A service of a fixed amount issues a notice.", ask("<qualsiasi/>"), FIXED),
    yes("declared", "Amount and subject are read from the declared elements.",
        ask(PLATE.format(AMOUNT), "00002"), READ),
    yes("twice", "The same demand sent again gets the same notice.",
        ask(PLATE.format(AMOUNT), "00002"), READ, times=3),
    yes("utf-16", "The service data may come in any encoding that it declares.",
        ask(f'<?xml version="1.0" encoding="UTF-16"?>{PLATE.format(AMOUNT)}'.encode("utf-16"),
            "00002"), READ),
    no("service-unknown", "A service that the organization does not offer is refused.",
       ask("<a/>", "99999"), "PAA_SEMANTICA",
       "L'ente non offre il servizio 99999 indicato in idServizio."),
    no("subject-unknown", "A service of another subject is refused.",
       ask("<a/>", subject="99999"), "PAA_SEMANTICA",
       "L'ente non offre il servizio 00001 per il soggetto 99999 indicato in"
       " idSoggettoServizio."),
    no("not-xml", "Service data that is not XML is refused.", ask("nonsense"),
       "PAA_SINTASSI_XSD", XML),
    no("truncated", "Truncated service data is refused.", ask("<service><targa>"),
       "PAA_SINTASSI_XSD", XML),
    no("doctype", "A DOCTYPE inside the base64 is refused.",
       ask('<!DOCTYPE s SYSTEM "file:///etc/passwd"><s/>'), "PAA_SINTASSI_XSD", XML),
    no("entity-bomb", "Entities inside the base64 are never expanded.", ask(BOMB),
       "PAA_SINTASSI_XSD", XML),
    no("schema-refuses", "Service data that breaks the service's schema is refused.",
       ask(PLATE.format(AMOUNT).replace("AA000AA", "nessuna"), "00002"), "PAA_SINTASSI_XSD",
       INVALID.format("l'elemento targa non rispetta la regola pattern")),
    no("element-missing", "A declared element that is missing is named.",
       ask(PLATE.format(""), "00003"), "PAA_SINTASSI_XSD",
       INVALID.format("manca l'elemento importo")),
    no("not-an-amount", "A declared amount that is not a number is refused.",
       ask(PLATE.format("<importo>dodici</importo>"), "00003"), "PAA_SINTASSI_XSD",
       INVALID.format("l'elemento importo non è un importo")),
    no("amount-zero", "A declared amount of zero is refused.",
       ask(PLATE.format("<importo>0.00</importo>"), "00003"), "PAA_SEMANTICA",
       "L'importo indicato in importo non è ammesso."),
    no("kind-unknown", "A service of an unknown kind is a failure of ours.",
       ask("<a/>", "00004"), "PAA_SYSTEM_ERROR",
       "Il servizio dell'ente non è al momento disponibile: riprovare più tardi."),
    no("organization-unknown", "A demand for an unknown organization is refused.",
       ask("<a/>", organization=world.STRANGER), "PAA_ID_DOMINIO_ERRATO", DOMAIN,
       signed=world.STRANGER),
    no("broker-unknown", "A demand through a broker that is not ours is refused.",
       ask("<a/>", broker="nobody"), "PAA_ID_INTERMEDIARIO_ERRATO",
       "L'intermediario indicato non opera per l'ente."),
    no("station-unknown", "A demand through a station that serves others is refused.",
       ask("<a/>", station=world.SECOND_STATION), "PAA_STAZIONE_INT_ERRATA",
       "La stazione indicata non è configurata per l'ente e l'intermediario."),
]  # fmt: skip
