"""What is inside a message that was kept as it came."""

from __future__ import annotations

from typing import Any

from lxml import etree

from gpd_soap.contract.parsing import CHARSETS
from gpd_soap.soap import codec, models
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.soap.requests import digest

RECEIPTS: dict[str, Any] = {
    f"{{{models.NAMESPACE}}}{model.get_type_name()}": model
    for model in (models.PaSendRTReq, models.PaSendRTV2Request)
}


def document(raw: bytes, content: str) -> bytes:
    """The payload of a receipt's message as a document of its own, in UTF-8.

    `content` is the digest that the receipt is kept with.  ValueError where the message has no
    such payload.
    """
    # WHY: what the transport said of the encoding is gone; the digest tells which one it was.
    for charset in (None, *sorted(CHARSETS)):
        payload = open_envelope(raw, charset)
        if not isinstance(payload, NotSoap) and _digest(payload) == content:
            return etree.tostring(payload, encoding="UTF-8", xml_declaration=True, with_tail=False)
    raise ValueError("the message does not hold the receipt that it was kept for")


def _digest(payload: etree._Element) -> str | None:
    """The digest of a receipt's content; None for what is not read as one."""
    content: list[str] = []
    try:
        codec.reader(RECEIPTS[str(payload.tag)])(payload, content.append)
    except (KeyError, codec.NotParsable):
        return None
    return digest(content)
