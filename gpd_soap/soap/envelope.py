"""Opens the SOAP 1.1 envelope of a message."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from gpd_soap.contract.parsing import has_unknown_charset, parse

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
NEXT = "http://schemas.xmlsoap.org/soap/actor/next"

ENVELOPE, HEADER, BODY = (f"{{{SOAP11}}}{name}" for name in ("Envelope", "Header", "Body"))
MUST_UNDERSTAND, ACTOR = f"{{{SOAP11}}}mustUnderstand", f"{{{SOAP11}}}actor"


class NotSoap(NamedTuple):
    """Why a message is not accepted: a SOAP 1.1 fault code and a sentence without values."""

    code: str
    reason: str


def open_envelope(raw: bytes, charset: str | None = None) -> etree._Element | NotSoap:
    """Return the payload of a message, the one element in its Body, or why there is none.

    Source: SOAP 1.1, section 4; Messages, rules 1 and 7.
    """
    if has_unknown_charset(raw, charset):
        return NotSoap("Client", "The charset of the Content-Type is not supported.")
    root = parse(raw, charset)
    if root is None:
        return NotSoap("Client", "The message is not well-formed XML, or carries a DOCTYPE.")
    if root.tag != ENVELOPE:
        return _not_an_envelope(root)
    bodies = []
    for part in root:
        if part.tag == BODY:
            bodies.append(part)
        elif part.tag == HEADER and any(map(_must_be_understood, part)):
            return NotSoap("MustUnderstand", "A header entry with mustUnderstand is not supported.")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        return NotSoap("Client", "The message needs one Body with one element in it.")
    return bodies[0][0]


def _not_an_envelope(root: etree._Element) -> NotSoap:
    name = etree.QName(root)
    if name.localname == "Envelope":
        return NotSoap("VersionMismatch", "Only SOAP 1.1 is supported.")
    return NotSoap("Client", "The message is not a SOAP envelope.")


def _must_be_understood(entry: etree._Element) -> bool:
    """Return whether a header entry for us must be understood; we understand none."""
    is_mandatory = entry.get(MUST_UNDERSTAND, "0").strip() in ("1", "true")
    return is_mandatory and entry.get(ACTOR, NEXT) in (NEXT, "")
