"""The floor, the least program that answers rightly: one parse, one check, one query, one answer.

It is bare WSGI, lxml, the compiled official schema, an answer made by hand, psycopg (or sqlite3).
The cost above it is the cost of gpd_soap.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from lxml import etree

from gpd_soap.contract.documents import contract_folder
from gpd_soap.core import money, rome
from gpd_soap.wsgi.http import Environ, StartResponse, Wsgi
from tests.bench.queries import NoticeQuery, Queries
from tests.messages.build import NAMESPACE, ROOTS, SOAP

SCHEMA = "xsd/paForNode.xsd"


class _Mine(threading.local):
    """A parser and a compiled schema for each thread, as lxml needs them."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
        self.schema = etree.XMLSchema(file=str(contract_folder() / SCHEMA))


Answer = Callable[[Queries, etree._Element, etree._Element, bytes], None]


def application(address: str) -> Wsgi:
    """Return the WSGI application over this database."""
    queries, mine = Queries(address), _Mine()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            start_response("405 Method Not Allowed", [("Content-Length", "0")])
            return [b""]
        raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        payload = etree.fromstring(raw, mine.parser)[-1][0]
        mine.schema.assertValid(payload)
        name, fill = ANSWERS[str(payload.tag)]
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "paf": NAMESPACE})
        body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
        answer = etree.SubElement(body, name)
        _add(answer, outcome="OK")
        fill(queries, payload, answer, raw)
        content = etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
        return _respond(start_response, content)

    return app


def constant(address: str) -> Wsgi:
    """Return an application that repeats its first answer: the cost of HTTP and gunicorn."""
    first: Wsgi = application(address)
    content: list[bytes] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return first(environ, start_response)
        if not content:
            content[:] = [b"".join(first(environ, lambda *_: None))]
        else:
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        return _respond(start_response, content[0])

    return app


def _respond(start_response: StartResponse, body: bytes) -> list[bytes]:
    length = ("Content-Length", str(len(body)))
    start_response("200 OK", [("Content-Type", "text/xml; charset=utf-8"), length])
    return [body]


def _verify(queries: Queries, request: etree._Element, answer: etree._Element, _raw: bytes) -> None:
    amount, due_at, description, company, all_ccp = queries.verify(_query_of(request))
    option = etree.SubElement(etree.SubElement(answer, "paymentList"), "paymentOptionDescription")
    _add(option, amount=money.to_wire(amount), options="EQ", dueDate=rome.to_wire_date(due_at),
         detailDescription=description, allCCP="true" if all_ccp else "false")  # fmt: skip
    _add(answer, paymentDescription=description, fiscalCodePA=request[0].text, companyName=company)


def _payment(
    queries: Queries, request: etree._Element, answer: etree._Element, _raw: bytes
) -> None:
    rows = queries.payment(_query_of(request))
    iuv, amount, due_at, description, company, kind, code, debtor = rows[0][:8]
    data = etree.SubElement(answer, "data")
    _add(
        data, creditorReferenceId=iuv, paymentAmount=money.to_wire(amount),
        dueDate=rome.to_wire_date(due_at), description=description, companyName=company,
    )  # fmt: skip
    subject = etree.SubElement(data, "debtor")
    _add(etree.SubElement(subject, "uniqueIdentifier"), entityUniqueIdentifierType=kind,
         entityUniqueIdentifierValue=code)  # fmt: skip
    _add(subject, fullName=debtor)
    transfers = etree.SubElement(data, "transferList")
    for row in rows:
        _transfer(etree.SubElement(transfers, "transfer"), *row[8:])


def _transfer(element: etree._Element, *row: Any) -> None:
    number, amount, beneficiary, company, iban, information, category = row
    _add(element, idTransfer=str(number), transferAmount=money.to_wire(amount),
         fiscalCodePA=beneficiary, companyName=company, IBAN=iban,
         remittanceInformation=information, transferCategory=category)  # fmt: skip


def _take(queries: Queries, sent: etree._Element, _answer: etree._Element, raw: bytes) -> None:
    queries.store_receipt(sent, raw)


def _query_of(request: etree._Element) -> NoticeQuery:
    organization, broker, station, code = request[:4]
    return NoticeQuery(*(each.text or "" for each in (broker, station, organization, code[1])))


def _add(parent: etree._Element, **texts: str | None) -> None:
    for name, text in texts.items():
        etree.SubElement(parent, name).text = text


#: By the root of the request: the root of the answer, and the function that fills it.
ANSWERS: dict[str, tuple[str, Answer]] = {
    f"{{{NAMESPACE}}}{request}": (f"{{{NAMESPACE}}}{response}", fill)
    for (request, response), fill in {
        ROOTS["paVerifyPaymentNotice"]: _verify,
        ROOTS["paGetPaymentV2"]: _payment,
        ROOTS["paSendRTV2"]: _take,
    }.items()
}
