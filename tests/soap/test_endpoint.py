"""The node listener beyond its messages: HTTP answers, the contract, health, our failures."""

import io
import logging
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_endpoint, node_service
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.calling import call
from tests.conftest import FreshDatabase, WorldOf
from tests.messages.build import claim, qr, receipt, soap_request
from tests.postgres import Postgres

VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
RECEIPT = soap_request("paSendRTV2", claim() + receipt(world.nav(1))).encode()
XML: dict[str, Any] = {"CONTENT_TYPE": "text/xml"}


def reading(stream: io.BytesIO) -> dict[str, Any]:
    """Return the environ of a request whose body is this stream."""
    return {"wsgi.input": stream}


@pytest.fixture
def store(shared_world: WorldOf) -> Store:
    """A store of the world, on SQLite."""
    return shared_world("sqlite").store


@pytest.fixture
def face(shared_world: WorldOf) -> Wsgi:
    """The node face over it."""
    return shared_world("sqlite").face()


def test_body_with_a_content_length_over_the_limit_is_413_unread(store: Store) -> None:
    """No byte of the body is read."""
    unread = io.BytesIO()
    answered = call(
        world.face(store, max_body=2048), "POST", "/partner",
        **XML, CONTENT_LENGTH=str(2 << 20), **reading(unread),
    )  # fmt: skip

    assert answered.status == 413
    assert unread.tell() == 0


def test_body_over_the_limit_without_content_length_is_413(store: Store) -> None:
    """At most one byte beyond the limit is read."""
    body = io.BytesIO(VERIFY + b" " * (2 << 20))
    answered = call(
        world.face(store), "POST", "/partner", **XML, CONTENT_LENGTH="", **reading(body)
    )

    assert answered.status == 413
    assert body.tell() <= (1 << 20) + 1


def test_body_at_the_limit_is_accepted(store: Store) -> None:
    """One byte more is refused."""
    face = world.face(store, max_body=2048)
    body = VERIFY + b" " * (2048 - len(VERIFY))

    assert call(face, "POST", "/partner", body, **XML).status == 200
    assert call(face, "POST", "/partner", body + b" ", **XML).status == 413


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "²"])
def test_non_numeric_content_length_is_400(face: Wsgi, length: str) -> None:
    """A Content-Length has digits only."""
    assert call(face, "POST", "/partner", VERIFY, **XML, CONTENT_LENGTH=length).status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_method_other_than_post_is_405(face: Wsgi, method: str) -> None:
    """The answer names the allowed method."""
    answered = call(face, method, "/partner", VERIFY, **XML)

    assert (answered.status, answered.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path",
    ["/partners", "/partner/x", "/docs", "/openapi.json", "/metrics", "/organizations",
     "/organizations/77777777777/debtpositions", "/payments/77777777777/receipts", "/health",
     "//partner", "/partner/../admin", "/PARTNER"],
)  # fmt: skip
def test_other_path_is_404(face: Wsgi, path: str) -> None:
    """No path and no Host header reaches the admin face."""
    hosts: list[dict[str, Any]] = [
        {},
        {"HTTP_HOST": "127.0.0.1:8081", "HTTP_X_FORWARDED_HOST": "127.0.0.1:8081"},
    ]
    for headers in hosts:
        assert call(face, "GET", path, **headers).status == 404
        assert call(face, "POST", path, VERIFY, **XML, **headers).status == 404


def test_wsdl_is_served_with_the_public_address(face: Wsgi) -> None:
    """The Host header changes nothing."""
    answered = call(face, "GET", "/partner?wsdl", HTTP_HOST="evil.example")

    assert answered.status == 200
    assert b'location="http://ec.example/partner"' in answered.body
    assert b"evil.example" not in answered.body


def test_imported_schemas_are_served(face: Wsgi) -> None:
    """Every schemaLocation leads to a document, and any other name is 404."""
    locations, queue = set(), ["/partner?wsdl"]
    while queue:
        answered = call(face, "GET", queue.pop())
        assert answered.status == 200
        for element in ET.fromstring(answered.body).iter():  # noqa: S314  # ours
            location = element.get("schemaLocation")
            if location and location not in locations:
                locations.add(location)
                queue.append(location.removeprefix("http://ec.example"))

    assert len(locations) == 2
    for name in ("../../etc/passwd", "paForNode.wsdl", ""):
        assert call(face, "GET", f"/partner?xsd={name}").status == 404
    assert call(face, "GET", "/partner").status == 405


def test_health_of_a_ready_face_is_200(face: Wsgi) -> None:
    """The readiness check answers with its facts."""
    assert call(face, "GET", "/health/live").status == 200
    answered = call(face, "GET", "/health/ready")

    assert answered.status == 200
    assert b'"schema": "up to date"' in answered.body
    assert call(face, "POST", "/health/ready").status == 405


