"""The secret of an authenticator application as a picture and as a text."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.console.formats import by_fours

#: Light modules around the symbol.  SPEC: ISO/IEC 18004, 6.3.8.
MARGIN = 4


class Symbol(NamedTuple):
    """A QR code: the view box of its SVG, and the path of its dark modules."""

    view_box: str
    path: str


def symbol_of(address: str) -> Symbol | None:
    """Return the QR code of an address, or None without the extra `documents`."""
    try:
        # WHY: the library belongs to an extra, and most processes never show a code.
        from gpd_soap.features.documents.symbols import address_symbol
    except ModuleNotFoundError:
        return None
    size, path = address_symbol(address)
    width = size + 2 * MARGIN
    return Symbol(f"-{MARGIN} -{MARGIN} {width} {width}", path)


def typed(secret: str) -> str:
    """Return a secret in groups of four, as it is typed more easily.

    >>> typed("ABCDEFGHIJ")
    'ABCD EFGH IJ'
    """
    return " ".join(by_fours(secret))
