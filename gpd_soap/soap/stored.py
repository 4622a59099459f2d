"""Reads the receipt in a stored message."""

from __future__ import annotations

from typing import Any

from lxml import etree

from gpd_soap.contract.parsing import CHARSETS, parse
from gpd_soap.core.content import digest
from gpd_soap.soap import codec, models
from gpd_soap.soap.envelope import NotSoap, open_envelope

RECEIPTS: dict[str, Any] = {
    f"{{{models.NAMESPACE}}}{model.get_type_name()}": model
    for model in (models.PaSendRTReq, models.PaSendRTV2Request)
}


def document(raw: bytes, content: str) -> bytes:
    """Return the payload of a receipt's message as a document in UTF-8.

    `content` is the digest stored with the receipt.  Raises ValueError if the message does not hold
    a payload with this digest.
    """
    payload = _payload(raw, content)
    return etree.tostring(payload, encoding="UTF-8", xml_declaration=True, with_tail=False)


def receipt(raw: bytes, content: str) -> Any:
    """Return the model of the receipt in a message, V1 or V2.  Raises ValueError as `document`."""
    payload = _payload(raw, content)
    return codec.reader(RECEIPTS[str(payload.tag)])(payload, None, _ignore).receipt


def content(raw: bytes, digest_stored: str) -> list[str]:
    """Return the content of the receipt in a message, as `codec.reader` emits it.

    Returns nothing if the message does not hold a payload with the digest.
    """
    try:
        payload = _payload(raw, digest_stored)
    except ValueError:
        return []
    pieces: list[str] = []
    codec.reader(RECEIPTS[str(payload.tag)])(payload, pieces.append, _ignore)
    return pieces


def _payload(raw: bytes, content: str) -> etree._Element:
    # WHY: the transport's charset is not stored, so each is tried until the digest matches.
    for charset in (None, *CHARSETS):
        payload = open_envelope(raw, charset)
        if not isinstance(payload, NotSoap) and _digest(payload) == content:
            return payload
    raise ValueError("the message does not hold the receipt that it was stored for")


def charset_of(raw: bytes) -> str | None:
    """Return the charset that a stored message needs; None if it needs none, or none fits.

    WHY: a version before 0011 did not store the charset of a message in quarantine.
    """
    if parse(raw) is not None:
        return None
    # WHY: a single byte of any value is a character of the last one, so it comes last.
    likely = ("utf-16-le", "utf-16-be", "cp1252", "iso8859-1")
    return next((charset for charset in likely if parse(raw, charset) is not None), None)


def _ignore(_name: str) -> None:
    """Ignore a date that cannot be read: it is not a part of the content."""


def _digest(payload: etree._Element) -> str | None:
    """Return the digest of a receipt's content, or None if the payload is not a receipt."""
    content: list[str] = []
    try:
        codec.reader(RECEIPTS[str(payload.tag)])(payload, content.append, _ignore)
    except (KeyError, codec.NotParsable):
        return None
    return digest(content)
