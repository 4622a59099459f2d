"""Finds a receipt in a message that is answered with a SOAP Fault (Receipts, rule 13)."""

from __future__ import annotations

import re
from typing import NamedTuple

from lxml import etree

from gpd_soap.contract.parsing import parse
from gpd_soap.core.exchange import NOT_GIVEN

#: LIMIT: characters of stText35.
LONGEST_CODE = 35

#: The names of requests that carry a receipt, in any namespace.
_NAMED = re.compile(r"paSendRT(?P<second>V2)?(?:Req|Request)?")
#: The same in bytes that cannot be parsed, once the zero bytes of UTF-16 are removed.
_MENTIONED = re.compile(rb"paSendRT(?P<second>V2)?Req")


class FaultedReceipt(NamedTuple):
    """The primitive that a faulted message names, and the organization that it is for."""

    primitive: str
    organization: str


def receipt_in(raw: bytes, charset: str | None) -> FaultedReceipt | None:
    """Return what is known of the receipt in a message, or None if it was not sent as one.

    It may stand anywhere, in any namespace.  Of bytes that cannot be parsed only the mention of its
    name is known, and no organization.
    """
    root = parse(raw, charset)
    if root is None:
        mentioned = _MENTIONED.search(raw.replace(b"\0", b""))
        return None if mentioned is None else FaultedReceipt(_primitive(mentioned), NOT_GIVEN)
    for element in root.iter(etree.Element):
        named = _NAMED.fullmatch(str(element.tag).rpartition("}")[2])
        if named is not None:
            return FaultedReceipt(_primitive(named), organization_of(element))
    return None


def organization_of(payload: etree._Element) -> str:
    """Return the idPA of a request, or NOT_GIVEN if it has none that an answer can carry."""
    for child in payload:
        if str(child.tag).rpartition("}")[2] == "idPA":
            text = (child.text or "").strip()
            return text if 1 <= len(text) <= LONGEST_CODE and text.isprintable() else NOT_GIVEN
    return NOT_GIVEN


def _primitive(match: re.Match[str] | re.Match[bytes]) -> str:
    return "paSendRTV2" if match["second"] else "paSendRT"
