"""The node listener beyond its messages: HTTP's own answers, the contract, health, our failures."""

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
from gpd_soap.wiring import desk, node_endpoint
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.calling import call
from tests.conftest import FreshDatabase, WorldOf
from tests.messages.build import asked, claim, qr, receipt
from tests.postgres import Postgres

VERIFY = asked("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
RECEIPT = asked("paSendRTV2", claim() + receipt(world.nav(1))).encode()
XML: dict[str, Any] = {"CONTENT_TYPE": "text/xml"}


def reading(stream: io.BytesIO) -> dict[str, Any]:
    """A request whose body is this stream."""
    return {"wsgi.input": stream}


@pytest.fixture
def store(shared_world: WorldOf) -> Store:
    """A store of the world, on SQLite."""
    return shared_world("sqlite").store


@pytest.fixture
def face(shared_world: WorldOf) -> Wsgi:
    """The node face over it."""
    return shared_world("sqlite").face()


def test_a_body_over_the_limit_is_refused_by_its_length(store: Store) -> None:
    """What says that it is too long is not read."""
    unread = io.BytesIO()
    answered = call(
        world.face(store, max_body=2048), "POST", "/partner",
        **XML, CONTENT_LENGTH=str(2 << 20), **reading(unread),
    )  # fmt: skip

    assert answered.status == 413
    assert unread.tell() == 0


def test_a_body_over_the_limit_is_refused_whatever_it_says(store: Store) -> None:
    """A chunked body, which says no length, is read up to the limit and no further."""
    body = io.BytesIO(VERIFY + b" " * (2 << 20))
    answered = call(
        world.face(store), "POST", "/partner", **XML, CONTENT_LENGTH="", **reading(body)
    )

    assert answered.status == 413
    assert body.tell() <= (1 << 20) + 1


def test_a_body_at_the_limit_is_taken(store: Store) -> None:
    """The limit itself is allowed."""
    face = world.face(store, max_body=2048)
    body = VERIFY + b" " * (2048 - len(VERIFY))

    assert call(face, "POST", "/partner", body, **XML).status == 200
    assert call(face, "POST", "/partner", body + b" ", **XML).status == 413


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "²"])
def test_a_length_that_is_none_is_refused(face: Wsgi, length: str) -> None:
    """Only digits are a length."""
    assert call(face, "POST", "/partner", VERIFY, **XML, CONTENT_LENGTH=length).status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_a_message_is_posted_and_nothing_else(face: Wsgi, method: str) -> None:
    """Another method is told which one is allowed."""
    answered = call(face, method, "/partner", VERIFY, **XML)

    assert (answered.status, answered.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path",
    ["/", "/partners", "/partner/x", "/docs", "/openapi.json", "/metrics", "/organizations",
     "/organizations/77777777777/debtpositions", "/payments/77777777777/receipts", "/health",
     "//partner", "/partner/../admin", "/PARTNER"],
)  # fmt: skip
def test_nothing_else_is_to_be_found(face: Wsgi, path: str) -> None:
    """The admin face cannot be reached from here, by any path or host."""
    hosts: list[dict[str, Any]] = [
        {},
        {"HTTP_HOST": "127.0.0.1:8081", "HTTP_X_FORWARDED_HOST": "127.0.0.1:8081"},
    ]
    for headers in hosts:
        assert call(face, "GET", path, **headers).status == 404
        assert call(face, "POST", path, VERIFY, **XML, **headers).status == 404


def test_the_contract_is_served_with_our_address(face: Wsgi) -> None:
    """?wsdl tells the public address, whatever the Host header says."""
    answered = call(face, "GET", "/partner?wsdl", HTTP_HOST="evil.example")

    assert answered.status == 200
    assert b'location="http://ec.example/partner"' in answered.body
    assert b"evil.example" not in answered.body


def test_the_schemas_it_imports_are_served(face: Wsgi) -> None:
    """Every schemaLocation of the contract leads to a document, and no other name does."""
    found, queue = set(), ["/partner?wsdl"]
    while queue:
        answered = call(face, "GET", queue.pop())
        assert answered.status == 200
        for element in ET.fromstring(answered.body).iter():  # noqa: S314  # ours
            location = element.get("schemaLocation")
            if location and location not in found:
                found.add(location)
                queue.append(location.removeprefix("http://ec.example"))

    assert len(found) == 2
    for name in ("../../etc/passwd", "paForNode.wsdl", ""):
        assert call(face, "GET", f"/partner?xsd={name}").status == 404
    assert call(face, "GET", "/partner").status == 405


