"""Hostile requests to the admin face get a clear problem, store nothing and reveal nothing."""

import io
import json

import pytest
from sqlalchemy import text

from gpd_soap.store.store import Store
from tests.api.office import ALL, ONE, BackOffice, Clock, prepare
from tests.conftest import KINDS, FreshDatabase
from tests.validation.bodies import body, changed

JSON = "application/json"
GOOD = json.dumps(body()).encode()

BODIES = {
    "nothing": b"",
    "no JSON": b"{'iupd': 1}",
    "cut off": GOOD[:-1],
    "NaN": GOOD.replace(b"1000", b"NaN"),
    "infinity": GOOD.replace(b"1000", b"-Infinity"),
    "not UTF-8": GOOD.replace(b"Maria", b"Mari\xe0"),
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a key twice": GOOD.replace(b'"type"', b'"iupd": "A", "type"'),
    "a deep nest": b"[" * 100_000,
    "a deep object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a long number": GOOD.replace(b"1000", b"9" * 10_000),
    "a float": GOOD.replace(b"1000", b"1000.0"),
    "an exponent": GOOD.replace(b"1000", b"1e3"),
    "a number beyond 64 bits": GOOD.replace(b"1000", b"18446744073709551617"),
    "JSON in a string": json.dumps(GOOD.decode()).encode(),
    "a list": b"[]",
    "null": b"null",
    "a lonely surrogate": GOOD.replace(b"Maria", b"\\ud800"),
    "a control character": GOOD.replace(b"Maria", b"\\u0000"),
}


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES)
def test_malformed_body_is_400_and_not_repeated(quick: BackOffice, sent: bytes):
    """The problem repeats no part of the body, and the next request is answered."""
    refused = quick.post(ALL, data=sent, content_type=JSON)

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert refused.errors
    assert all(set(each) == {"field", "rule", "expected"} for each in refused.body["errors"])
    assert "Traceback" not in str(refused.body)
    assert "Maria" not in str(refused.body)
    assert quick.get(ALL).body["page_info"]["items_found"] == 0


@pytest.mark.parametrize("path", [ALL, f"{ALL}/bulk"])
def test_body_of_ten_megabytes_is_413(quick: BackOffice, path: str):
    """It is refused with or without a Content-Length."""
    huge = b"[" + b"0," * 5_000_000 + b"0]"

    refused = quick.post(path, data=huge, content_type=JSON)
    chunked = quick.post(
        path,
        input_stream=io.BytesIO(huge),
        content_type=JSON,
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )

    assert (refused.status, refused.title) == (413, "Request Entity Too Large")
    assert (chunked.status, chunked.title) == (413, "Request Entity Too Large")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "",
        f"{JSON}; charset=latin-1",
    ],
)
def test_body_of_another_content_type_is_415(quick: BackOffice, kind: str):
    """A valid JSON body is refused if its Content-Type is another."""
    refused = quick.post(ALL, data=GOOD, content_type=kind)

    assert (refused.status, refused.title) == (415, "Unsupported Media Type")


def test_compressed_body_is_415(quick: BackOffice):
    """No body is decompressed."""
    headers = {"Content-Encoding": "gzip"}

    assert quick.post(ALL, data=GOOD, content_type=JSON, headers=headers).status == 415


@pytest.mark.parametrize(
    ("field_path", "value"),
    [
        ("switchToExpired", "true"),
        ("paymentOption.0.amount", "1000"),
        ("paymentOption.0.amount", True),
        ("paymentOption.0.dueDate", 0),
        ("paymentOption.0.transfer", {}),
        ("paymentOption", None),
        ("iupd", ["A"]),
    ],
)
def test_field_of_another_json_type_is_400(quick: BackOffice, field_path: str, value: object):
    """No value is converted."""
    refused = quick.post(ALL, changed(body(), field_path, value))

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert {rule for _, rule in refused.errors} == {"type"}


@pytest.mark.parametrize(
    "query",
    [
        "toPublish=maybe",
        "toPublish=2",
        "toPublish=",
        "topublish=true",
        "toPublish=true&toPublish=false",
        "%00=1",
        "a%ff=1",
    ],
)
def test_malformed_query_parameter_is_400(quick: BackOffice, query: str):
    """The request is refused, and nothing is created."""
    refused = quick.post(f"{ALL}?{query}", body())

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert quick.get(ONE).status == 404


@pytest.mark.parametrize("iupd", ["%00", "%0A", "A%00B", "A" * 300])
def test_path_with_invalid_iupd_is_400(office: BackOffice, iupd: str):
    """Both kinds of database refuse it alike."""
    assert office.get(f"{ALL}/{iupd}").status == 400


@pytest.mark.parametrize("iupd", ["con spazio", "con+segni_e-altro.1", "perché", "100%25"])
def test_position_with_unusual_iupd_is_read_at_its_location(office: BackOffice, iupd: str):
    """The Location of the answer leads to the position."""
    made = office.create(body(iupd=iupd.replace("%25", "%")))

    assert office.get(made.headers["Location"]).body["iupd"] == made.body["iupd"]


def test_unknown_path_is_404_and_unknown_method_is_405(quick: BackOffice):
    """A request without a key gets the 404 too, and the 405 names the allowed methods."""
    path = quick.get("/nowhere", key="")
    method = quick.request("PATCH", ALL)

    assert (path.status, path.title) == (404, "Not Found")
    assert (method.status, method.title) == (405, "Method Not Allowed")
    assert {"GET", "POST"} <= set(method.headers["Allow"].split(", "))


def test_unexpected_error_is_500_without_its_text(
    quick: BackOffice, monkeypatch: pytest.MonkeyPatch
):
    """The problem has a status and a title alone."""

    def fail(*_: object, **__: object) -> None:
        message = "a secret"
        raise RuntimeError(message)

    monkeypatch.setattr("gpd_soap.usecases.positions.manage.stored_positions.find", fail)

    broken = quick.get(ONE)

    assert (broken.status, broken.title) == (500, "INTERNAL SERVER ERROR")
    assert "secret" not in str(broken.body)


@pytest.mark.parametrize("kind", KINDS)
def test_database_error_is_answered_without_sql(kind: str, fresh_database: FreshDatabase):
    """The problem contains no statement and no table name."""
    office = BackOffice(Store(fresh_database(kind, prepare)), Clock())
    with office.store.begin() as connection:
        connection.execute(text("ALTER TABLE api_key RENAME TO api_key_gone"))

    gone = office.get(ONE)
    office.store.close()

    # WHY: to SQLite a missing table is an operational error, to PostgreSQL a programming error.
    assert (kind, gone.status) in {("sqlite", 503), ("postgresql", 500)}
    assert "api_key" not in str(gone.body)


@pytest.mark.parametrize("request_id", ["abc-1.2_X", ""])
def test_every_answer_has_the_request_id_of_the_caller_or_a_new_one(
    quick: BackOffice, request_id: str
):
    """Health and refusals have one too."""
    for path in (ALL, ONE, "/nowhere", "/health/live", "/openapi.json"):
        answered = quick.get(path, headers={"X-Request-Id": request_id}).headers["X-Request-Id"]
        assert answered == request_id if request_id else len(answered) == 32


@pytest.mark.parametrize("request_id", ["a b", "x" * 65, "<script>"])
def test_invalid_request_id_is_replaced(quick: BackOffice, request_id: str):
    """The answer has another id."""
    assert (
        quick.get(ALL, headers={"X-Request-Id": request_id}).headers["X-Request-Id"] != request_id
    )
