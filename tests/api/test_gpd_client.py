"""A client of GPD works here with another base URL and key, over real sockets and PostgreSQL."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any, TypeVar

import pytest
import requests
from pydantic import BaseModel

from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from tests.api import paying
from tests.api.gpd_models import (
    IbanChange,
    Page,
    PageInfo,
    Paid,
    Position,
    PositionRead,
    Problem,
    Receipts,
)
from tests.api.office import NOW, ORGANIZATION, BackOffice, Clock, prepare
from tests.conftest import Databases
from tests.e2e.served import running, wait_for
from tests.ports import free_port
from tests.shared_world import SharedDatabase
from tests.validation.bodies import BANK, POSTAL, STAMP, body, iuv, nav, option, transfer

ALL = f"/organizations/{ORGANIZATION}/debtpositions"
ONE = f"{ALL}/POSIZIONE-1"
SECOND_BANK = "IT13L0306909606100000012345"

M = TypeVar("M", bound=BaseModel)


class Gpd:
    """A client of GPD's operations by method and path; an unexpected status is an error."""

    def __init__(self, base: str, key: str) -> None:
        self._base = base
        self._session = requests.Session()
        self._session.headers["Ocp-Apim-Subscription-Key"] = key

    def send(
        self, method: str, path: str, content: object = None, expected: int = 200, **query: Any
    ) -> bytes:
        """Send a request; return the body of the answer, which must have this status."""
        answer = self._session.request(
            method, self._base + path, json=content, params=query, timeout=180
        )
        assert answer.status_code == expected, answer.text
        return answer.content

    def get(self, model: type[M], path: str, **query: Any) -> M:
        """Read an answer of this model."""
        return model.model_validate_json(self.send("GET", path, **query))

    def change(
        self, model: type[M], method: str, path: str, content: object = None, **more: Any
    ) -> M:
        """Send a change; read an answer of this model."""
        return model.model_validate_json(self.send(method, path, content, **more))


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[SharedDatabase]:
    """A PostgreSQL database with an organization and its station, for the tests of this file."""
    with closing(SharedDatabase(databases.make("postgresql", prepare)[1])) as shared:
        yield shared


