"""Payment options over HTTP: the answer for each kind of position, and each refusal."""

import io
import json
import logging
from typing import Any

import pytest

from gpd_soap.core.payment_options import ODP_ERRORS
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.calling import Response, call
from tests.conftest import KINDS, WorldOf
from tests.shared_world import SharedWorld

U, P, X, L, N = "UNPAID", "PAID", "EXPIRED_NOT_PAYABLE", "EXPIRED_UNPAID", "INVALID"
PART = "PARTIALLY_PAID"

#: For a notice of the world: the ways to pay its debt, each with its status and its installments'.
SHOWN: dict[int, list[tuple[str, dict[int, str]]]] = {
    1: [(U, {1: U})],
    3: [(U, {2: U, 3: U, 4: U}), (U, {5: U})],
    6: [(U, {6: U})],
    11: [(X, {11: X})],
    12: [(L, {12: L})],
    13: [(N, {13: N})],
    14: [(N, {14: N})],
    17: [(P, {17: P})],
    18: [(P, {18: P})],
    19: [(N, {19: N}), (PART, {20: P, 21: U})],
    21: [(N, {19: N}), (PART, {20: P, 21: U})],
    26: [(PART, {22: P, 23: U}), (N, {24: N, 25: N, 26: N})],
    30: [(U, {30: U})],
    31: [(U, {31: U})],
}
ALL_CCP = {1: False, 6: False, 7: True, 8: True, 9: False, 28: False, 32: False}


@pytest.fixture(params=KINDS)
def shared(request: pytest.FixtureRequest, shared_world: WorldOf) -> SharedWorld:
    """The world on each kind of database."""
    return shared_world(request.param)


@pytest.fixture
def face(shared: SharedWorld) -> Wsgi:
    """The node face over it."""
    return shared.face()


@pytest.fixture
def quick(shared_world: WorldOf) -> Wsgi:
    """The node face over SQLite, where the database makes no difference."""
    return shared_world("sqlite").face()


def path(notice: str, organization: str = world.ORGANIZATION) -> str:
    """Return the path of the options of a notice."""
    return f"/payment-options/organizations/{organization}/notices/{notice}"