def test_face_without_tables_is_not_ready(fresh_database: FreshDatabase) -> None:
    """The answer names the command that creates them."""
    answered = call(world.face(Store(fresh_database("sqlite"))), "GET", "/health/ready")

    assert answered.status == 503
    assert b"gpd-soap db upgrade" in answered.body


def test_verify_without_a_database_is_a_system_error(tmp_path: Path) -> None:
    """The typed KO does not give the reason."""
    face = world.face(Store(f"sqlite:///{tmp_path}/empty.db"))
    answered = call(face, "POST", "/partner", VERIFY, **XML)

    assert answered.status == 200
    assert b"<faultCode>PAA_SYSTEM_ERROR</faultCode>" in answered.body
    assert b"no such table" not in answered.body


def test_receipt_without_a_database_is_503(tmp_path: Path) -> None:
    """The answer is no KO, so the Node sends the receipt again."""
    face = world.face(Store(f"sqlite:///{tmp_path}/empty.db"))
    broken = RECEIPT.replace(b"100.00", b"100")
    for message in (RECEIPT, broken):
        answered = call(face, "POST", "/partner", message, **XML)

        assert answered.status == 503
        assert b"Fault>" in answered.body
        assert b"outcome" not in answered.body


def test_receipt_sent_again_after_a_database_failure_is_applied(
    fresh_database: FreshDatabase, postgres: Postgres
) -> None:
    """The same process applies it once PostgreSQL runs again."""
    store = Store(fresh_database("postgresql", world.prepare))
    face = world.face(store)
    assert call(face, "POST", "/partner", VERIFY, **XML).status == 200

    postgres.stop()
    gone = call(face, "POST", "/partner", RECEIPT, **XML)
    question = call(face, "POST", "/partner", VERIFY, **XML)
    postgres.start()
    back = call(face, "POST", "/partner", RECEIPT, **XML)

    assert (gone.status, back.status) == (503, 200)
    assert b"PAA_SYSTEM_ERROR" in question.body
    assert b"<outcome>OK</outcome>" in back.body
    with store.begin() as connection:
        [row] = connection.execute(tables.receipt.select()).mappings()
    assert (row["kept"], row["raw"]) == ("applied", RECEIPT)
    store.close()


def test_invalid_answer_is_logged_by_its_rule(face: Wsgi, caplog: pytest.LogCaptureFixture) -> None:
    """The error names the rule, and no personal data."""
    message = soap_request("paGetPaymentV2", claim() + qr(world.nav(29))).encode()
    with caplog.at_level(logging.INFO):
        call(face, "POST", "/partner", message, **XML)

    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error.getMessage() == (
        "paGetPaymentV2 failed: paGetPaymentV2: the transfers sum to the amount"
    )
    assert world.DEBTOR.full_name not in caplog.text
    assert world.DEBTOR.code not in caplog.text


def test_exchange_is_logged_as_one_line_without_personal_data(
    face: Wsgi, caplog: pytest.LogCaptureFixture
) -> None:
    """The line has the last four digits of the notice."""
    with caplog.at_level(logging.INFO):
        call(face, "POST", "/partner", RECEIPT, **XML, HTTP_SOAPACTION='"paSendRT"')

    [line] = [record for record in caplog.records if record.name == "gpd_soap.exchange"]
    fields = line.__dict__["fields"]
    assert fields.pop("ms") >= 0
    assert fields == {
        "operation": "paSendRTV2", "organization": world.ORGANIZATION,
        "notice": world.nav(1)[-4:], "outcome": "OK", "fault": "-",
        "rule": "receipt: kept as applied", "status": 200, "soap_action": "paSendRT",
    }  # fmt: skip
    assert world.nav(1) not in caplog.text


def test_answer_is_sent_unchecked_if_the_setting_says_so(store: Store) -> None:
    """A notice whose transfers do not sum up is then answered."""
    message = soap_request("paGetPaymentV2", claim() + qr(world.nav(29))).encode()
    answered = call(world.face(store, check_answers=False), "POST", "/partner", message, **XML)

    assert b"<paymentAmount>99.99</paymentAmount>" in answered.body


def test_reprocessed_message_is_recorded_like_any_other(store: Store) -> None:
    """The record names the caller that reprocessed it."""
    records: list[ExchangeRecord] = []
    answering = node_service(Settings(), store, lambda: world.NOW)
    endpoint = node_endpoint(Settings(), answering, [records.append])

    taken = endpoint.reprocess(RECEIPT, "worklist")
    refused = endpoint.reprocess(RECEIPT.replace(b"<outcome>OK</outcome>", b""), "worklist")
    no_soap = endpoint.reprocess(b"<", "worklist")

    assert records == [taken, refused, no_soap]
    assert {each.caller for each in records} == {"worklist"}
    assert [(each.outcome, each.fault, each.status) for each in records] == [
        ("OK", "-", 200), ("KO", "PAA_SINTASSI_XSD", 200), ("Fault", "-", 500),
    ]  # fmt: skip
