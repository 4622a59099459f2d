"""The canonical content of a receipt: names and texts of its elements, whatever the message.

Source: Receipts, rule 11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from gpd_soap.core import money, rome
from gpd_soap.core.debt import NodeRoute

#: Delimiters of names and texts.
#: WHY: XML text cannot contain these control characters, so no value can imitate a delimiter.
BEGIN, TEXT, END = "\x1e", "\x1f", "\x1d"

#: The root of each primitive's request.
_NAMESPACE = "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"
ROOTS = {
    "paSendRT": f"{{{_NAMESPACE}}}paSendRTReq",
    "paSendRTV2": f"{{{_NAMESPACE}}}paSendRTV2Request",
}
#: The number of pieces before the receipt: the root, idPA, idBrokerPA and idStation.
ROUTE_PIECES = 4


_XML_SPACE = " \t\r\n"


def _boolean(text: str) -> bool:
    return text.strip(_XML_SPACE) in ("true", "1")


#: The functions that read the elements of a receipt whose value can be written in several ways.
#: SPEC: XML Schema 1.0 part 2: what is no text may have blanks around it, a number zeros before it,
#: a date-time a zone and zeros after its fraction, a boolean a digit, base64 blanks between.
VALUES: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(("paymentAmount", "transferAmount", "fee"), money.from_wire),
    "primaryCiIncurredFee": money.from_wire,
    "paymentDateTime": rome.parse_instant,
    **dict.fromkeys(("applicationDate", "transferDate"), rome.parse_day),
    "idTransfer": int,
    "standIn": _boolean,
    "MBDAttachment": lambda text: "".join(text.split()),
}


def has_same_values(pieces: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether two messages carry one receipt, whatever their route and spelling."""
    return _values(pieces) == _values(others)


def _values(pieces: Sequence[str]) -> list[object]:
    return [_value(piece) for piece in pieces[ROUTE_PIECES:]]


def _value(piece: str) -> object:
    """Return the name and the value of a leaf; any other piece, and a text, as it is."""
    name, delimiter, text = piece.removeprefix(BEGIN).partition(TEXT)
    read = VALUES.get(name) if delimiter and text.endswith(END) else None
    if read is None:
        return piece
    text = text.removesuffix(END)
    try:
        return name, read(text)
    except (ValueError, OverflowError):
        # WHY: a date that Python cannot hold has a value too (Receipts, rule 17).
        return name, text.strip(_XML_SPACE)


def digest(pieces: Iterable[str]) -> str:
    """Return the SHA-256 of a message's content; prefixes, indents and encodings do not change it.

    WHY: it covers the route too, as it did in the first version, so that two versions agree on it.
    """
    return hashlib.sha256("".join(pieces).encode()).hexdigest()


def digest_through(pieces: Sequence[str], primitive: str, route: NodeRoute) -> str | None:
    """Return the digest that the same receipt has when it comes by another primitive and route.

    Returns None for a primitive that carries no receipt.
    """
    root = ROOTS.get(primitive)
    if root is None:
        return None
    names = ("idPA", route.organization), ("idBrokerPA", route.broker), ("idStation", route.station)
    leaves = (f"{BEGIN}{name}{TEXT}{text}{END}" for name, text in names)
    return digest([f"{BEGIN}{root}{TEXT}", *leaves, *pieces[ROUTE_PIECES:]])