def ask(face: Wsgi, serial: int) -> Any:
    """Return the answer for a notice of the world that has options."""
    answered = call(face, "POST", path(world.nav(serial)))
    assert answered.status == 200
    assert answered.headers["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(answered.body)


def error(answered: Response) -> tuple[int, str, str]:
    """Return HTTP status, code and name of a refusal, after a check of its other fields."""
    content = json.loads(answered.body)
    assert set(content) == {
        "httpStatusCode", "httpStatusDescription", "appErrorCode", "errorMessage", "timestamp",
        "dateTime",
    }  # fmt: skip
    assert content["httpStatusCode"] == answered.status
    assert (content["timestamp"], content["dateTime"]) == (1773651600, "2026-03-16T09:00:00.000000")
    name, _, sentence = content["errorMessage"].partition(" ")
    assert sentence.endswith(".")
    assert ODP_ERRORS[name] == (content["appErrorCode"], answered.status)
    return answered.status, content["appErrorCode"], name


UNKNOWN = (404, "ODP-107", "PAA_PAGAMENTO_SCONOSCIUTO")
MALFORMED_PATH = (400, "ODP-101", "PAA_SINTASSI")
NOT_OURS = (400, "ODP-104", "PAA_ID_DOMINIO_ERRATO")
FAILED = (500, "ODP-103", "PAA_SYSTEM_ERROR")


def test_every_kind_of_position_is_answered_with_its_statuses(face: Wsgi) -> None:
    """The answer does not depend on which notice of a position the query names."""
    for serial, expected in SHOWN.items():
        shown = [
            (
                option["status"].removeprefix("PO_"),
                {
                    each["nav"]: each["status"].removeprefix("POI_")
                    for each in option["installments"]
                },
            )
            for option in ask(face, serial)["paymentOptions"]
        ]

        assert shown == [
            (status, {world.nav(each): status_of for each, status_of in of.items()})
            for status, of in expected
        ], serial


def test_answer_has_the_fields_of_the_contract(face: Wsgi) -> None:
    """Amounts are cents, dates have no zone, and absent values are left out."""
    shared = {
        "description": 'Tassa su "tutto" & altro, città',
        "amount": 2550,
        "dueDate": "2026-04-30T23:59:59",
        "validFrom": "2026-03-15T10:00:00",
    }

    assert ask(face, 27) == {
        "organizationFiscalCode": world.ORGANIZATION,
        "companyName": world.NAME,
        "officeName": "Ufficio Tributi",
        "paymentOptions": [
            {
                **shared,
                "numberOfInstallments": 1,
                "status": "PO_UNPAID",
                "statusReason": "Nessun importo risulta pagato.",
                "allCCP": False,
                "installments": [
                    {
                        **shared,
                        "nav": world.nav(27),
                        "iuv": world.nav(27)[1:],
                        "status": "POI_UNPAID",
                    }
                ],
            }
        ],
    }
    assert "officeName" not in ask(face, 1)


def test_plan_is_answered_beside_the_single_option(face: Wsgi) -> None:
    """A plan has its sum and the number of its installments."""
    plan, single = ask(face, 2)["paymentOptions"]

    assert (plan["numberOfInstallments"], plan["amount"]) == (3, 12000)
    assert (single["numberOfInstallments"], single["amount"]) == (1, 12000)
    assert "description" not in plan


def test_all_ccp_is_true_if_every_transfer_has_a_postal_account(face: Wsgi) -> None:
    """The value is the same as in the answer to verify."""
    for serial, expected in ALL_CCP.items():
        [option] = ask(face, serial)["paymentOptions"]

        assert option["allCCP"] is expected, serial


@pytest.mark.parametrize("serial", [15, 16, 99])
def test_draft_or_not_yet_valid_or_absent_notice_is_unknown(face: Wsgi, serial: int) -> None:
    """The three are answered alike."""
    assert error(call(face, "POST", path(world.nav(serial)))) == UNKNOWN


def test_organization_that_is_not_ours_is_refused(face: Wsgi) -> None:
    """The refusal comes before any look at notices, and an organization has only its own."""
    notice = world.nav(1)

    assert error(call(face, "POST", path(notice, world.STRANGER))) == NOT_OURS
    assert error(call(face, "POST", path(notice, world.OTHER))) == UNKNOWN


@pytest.mark.parametrize(
    ("organization", "notice"),
    [
        ("7777777777", "301000000000000144"),
        ("777777777777", "301000000000000144"),
        ("77777777777", "30100000000000014"),
        ("77777777777", "3010000000000001440"),
        ("77777777777", "30100000000000014x"),
        ("77777777777", "301000000000000144\n"),
        ("77777777777", " 30100000000000014"),
        ("77777777777", "٣٠١٠٠٠٠٠٠٠٠٠٠٠٠١٤٤"),
        ("7777777777²", "301000000000000144"),
        ("' OR '1'='1", "301000000000000144"),
        ("RSSMRA00A01A000A", "301000000000000144"),
        ("\x00", "\xff"),
        ("x" * 9000, "y" * 9000),
    ],
)
def test_path_without_11_and_18_digits_is_a_syntax_error(
    quick: Wsgi, organization: str, notice: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The values in the path are repeated neither in the answer nor in the log."""
    with caplog.at_level(logging.INFO):
        answered = call(quick, "POST", path(notice, organization))

    assert error(answered) == MALFORMED_PATH
    [line] = [r.__dict__["fields"] for r in caplog.records if r.name == "gpd_soap.exchange"]
    assert line["fault"] == "PAA_SINTASSI_XSD"
    assert line["organization"] in ("-", world.ORGANIZATION)
    assert line["notice"] in ("-", "0144")
    for sent in (organization, notice):
        assert sent in ("77777777777", "301000000000000144") or sent not in answered.body.decode()


@pytest.mark.parametrize(
    "where",
    [
        "/payment-options", "/payment-options/", "/payment-options/organizations/77777777777",
        f"{path('301000000000000144')}/", f"{path('301000000000000144')}/x", path(""),
        path("301000000000000144", ""), f"/{path('301000000000000144')}",
        f"{path('..')}/../../../organizations", path("a/b"),
        path("301000000000000144").upper(),
    ],
)  # fmt: skip
def test_other_path_is_404(quick: Wsgi, where: str) -> None:
    """No other path reaches notices or the admin face, whatever the method."""
    assert {call(quick, method, where).status for method in ("GET", "POST")} == {404}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"])
def test_method_other_than_post_is_405(quick: Wsgi, method: str) -> None:
    """The answer names the allowed method."""
    answered = call(quick, method, path(world.nav(1)))

    assert (answered.status, answered.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("body", [b"", b"{}", b"{", b"<x/>", b"\xff" * 2048])
def test_body_of_a_query_is_ignored(quick: Wsgi, body: bytes) -> None:
    """The platform sends no body, and any other body changes nothing."""
    kinds = ("", "application/json", "text/xml", "multipart/form-data")
    where = path(world.nav(1))
    answers = {call(quick, "POST", where, body, CONTENT_TYPE=kind).body for kind in kinds}

    assert answers == {call(quick, "POST", where).body}


def test_body_over_the_limit_is_413(shared: SharedWorld) -> None:
    """The limit holds for the Content-Length and for the bytes that arrive."""
    bounded, long = shared.face(max_body=2048), io.BytesIO(b" " * 4096)
    where = path(world.nav(1))

    assert call(bounded, "POST", where, b" " * 2048).status == 200
    assert call(bounded, "POST", where, b" " * 2049).status == 413
    chunked: dict[str, Any] = {"wsgi.input": long, "CONTENT_LENGTH": ""}
    assert call(bounded, "POST", where, **chunked).status == 413
    assert long.tell() == 2049
    assert call(bounded, "POST", where, CONTENT_LENGTH="-1").status == 400


def test_failure_of_the_database_is_a_system_error(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer has the pair of the system error and no reason."""
    broken = world.face(Store(f"sqlite:///{tmp_path}/empty.db"))
    with caplog.at_level(logging.INFO):
        answered = call(broken, "POST", path(world.nav(1)))

    assert error(answered) == FAILED
    assert b"table" not in answered.body
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_exchange_is_logged_as_one_line_without_personal_data(
    quick: Wsgi, caplog: pytest.LogCaptureFixture
) -> None:
    """The line has the query and the decision, as for the Node's messages."""
    with caplog.at_level(logging.INFO):
        for serial in (1, 99, 15):
            call(quick, "POST", path(world.nav(serial)))

    lines = [r.__dict__["fields"] for r in caplog.records if r.name == "gpd_soap.exchange"]
    assert all(line.pop("ms") >= 0 for line in lines)
    unknown = {"outcome": "KO", "fault": "PAA_PAGAMENTO_SCONOSCIUTO", "status": 404}
    query = {"operation": "paymentOptions", "organization": world.ORGANIZATION}
    assert lines == [
        {**query, "notice": world.nav(1)[-4:], "outcome": "OK", "fault": "-",
         "rule": "options of the debt", "status": 200},
        {**query, **unknown, "notice": world.nav(99)[-4:],
         "rule": "rule 1: no notice of this number"},
        {**query, **unknown, "notice": world.nav(15)[-4:],
         "rule": "rule 3: the position is a draft"},
    ]  # fmt: skip
    for person in (world.DEBTOR.full_name, world.DEBTOR.code, world.nav(1)):
        assert person not in caplog.text
