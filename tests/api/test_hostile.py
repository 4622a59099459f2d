"""What nobody should send gets a clear problem; nothing is stored, nothing of us is shown."""

import io
import json

import pytest
from sqlalchemy import text

from tests.api.office import ALL, ONE, Office
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
def test_a_hostile_body_is_a_bad_request(quick: Office, sent: bytes):
    """Told without repeating any of it; the server goes on."""
    refused = quick.post(ALL, data=sent, content_type=JSON)

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert refused.errors
    assert all(set(each) == {"field", "rule", "expected"} for each in refused.body["errors"])
    assert "Traceback" not in str(refused.body)
    assert "Maria" not in str(refused.body)
    assert quick.get(ALL).body["page_info"]["items_found"] == 0


@pytest.mark.parametrize("path", [ALL, f"{ALL}/bulk"])
def test_a_body_of_ten_megabytes_is_too_large(quick: Office, path: str):
    """With its length said or not."""
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
def test_what_is_not_said_to_be_json_is_not_taken(quick: Office, kind: str):
    """However good it is."""
    refused = quick.post(ALL, data=GOOD, content_type=kind)

    assert (refused.status, refused.title) == (415, "Unsupported Media Type")


def test_a_compressed_body_is_not_taken(quick: Office):
    """Nobody unpacks a bomb here."""
    headers = {"Content-Encoding": "gzip"}

    assert quick.post(ALL, data=GOOD, content_type=JSON, headers=headers).status == 415


@pytest.mark.parametrize(
    ("place", "value"),
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
def test_a_field_of_another_type_is_refused(quick: Office, place: str, value: object):
    """Nothing is converted."""
    refused = quick.post(ALL, changed(body(), place, value))

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert {rule for _, rule in refused.errors} == {"type"}


@pytest.mark.parametrize(
    "query",
    [
        "toPublish=yes",
        "toPublish=1",
        "toPublish=",
        "topublish=true",
        "toPublish=true&toPublish=false",
        "%00=1",
        "a%ff=1",
    ],
)
def test_a_query_that_is_not_understood_is_refused(quick: Office, query: str):
    """Rather than taken for something else."""
    refused = quick.post(f"{ALL}?{query}", body())

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert quick.get(ONE).status == 404


@pytest.mark.parametrize("iupd", ["%00", "%0A", "A%00B", "%20A", "A" * 300])
def test_a_path_that_names_nothing_sane_is_refused(office: Office, iupd: str):
    """By both databases alike."""
    assert office.get(f"{ALL}/{iupd}").status == 400


@pytest.mark.parametrize("iupd", ["con spazio", "con+segni_e-altro.1", "perché", "100%25"])
def test_an_iupd_may_be_any_text(office: Office, iupd: str):
    """It is found where its answer says."""
    made = office.create(body(iupd=iupd.replace("%25", "%")))

    assert office.get(made.headers["Location"]).body["iupd"] == made.body["iupd"]


def test_an_unknown_path_or_method_is_a_problem_too(quick: Office):
    """Also without a key; a method that is not there is told which are."""
    path = quick.get("/nowhere", key="")
    method = quick.ask("PATCH", ALL)

    assert (path.status, path.title) == (404, "Not Found")
    assert (method.status, method.title) == (405, "Method Not Allowed")
    assert {"GET", "POST"} <= set(method.headers["Allow"].split(", "))


def test_a_failure_of_ours_shows_nothing(quick: Office, monkeypatch: pytest.MonkeyPatch):
    """A status and a word."""

    def fail(*_: object, **__: object) -> None:
        message = "a secret"
        raise RuntimeError(message)

    monkeypatch.setattr("gpd_soap.usecases.positions.manage.stored_positions.read", fail)

    broken = quick.get(ONE)

    assert (broken.status, broken.title) == (500, "INTERNAL SERVER ERROR")
    assert "secret" not in str(broken.body)


def test_a_database_that_fails_shows_nothing(office: Office):
    """Neither a statement nor the name of a table."""
    with office.store.begin() as connection:
        connection.execute(text("ALTER TABLE api_key RENAME TO api_key_gone"))
    kind = office.store.engine.dialect.name

    gone = office.get(ONE)

    # WHY: to SQLite a missing table is an operational error, to PostgreSQL it is ours.
    assert (kind, gone.status) in {("sqlite", 503), ("postgresql", 500)}
    assert "api_key" not in str(gone.body)


@pytest.mark.parametrize("told", ["abc-1.2_X", ""])
def test_every_answer_names_its_request(quick: Office, told: str):
    """By the name that the caller gave, or one of ours; health and refusals too."""
    for path in (ALL, ONE, "/nowhere", "/health/live", "/openapi.json"):
        named = quick.get(path, headers={"X-Request-Id": told}).headers["X-Request-Id"]
        assert named == told if told else len(named) == 32


@pytest.mark.parametrize("told", ["a b", "x" * 65, "<script>"])
def test_a_name_that_is_no_name_is_not_echoed(quick: Office, told: str):
    """Another is given."""
    assert quick.get(ALL, headers={"X-Request-Id": told}).headers["X-Request-Id"] != told
