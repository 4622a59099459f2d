"""What the node face shows a person or a tool, with GET and with HEAD."""

import pytest

from gpd_soap.wsgi.http import LIVE, READY, Wsgi
from tests.calling import call
from tests.conftest import WorldOf


@pytest.fixture
def face(shared_world: WorldOf) -> Wsgi:
    """The node face."""
    return shared_world("sqlite").face()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/partner?wsdl",
        "/partner?WSDL",
        "/partner/?wsdl",
        "/partner?xsd=paForNode.xsd",
        "/partner?xsd=missing.xsd",
        "/partner",
        LIVE,
        READY,
    ],
)
def test_head_is_answered_as_get_without_a_body(face: Wsgi, path: str) -> None:
    """Status and headers are the same, the length of the body too."""
    got, head = call(face, "GET", path), call(face, "HEAD", path)

    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")


def test_root_says_what_this_is_and_where_the_contract_is(face: Wsgi) -> None:
    """A person who opens it in a browser finds both, and its links are answered."""
    shown = call(face, "GET", "/")

    assert (shown.status, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"pagoPA's Node" in shown.body.replace(b"&#x27;", b"'")
    for path in ("/partner?wsdl", LIVE, READY):
        assert f'href="{path}"'.encode() in shown.body
        assert call(face, "GET", path).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_root_takes_no_message(face: Wsgi, method: str) -> None:
    """The Node's messages go to /partner."""
    assert call(face, method, "/").status == 404
