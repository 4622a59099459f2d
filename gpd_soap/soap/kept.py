"""What is inside a message that was kept as it came."""

from __future__ import annotations

from lxml import etree

from gpd_soap.contract.parsing import CHARSETS
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.soap.hear import digest


def document(raw: bytes, content: str) -> bytes:
    """The payload of a receipt's message as a document of its own, in UTF-8.

    `content` is the digest that the receipt is kept with.  ValueError where the message has no
    such payload.
    """
    # WHY: what the transport said of the encoding is gone; the digest tells which one it was.
    for charset in (None, *sorted(CHARSETS)):
        payload = open_envelope(raw, charset)
        if not isinstance(payload, NotSoap) and digest(payload) == content:
            return etree.tostring(payload, encoding="UTF-8", xml_declaration=True, with_tail=False)
    raise ValueError("the message does not hold the receipt that it was kept for")