def test_alive_and_ready(face: Wsgi) -> None:
    """Both questions are answered, with the facts behind the second."""
    assert call(face, "GET", "/health/live").status == 200
    answered = call(face, "GET", "/health/ready")

    assert answered.status == 200
    assert b'"schema": "up to date"' in answered.body
    assert call(face, "POST", "/health/ready").status == 405


def test_not_ready_without_tables(fresh_database: FreshDatabase) -> None:
    """An empty database is not ready, and the answer says what to do."""
    answered = call(world.face(Store(fresh_database("sqlite"))), "GET", "/health/ready")

    assert answered.status == 503
    assert b"gpd-soap db upgrade" in answered.body


def test_a_question_without_a_database_is_a_system_error(tmp_path: Path) -> None:
    """When we fail on a question, the answer is a typed KO that says nothing of why."""
    face = world.face(Store(f"sqlite:///{tmp_path}/empty.db"))
    answered = call(face, "POST", "/partner", VERIFY, **XML)

    assert answered.status == 200
    assert b"<faultCode>PAA_SYSTEM_ERROR</faultCode>" in answered.body
    assert b"no such table" not in answered.body


def test_a_receipt_without_a_database_is_to_be_sent_again(tmp_path: Path) -> None:
    """When we fail on a receipt, there is no KO: the transport fails, and the Node retries."""
    face = world.face(Store(f"sqlite:///{tmp_path}/empty.db"))
    broken = RECEIPT.replace(b"100.00", b"100")
    for message in (RECEIPT, broken):
        answered = call(face, "POST", "/partner", message, **XML)

        assert answered.status == 503
        assert b"Fault>" in answered.body
        assert b"outcome" not in answered.body


def test_a_database_that_comes_back_takes_the_retry(
    fresh_database: FreshDatabase, postgres: Postgres
) -> None:
    """PostgreSQL gone: 503; back again: the same receipt settles, without a restart of ours."""
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
        [kept] = connection.execute(tables.receipt.select()).mappings()
    assert (kept["kept"], kept["raw"]) == ("applied", RECEIPT)
    store.close()


def test_a_broken_answer_is_logged_by_its_rule(
    face: Wsgi, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that must not leave is an ERROR that names the rule, and no person."""
    asked_for = asked("paGetPaymentV2", claim() + qr(world.nav(29))).encode()
    with caplog.at_level(logging.INFO):
        call(face, "POST", "/partner", asked_for, **XML)

    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error.getMessage() == (
        "paGetPaymentV2 failed: paGetPaymentV2: the transfers sum to the amount"
    )
    assert world.DEBTOR.full_name not in caplog.text
    assert world.DEBTOR.code not in caplog.text


def test_each_exchange_is_one_line_without_a_person(
    face: Wsgi, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what was asked and answered, by the last four digits of a notice."""
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


def test_answers_may_go_unchecked_where_that_was_asked_for(store: Store) -> None:
    """The check can be turned off; then nothing stands between a broken position and the Node."""
    asked_for = asked("paGetPaymentV2", claim() + qr(world.nav(29))).encode()
    answered = call(world.face(store, check_answers=False), "POST", "/partner", asked_for, **XML)

    assert b"<paymentAmount>99.99</paymentAmount>" in answered.body


def test_a_message_that_was_kept_is_taken_again(store: Store) -> None:
    """As any other, and whoever is told of exchanges learns who sent it."""
    told: list[ExchangeRecord] = []
    answering = desk(Settings(), store, lambda: world.NOW)
    endpoint = node_endpoint(Settings(), answering, [told.append])

    taken = endpoint.reprocess(RECEIPT, "worklist")
    refused = endpoint.reprocess(RECEIPT.replace(b"<outcome>OK</outcome>", b""), "worklist")
    no_soap = endpoint.reprocess(b"<", "worklist")

    assert told == [taken, refused, no_soap]
    assert {each.caller for each in told} == {"worklist"}
    assert [(each.outcome, each.fault, each.status) for each in told] == [
        ("OK", "-", 200), ("KO", "PAA_SINTASSI_XSD", 200), ("Fault", "-", 500),
    ]  # fmt: skip
