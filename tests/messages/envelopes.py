"""The cases about the envelope and HTTP, whatever the request ("Messages", rules 1 and 2)."""

import re
from typing import Any

from tests import world
from tests.messages.build import (
    NAMESPACE,
    SOAP,
    claim,
    described,
    envelope,
    qr,
    receipt,
    refused,
    soap_fault,
    soap_request,
    soap_response,
)
from tests.messages.case import Case
from tests.messages.receipts import DOMAIN, SEND, SEND2, quarantined
from tests.world import nav

VERIFY = "paVerifyPaymentNotice"
CONTENT = claim() + qr(nav(1))
PLAIN = soap_request(VERIFY, CONTENT)
DUE = soap_response(VERIFY, described(1, "100.00"))
ACCENT = "Città"
RECEIPT = f"<pafn:paSendRTReq>{claim()}{receipt(nav(1))}</pafn:paSendRTReq>"
SENT = envelope(RECEIPT)
SENT2 = soap_request(SEND2, claim() + receipt(nav(1)))
PAYLOAD = f"<pafn:paVerifyPaymentNoticeReq>{CONTENT}</pafn:paVerifyPaymentNoticeReq>"
DOCUMENT = PLAIN.split("?>\n", 1)[1]


def fine(name: str, promise: str, ask: str | bytes, **facts: Any) -> Case:
    """Return a case whose message is accepted: the response is that of the plain request."""
    return Case("transport", name, promise, ask, DUE, facts)


def fault(
    name: str, promise: str, ask: str | bytes, reason: str, code: str = "Client", **facts: Any
) -> Case:
    """Return a case whose message is not SOAP 1.1."""
    return Case("transport", name, promise, ask, soap_fault(code, reason), {"status": 500, **facts})


def http(name: str, promise: str, status: int, ask: str | bytes = PLAIN, **headers: str) -> Case:
    """Return a case whose request is refused with an HTTP status."""
    return Case("transport", name, promise, ask, None, {"status": status, "headers": headers})


def broken(
    name: str, promise: str, ask: str, description: str, signed: str = world.ORGANIZATION
) -> Case:
    """Return a case whose message breaks the contract."""
    answer = refused(VERIFY, "PAA_SINTASSI_XSD", description, signed)
    return Case("transport", name, promise, ask, answer)


def spelling(declared: str) -> str:
    """Return a question to an organization that is not ours, whose code has an accent."""
    organization = f"<idPA>{world.ORGANIZATION}</idPA>"
    return f'<?xml version="1.0" encoding="{declared}"?>' + DOCUMENT.replace(
        organization, f"<idPA>{ACCENT}</idPA>"
    )


def spelled(name: str, promise: str, ask: bytes, content_type: str) -> Case:
    """Return a case whose response repeats the accent, so that the encoding is seen."""
    answer = refused(VERIFY, "PAA_ID_DOMINIO_ERRATO", DOMAIN, ACCENT)
    return Case(
        "transport", name, promise, ask, answer, {"headers": {"CONTENT_TYPE": content_type}}
    )


def faulted(
    name: str, promise: str, ask: str | bytes, reason: str, code: str = "Client", **facts: Any
) -> Case:
    """Return a case of a receipt that is answered with a SOAP Fault and quarantined."""
    organization = facts.pop("organization", world.ORGANIZATION)
    then = quarantined(facts.pop("primitive", SEND), f"soap: {reason}", organization)
    return fault(f"receipt-{name}", promise, ask, reason, code, then=then, **facts)


NOT_XML = "The message is not well-formed XML, or carries a DOCTYPE."
ONE_BODY = "The message needs one Body with one element in it."
NO_CHARSET = "The charset of the Content-Type is not supported."
NO_REQUEST = "The Body carries no request of paForNode."