@pytest.fixture(scope="module")
def served(database: SharedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the admin face over it; its base URL."""
    bind, log_path = f"127.0.0.1:{free_port()}", tmp_path_factory.mktemp("gpd") / "log"
    variables = {"GPD_DATABASE_URL": database.url, "GPD_ADMIN_BIND": bind, "GPD_WORKERS": "2"}
    with running(
        [sys.executable, "-m", "gpd_soap", "serve", "admin"], log_path, **variables
    ) as process:
        wait_for(f"http://{bind}/health/live", process, log_path)
        yield f"http://{bind}"


@pytest.fixture
def base(served: str, database: SharedDatabase) -> tuple[str, str]:
    """The base URL, and a new key for one organization, which has no positions."""
    database.reset()
    with database.store.begin() as connection:
        _, key = keys.create(connection, "client", Role.WRITER, (ORGANIZATION,), NOW)
    return served, key


@pytest.fixture
def gpd(base: tuple[str, str]) -> Gpd:
    """A client of the first version of the API."""
    return Gpd(*base)


def sent(serial: int = 1, **more: object) -> dict[str, Any]:
    """A position with every field that GPD's clients send, with dates as they write them."""
    transfers = [
        transfer(
            1,
            postalIban=POSTAL,
            organizationFiscalCode=ORGANIZATION,
            companyName="Comune di Esempio",
            transferMetadata=[{"key": "CHIAVE", "value": "valore"}],
        ),
        transfer(2, 1600, iban=None, stamp=STAMP),
    ]
    notice = option(
        serial,
        *transfers,
        dueDate="2199-12-31T10:15:30.123",
        retentionDate="2199-12-31T23:00:00Z",
        paymentOptionMetadata=[{"key": "CHIAVE", "value": "valore"}],
    )
    return body(notice, country="IT", email="nessuno@esempio.it", payStandIn=False, **more)


def test_gpd_client_creates_publishes_updates_invalidates_and_deletes_a_position(gpd: Gpd) -> None:
    """Every answer fits the published model."""
    made = gpd.change(Position, "POST", ALL, sent(), expected=201)
    assert (made.status, made.payment_option[0].nav) == ("DRAFT", nav(1))
    assert not made.pay_stand_in
    assert gpd.change(Position, "POST", f"{ONE}/publish").status == "VALID"

    read = gpd.get(PositionRead, ONE)
    assert (read.status, read.payment_option[0].status) == ("VALID", "PO_UNPAID")
    assert read.payment_option[0].due_date.microsecond == 123_000
    listed = gpd.get(
        Page, ALL, limit=5, page=0, status="VALID", orderby="COMPANY_NAME", ordering="ASC",
        due_date_from="2199-12-01", due_date_to="2199-12-31",
    )  # fmt: skip
    assert listed.payment_position_list == [read]
    assert listed.page_info == PageInfo(page=0, limit=5, items_found=1, total_pages=1)

    back = made.model_dump(mode="json", by_alias=True, exclude_none=True)
    changed = gpd.change(Position, "PUT", ONE, {**back, "fullName": "Mario"}, toPublish="true")
    assert (changed.full_name, changed.status) == ("Mario", "VALID")

    assert gpd.change(Position, "POST", f"{ONE}/invalidate").status == "INVALID"
    assert isinstance(json.loads(gpd.send("DELETE", ONE)), str)
    missing = gpd.change(Problem, "GET", ONE, expected=404)
    assert missing.title == "Not found the debt position"


def test_gpd_client_changes_an_iban_and_marks_a_notice_paid(gpd: Gpd) -> None:
    """The answers and the refusals are GPD's."""
    gpd.change(Position, "POST", ALL, sent(), expected=201, toPublish="true")
    transfers, paids = f"{ALL}/transfers", f"/organizations/{ORGANIZATION}/paymentoptions/paids"

    changed = gpd.change(IbanChange, "PATCH", transfers, {"newIban": SECOND_BANK}, oldIban=BANK)
    assert changed.updated_transfers == 1
    paid = gpd.change(Paid, "POST", f"{paids}/{nav(1)}", {"paymentDate": "2026-03-15T12:00:00"})
    assert (paid.status, paid.id_receipt) == ("PO_PAID", "CLOSED_AS_ALREADY_PAID_BY_EC")
    assert paid.transfer[0].iban == SECOND_BANK

    read = gpd.get(PositionRead, ONE)
    assert (read.status, read.payment_date) == ("PAID", paid.payment_date)
    again = gpd.change(Problem, "POST", f"{paids}/{nav(1)}", {}, expected=409)
    assert again.title == "Existing related payment found"


def test_gpd_client_of_v2_creates_updates_and_deletes_several_positions(
    base: tuple[str, str],
) -> None:
    """Its base URL ends in /v2; creations and updates have an empty answer, a deletion a text."""
    first, second = Gpd(*base), Gpd(f"{base[0]}/v2", base[1])
    many = {"paymentPositions": [sent(serial, iupd=f"P{serial}") for serial in range(1, 4)]}

    assert second.send("POST", ALL, many, expected=201, toPublish="true") == b""
    assert second.send("PUT", ALL, many) == b""
    refused = second.change(Problem, "POST", ALL, many, expected=409)
    deletion = {"paymentPositionIUPDs": ["P1", "P2"]}
    assert second.send("DELETE", ALL, deletion).startswith(b'"')

    assert refused.title == "The debt position violated constraints of uniqueness"
    left = first.get(Page, ALL).payment_position_list
    assert [(each.iupd, each.status) for each in left] == [("P3", "VALID")]


def test_gpd_client_lists_and_reads_receipts(
    base: tuple[str, str], database: SharedDatabase
) -> None:
    """The list has the published fields, and the receipt is the XML that the Node sent."""
    office = BackOffice(database.store, Clock())
    office.create(body(option(1)), "?toPublish=true")
    assert paying.send(office, paying.message(1, paymentDateTime="2026-03-16T09:58:31")) == "OK"
    gpd = Gpd(*base)

    listed = gpd.get(Receipts, paying.RECEIPTS, **{"from": "2026-03-01", "to": "2026-03-31"})
    [receipt] = listed.receipts_list
    xml = gpd.send("GET", f"{paying.RECEIPTS}/{receipt.iuv}")
    missing = gpd.change(Problem, "GET", f"{paying.RECEIPTS}/{iuv(2)}", expected=404)

    assert listed.results == [receipt]
    assert (receipt.iuv, receipt.status) == (iuv(1), "PAID")
    assert f"<creditorReferenceId>{receipt.iuv}</creditorReferenceId>".encode() in xml
    assert missing.title == "Not found the receipt"


def test_gpd_client_with_wrong_key_or_organization_is_401_or_403(base: tuple[str, str]) -> None:
    """A valid key of any organization can read `/info`."""
    gpd, stranger = Gpd(*base), Gpd(base[0], "wrong")

    assert stranger.change(Problem, "GET", ALL, expected=401).status == 401
    other = "/organizations/15376371009/debtpositions"
    assert gpd.change(Problem, "GET", other, expected=403).status == 403
    for version in ("", "/v2"):
        assert b'"name":"gpd-soap"' in gpd.send("GET", f"{version}/info")
