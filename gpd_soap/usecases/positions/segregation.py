"""The segregation codes that a caller is limited to.

SPEC: GPD, internal API, `segregationCodes`: the code of a notice is the beginning of its IUV.
GPD looks at the first notice of a position alone.  Here every notice must have one of the codes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions.bulk import with_index
from gpd_soap.validation import position_v1
from gpd_soap.validation.finding import FieldError, path

#: Codes of two digits; a caller without any is limited to none.
Codes = Collection[str]

EXPECTED = "an IUV that begins with one of the segregation codes"


def is_within(stored: Stored, codes: Codes) -> bool:
    """Returns whether every notice of a position has one of the codes."""
    return not codes or all(option.iuv[:2] in codes for option in stored.position.options)


def check_bodies(
    bodies: Collection[position_v1.Position], codes: Codes, list_name: str | None
) -> None:
    """Raises OtherSegregationCode with each IUV that has none of the codes."""
    errors = [
        error
        for index, body in enumerate(bodies)
        for error in with_index(list_name, index, _errors(body, codes))
    ]
    if errors:
        raise refusals.OtherSegregationCode(errors)


def _errors(body: position_v1.Position, codes: Codes) -> Iterator[FieldError]:
    for index, option in enumerate(body.payment_option):
        if codes and option.iuv is not None and option.iuv[:2] not in codes:
            yield FieldError(path("paymentOption", index, "iuv"), "segregation-code", EXPECTED)
