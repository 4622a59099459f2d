"""The canonical content of a receipt, and its digest by another route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from spyne import ComplexModel, Unicode

from gpd_soap.core.content import (
    BEGIN,
    END,
    ROOTS,
    ROUTE_PIECES,
    TEXT,
    VALUES,
    digest,
    digest_through,
    has_same_values,
)
from gpd_soap.core.debt import NodeRoute
from gpd_soap.soap import codec, models
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.soap.stored import RECEIPTS
from tests import world
from tests.messages.build import claim, receipt, soap_request
from tests.world import nav

ROUTE = NodeRoute(world.ORGANIZATION, world.BROKER, world.STATION)
OTHER = NodeRoute(world.ORGANIZATION, "nobody & <co>", "è")


def pieces(primitive: str, route: NodeRoute) -> list[str]:
    """Return the content of a receipt by this primitive and route, as the codec emits it."""
    message = soap_request(primitive, claim(*route) + receipt(nav(1)))
    payload = open_envelope(message.encode())
    assert not isinstance(payload, NotSoap)
    content: list[str] = []
    codec.reader(RECEIPTS[str(payload.tag)])(payload, content.append)
    return content


@pytest.mark.parametrize("primitive", ROOTS)
@pytest.mark.parametrize("route", [ROUTE, OTHER], ids=["ours", "another"])
def test_digest_by_another_route_is_that_of_the_message(primitive: str, route: NodeRoute):
    """It is the digest that the version 0.1.0 stored for the receipt by that route."""
    expected = digest(pieces(primitive, route))

    for sent in ROOTS:
        for by in (ROUTE, OTHER):
            assert digest_through(pieces(sent, by), primitive, route) == expected


def test_content_begins_with_the_root_and_the_route():
    """The receipt is what follows."""
    first, following = pieces("paSendRT", ROUTE), pieces("paSendRTV2", OTHER)

    assert first[ROUTE_PIECES:] == following[ROUTE_PIECES:]
    assert all(a != b for a, b in zip(first[2:4], following[2:4], strict=True))
    assert set(ROOTS.values()) == set(RECEIPTS)
    assert models.NAMESPACE in ROOTS["paSendRT"]


def simple_types(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the tag and the type of each leaf of a model."""
    for _name, tag, kind in codec.members_of(model):
        if issubclass(kind, ComplexModel):
            yield from simple_types(kind)
        else:
            yield tag, kind


def test_every_element_of_a_receipt_that_is_no_text_has_its_values_compared():
    """A tag has one type, so that its name says how it is read."""
    leaves = [each for model in RECEIPTS.values() for each in simple_types(model)]
    typed = {tag for tag, kind in leaves if not issubclass(kind, Unicode)}

    assert typed == set(VALUES)
    assert not typed & {tag for tag, kind in leaves if issubclass(kind, Unicode)}


@pytest.mark.parametrize("year", ["12000", "0000"])
def test_date_that_python_cannot_hold_is_compared_without_blanks(year: str):
    """It is out of range, and the same (Receipts, rule 17)."""
    before = [""] * ROUTE_PIECES
    first, again, other = (
        [*before, f"{BEGIN}transferDate{TEXT}{text}{END}"]
        for text in (f"{year}-01-01", f" {year}-01-01 ", f"{year}-01-02")
    )

    assert has_same_values(first, again)
    assert not has_same_values(first, other)


def test_primitive_without_a_receipt_has_no_digest():
    """A row that was changed by hand is no repetition."""
    assert digest_through(pieces("paSendRT", ROUTE), "paVerifyPaymentNotice", ROUTE) is None