DEFAULT_NAMESPACES = (
    f'<Envelope xmlns="{SOAP}"><Body><paVerifyPaymentNoticeReq xmlns="{NAMESPACE}">'
    + re.sub(r"<(idPA|idBrokerPA|idStation|qrCode)>", r'<\1 xmlns="">', CONTENT)
    + "</paVerifyPaymentNoticeReq></Body></Envelope>"
)
SPLIT = PLAIN.replace(nav(1), f"{nav(1)[:9]}<!-- a comment -->{nav(1)[9:]}").replace(
    world.BROKER, f"<![CDATA[{world.BROKER}]]>"
)
BOMB = (
    '<!DOCTYPE bomb [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;">]>'
    + DOCUMENT.replace(world.BROKER, "&c;")
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + DOCUMENT.replace(
    world.BROKER, "&f;"
)


def header(attributes: str, payload: str = PAYLOAD) -> str:
    """Return a message with one header entry."""
    entry = f'<soapenv:Header><x:trace xmlns:x="urn:x" {attributes}>1</x:trace></soapenv:Header>'
    return envelope(payload, header=entry)


ACCEPTED = [
    fine("byte-order-mark", "A byte-order mark is no part of the message.",
         b"\xef\xbb\xbf" + PLAIN.encode()),
    fine("utf-16", "UTF-16 is read by its mark.",
         PLAIN.replace('"UTF-8"', '"UTF-16"').encode("utf-16")),
    fine("utf-16-by-charset", "UTF-16 without a mark is read by the transport's charset.",
         DOCUMENT.encode("utf-16-be"), headers={"CONTENT_TYPE": "text/xml; charset=utf-16be"}),
    fine("latin-1", "Another encoding is read by its declaration.",
         PLAIN.replace('"UTF-8"', '"ISO-8859-1"').encode("latin-1")),
    fine("white-space-before", "White space before the declaration is ignored.",
         "\r\n  " + PLAIN),
    fine("no-declaration", "A message needs no declaration.", DOCUMENT),
    fine("crlf", "Line ends may be CRLF.", PLAIN.replace("><", ">\r\n<")),
    fine("default-namespaces", "Default namespaces are as good as prefixes.", DEFAULT_NAMESPACES),
    fine("other-prefixes", "The Node's prefixes are not the only ones.",
         PLAIN.replace("pafn", "tns").replace("soapenv", "SOAP-ENV")),
    fine("comments-and-cdata", "A value split by a comment, or in CDATA, is read whole.", SPLIT),
    fine("instructions", "Processing instructions are ignored.",
         PLAIN.replace("<idPA>", "<?go away?><idPA>")),
    fine("header-plain", "A header entry without mustUnderstand is ignored.", header("")),
    fine("header-for-another", "A header entry for another actor is ignored.",
         header('soapenv:mustUnderstand="1" soapenv:actor="urn:another"')),
    fine("action-quoted", "SOAPAction comes in quotes.", PLAIN,
         headers={"HTTP_SOAPACTION": '"paVerifyPaymentNotice"'}),
    fine("action-unquoted", "SOAPAction comes without quotes.", PLAIN,
         headers={"HTTP_SOAPACTION": "paVerifyPaymentNotice"}),
    fine("action-wrong", "A SOAPAction that differs from the payload is ignored.", PLAIN,
         headers={"HTTP_SOAPACTION": '"paSendRT"'}),
    fine("application-xml", "application/xml is accepted.", PLAIN,
         headers={"CONTENT_TYPE": "application/xml"}),
    fine("text-plain", "text/plain is accepted: the Node has sent it.", PLAIN,
         headers={"CONTENT_TYPE": "text/plain;charset=UTF-8"}),
    fine("no-content-type", "A missing Content-Type is accepted.", PLAIN,
         headers={"CONTENT_TYPE": ""}),
    fine("mark-wins-unknown", "A byte-order mark wins over an unknown charset.",
         PLAIN.replace('"UTF-8"', '"UTF-16"').encode("utf-16"),
         headers={"CONTENT_TYPE": "text/xml; charset=klingon"}),
    spelled("charset-wins", "The transport's charset wins over the declaration.",
            spelling("ISO-8859-1").encode(), "text/xml; charset=UTF-8"),
    spelled("charset-wins-application-xml", "It wins whatever the type of XML.",
            spelling("UTF-8").encode("cp1252"), 'application/xml; charset = "Windows-1252"'),
    spelled("charset-does-not-fit", "A charset that does not fit the bytes decides nothing.",
            spelling("ISO-8859-1").encode("latin-1"), "text/xml; charset=UTF-8"),
    spelled("mark-wins", "A byte-order mark wins over the charset and the declaration.",
            spelling("ISO-8859-1").encode("utf-8-sig"), "text/xml; charset=ISO-8859-1"),
]  # fmt: skip

REFUSED = [
    fault("empty", "An empty body is not XML.", "", NOT_XML),
    fault("truncated", "A truncated message is not XML.", PLAIN[:-40], NOT_XML),
    fault("not-xml", "Text is not XML.", "hello", NOT_XML),
    fault("not-utf-8", "Bytes that are not UTF-8 are not XML.", PLAIN.replace(
        "<idPA>", "<idPA>\xe8").encode("latin-1"), NOT_XML),
    fault("undeclared-prefix", "A prefix must be declared.",
          PLAIN.replace("xmlns:pafn", "xmlns:no"), NOT_XML),
    fault("doctype", "A DOCTYPE is refused.", "<!DOCTYPE x>" + DOCUMENT, NOT_XML),
    fault("entity-bomb", "Entities are never expanded.", BOMB, NOT_XML),
    fault("external-entity", "Files are never read.", EXTERNAL, NOT_XML),
    fault("deep", "Nesting beyond the limit is refused.",
          envelope("<a>" * 300 + "</a>" * 300), NOT_XML),
    fault("charset-unknown", "A charset that nobody knows is refused.", PLAIN, NO_CHARSET,
          headers={"CONTENT_TYPE": "text/xml; charset=klingon"}),
    fault("not-an-envelope", "A payload alone is not SOAP.",
          DOCUMENT.split("<soapenv:Body>")[1].split("</soapenv:Body>")[0].replace(
              "<pafn:paVerifyPaymentNoticeReq>",
              f'<pafn:paVerifyPaymentNoticeReq xmlns:pafn="{NAMESPACE}">'),
          "The message is not a SOAP envelope."),
    fault("soap-1.2", "SOAP 1.2 is refused.",
          PLAIN.replace(SOAP, "http://www.w3.org/2003/05/soap-envelope"),
          "Only SOAP 1.1 is supported.", "VersionMismatch",
          headers={"CONTENT_TYPE": "application/soap+xml"}),
    fault("no-body", "An envelope needs a Body.",
          f'<soapenv:Envelope xmlns:soapenv="{SOAP}"/>', ONE_BODY),
    fault("no-payload", "A Body needs a payload.", envelope(""), ONE_BODY),
    fault("two-payloads", "A Body has one payload.", envelope(PAYLOAD * 2), ONE_BODY),
    fault("two-bodies", "An envelope has one Body.",
          envelope(f"{PAYLOAD}</soapenv:Body><soapenv:Body>{PAYLOAD}"), ONE_BODY),
    fault("must-understand", "A header entry with mustUnderstand is refused.",
          header('soapenv:mustUnderstand="1"'),
          "A header entry with mustUnderstand is not supported.", "MustUnderstand"),
    fault("must-understand-next", "A header entry for the next actor is for us.",
          header(f'soapenv:mustUnderstand="1" soapenv:actor="{SOAP[:-9]}actor/next"'),
          "A header entry with mustUnderstand is not supported.", "MustUnderstand"),
    fault("wrong-namespace", "The payload's namespace is part of its name.",
          PLAIN.replace(NAMESPACE, NAMESPACE.lower()), NO_REQUEST),
    fault("unknown-payload", "A payload that is no request of paForNode is refused.",
          envelope("<pafn:paaInviaRT/>"), NO_REQUEST),
    fault("an-answer", "A response is refused as a request.", DUE, NO_REQUEST),
    fault("a-fault", "A SOAP Fault is refused as a request.",
          envelope("<soapenv:Fault/>"), NO_REQUEST),
    broken("qualified-children", "The contract's children carry no namespace.",
           re.sub(r"<(/?)(idPA|idBrokerPA|idStation|qrCode|fiscalCode|noticeNumber)>",
                  r"<\1pafn:\2>", PLAIN),
           "Il campo idPA non rispetta il contratto: deve essere senza namespace."),
    broken("out-of-order", "The contract's children come in its order.",
           soap_request(VERIFY, qr(nav(1)) + claim()),
           "Il campo qrCode non rispetta il contratto: in questa posizione è atteso idPA."),
    broken("missing", "A missing mandatory element is refused.", soap_request(VERIFY, claim()),
           "Il campo paVerifyPaymentNoticeReq non rispetta il contratto: manca qrCode."),
    broken("nothing-in-it", 'The KO to an empty request has the id "-".', soap_request(VERIFY, ""),
           "Il campo paVerifyPaymentNoticeReq non rispetta il contratto: manca idPA.", "-"),
    broken("notice-of-17-digits", "A notice number has 18 digits.",
           soap_request(VERIFY, claim() + qr(nav(1)[1:])),
           "Il campo noticeNumber non rispetta il contratto: formato atteso [0-9]{18}."),
    broken("padded-number", "White space is part of a value.",
           soap_request(VERIFY, claim() + qr(f"\n{nav(1)}\n")),
           "Il campo noticeNumber non rispetta il contratto: formato atteso [0-9]{18}."),
    broken("empty-member", "An empty element is not a missing one.",
           soap_request(VERIFY, claim(station="") + qr(nav(1))),
           "Il campo idStation non rispetta il contratto: lunghezza minima 1."),
    http("json", "JSON is refused.", 415, CONTENT_TYPE="application/json"),
    http("multipart", "Attachments are refused.", 415,
         CONTENT_TYPE="multipart/related; type=text/xml"),
    http("gzip", "A content encoding is refused.", 415,
         HTTP_CONTENT_ENCODING="gzip"),
]  # fmt: skip

MUST = 'soapenv:mustUnderstand="1"'
FAULTED = [
    faulted("must-understand", "A receipt under a header that must be understood is kept.",
            header(MUST, RECEIPT), "A header entry with mustUnderstand is not supported.",
            "MustUnderstand"),
    faulted("two-payloads", "Of two receipts in one message nothing is lost.",
            envelope(RECEIPT * 2), ONE_BODY),
    faulted("second-payload", "A receipt after another payload is kept.",
            envelope(PAYLOAD + RECEIPT), ONE_BODY),
    faulted("two-bodies", "A receipt in a second Body is kept.",
            envelope(f"{PAYLOAD}</soapenv:Body><soapenv:Body>{RECEIPT}"), ONE_BODY),
    faulted("soap-1.2", "A receipt in SOAP 1.2 is kept.",
            SENT2.replace(SOAP, "http://www.w3.org/2003/05/soap-envelope"),
            "Only SOAP 1.1 is supported.", "VersionMismatch", primitive=SEND2),
    faulted("without-envelope", "A receipt without an envelope is kept.",
            RECEIPT.replace("pafn:paSendRTReq>", f'pafn:paSendRTReq xmlns:pafn="{NAMESPACE}">', 1),
            "The message is not a SOAP envelope."),
    faulted("wrong-namespace", "A receipt by its name alone is kept.",
            SENT.replace(NAMESPACE, NAMESPACE.lower()), NO_REQUEST),
    faulted("name-of-the-operation", "A receipt under the name of its operation is kept.",
            SENT2.replace("paSendRTV2Request", "paSendRTV2"), NO_REQUEST, primitive=SEND2),
    faulted("charset-unknown", "A receipt in an unknown charset is kept.", SENT, NO_CHARSET,
            headers={"CONTENT_TYPE": "text/xml; charset=klingon"}),
    faulted("truncated", "A receipt that is not XML is kept for no organization.",
            SENT[:-60], NOT_XML, organization="-"),
    faulted("truncated-utf-16", "It is found in UTF-16 too.",
            SENT2[:-60].encode("utf-16-be"), NOT_XML, organization="-", primitive=SEND2),
    faulted("doctype", "A receipt with a DOCTYPE is kept for no organization.",
            "<!DOCTYPE x>" + SENT.split("?>\n", 1)[1], NOT_XML, organization="-"),
    fault("receipt-answered", "The answer to a receipt is no receipt.",
          soap_response(SEND, "<outcome>OK</outcome>"), NO_REQUEST),
]  # fmt: skip

CASES = [*ACCEPTED, *REFUSED, *FAULTED]
