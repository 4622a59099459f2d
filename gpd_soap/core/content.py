"""The canonical content of a receipt: names and texts of its elements, whatever the message.

Source: Receipts, rule 11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

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
