"""The canonical content of a receipt, and its digest by another route."""

from __future__ import annotations

import pytest

from gpd_soap.core.content import ROOTS, ROUTE_PIECES, digest, digest_through
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


def test_primitive_without_a_receipt_has_no_digest():
    """A row that was changed by hand is no repetition."""
    assert digest_through(pieces("paSendRT", ROUTE), "paVerifyPaymentNotice", ROUTE) is None
