"""The largest body: one setting for most operations, a larger one for many positions."""

import io

import pytest
from werkzeug.test import Client

from gpd_soap.api.app import admin_app
from gpd_soap.api.body_size import BodySizes
from gpd_soap.api.concurrency import Limits
from tests.api.office import SILENT, BackOffice, Clock

ALL = "/organizations/77777777777/debtpositions"
SIZES = BodySizes(one=2000, many=5000)
MANY = [
    ("POST", f"{ALL}/bulk"), ("PUT", ALL), ("DELETE", ALL), ("POST", f"/v2{ALL}"),
    ("PUT", f"/v2{ALL}"), ("DELETE", f"/v2{ALL}"),
    ("POST", "/print-payment-notice-service/external/v1/notices/generate-massive"),
]  # fmt: skip
ONE = [("POST", ALL), ("PUT", f"{ALL}/A")]


@pytest.fixture
def bounded(quick: BackOffice) -> BackOffice:
    """An office whose face has small limits."""
    app = admin_app(quick.store, Clock(), quick.cases, SILENT, Limits(sizes=SIZES))
    office = BackOffice(quick.store, Clock(), quick.writer)
    office._client = Client(app)
    return office


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [(*each, SIZES.one) for each in ONE] + [(*each, SIZES.many) for each in MANY],
)
def test_body_of_the_largest_size_is_read_and_a_larger_one_is_413(
    bounded: BackOffice, method: str, path: str, most: int
) -> None:
    """The problem says how large it may be; a body of unknown length is refused too."""
    content = {"content_type": "application/json"}
    largest = bounded.request(method, path, data=b" " * most, **content)
    refused = bounded.request(method, path, data=b" " * (most + 1), **content)
    chunked = bounded.request(
        method, path, input_stream=io.BytesIO(b" " * (most + 1)), **content,
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )  # fmt: skip

    assert largest.status == 400
    for each in (refused, chunked):
        assert (each.status, each.title) == (413, "Request Entity Too Large")
        assert each.body["detail"] == f"Expected a body of at most {most} bytes."
