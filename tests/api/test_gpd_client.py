"""A client of GPD works here with another base URL and key, over real sockets and PostgreSQL.

Its models are those of GPD's published API, read strictly: an unknown field is an error, and so is
the absence of a field that GPD always sends.

"""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any, Literal, TypeVar

import pytest
import requests
from pydantic import BaseModel, ConfigDict, Field, NaiveDatetime
from pydantic.alias_generators import to_camel

from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from tests.api import paying
from tests.api.office import NOW, ORGANIZATION, BackOffice, Clock, prepare
from tests.conftest import Databases
from tests.e2e.served import running, wait_for
from tests.ports import free_port
from tests.shared_world import SharedDatabase
from tests.validation.bodies import BANK, POSTAL, STAMP, body, iuv, nav, option, transfer

ALL = f"/organizations/{ORGANIZATION}/debtpositions"
ONE = f"{ALL}/POSIZIONE-1"
SECOND_BANK = "IT13L0306909606100000012345"

State = Literal[
    "DRAFT", "PUBLISHED", "VALID", "INVALID", "EXPIRED", "PARTIALLY_PAID", "PAID", "REPORTED"
]
Cents = Annotated[int, Field(ge=0, lt=2**63)]


class Model(BaseModel):
    """A body that is read strictly: exact types, known fields alone, dates without a zone."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Metadata(Model):
    """GPD's MetadataModel."""

    key: str
    value: str


class Stamp(Model):
    """GPD's Stamp."""

    hash_document: str
    stamp_type: str
    provincial_residence: str


class Transfer(Model):
    """GPD's TransferModel."""

    id_transfer: Literal["1", "2", "3", "4", "5"]
    amount: Cents
    organization_fiscal_code: str
    remittance_information: str
    category: str
    iban: str | None = None
    postal_iban: str | None = None
    company_name: str | None = None
    stamp: Stamp | None = None
    transfer_metadata: list[Metadata]


class TransferRead(Transfer):
    """GPD's TransferModelResponse."""

    inserted_date: NaiveDatetime
    last_updated_date: NaiveDatetime
    status: Literal["T_UNREPORTED", "T_REPORTED"]


class Notice(Model):
    """The fields that PaymentOptionModel and PaymentOptionModelResponse share."""

    nav: str
    iuv: str
    amount: Cents
    description: str
    is_partial_payment: bool
    due_date: NaiveDatetime
    retention_date: NaiveDatetime | None = None
    payment_option_metadata: list[Metadata]


class Option(Notice):
    """GPD's PaymentOptionModel."""

    fee: Cents | None = None
    notification_fee: Cents | None = None
    transfer: list[Transfer]


class OptionRead(Notice):
    """GPD's PaymentOptionModelResponse."""

    organization_fiscal_code: str
    inserted_date: NaiveDatetime
    last_updated_date: NaiveDatetime
    payment_date: NaiveDatetime | None = None
    reporting_date: NaiveDatetime | None = None
    payment_method: str | None = None
    fee: Cents
    notification_fee: Cents
    psp_company: str | None = None
    id_receipt: str | None = None
    id_flow_reporting: str | None = None
    status: Literal["PO_UNPAID", "PO_PAID", "PO_PARTIALLY_REPORTED", "PO_REPORTED"]
    transfer: list[TransferRead]


class Paid(OptionRead):
    """GPD's PaymentsModelResponse."""

    service_type: Literal["GPD"]


class Position(Model):
    """GPD's PaymentPositionModel."""

    iupd: str
    type: Literal["F", "G"]
    pay_stand_in: bool
    fiscal_code: str
    full_name: str
    street_name: str | None = None
    civic_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    province: str | None = None
    region: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None
    switch_to_expired: bool
    company_name: str
    office_name: str | None = None
    validity_date: NaiveDatetime | None = None
    payment_date: NaiveDatetime | None = None
    status: State
    payment_option: list[Option]


class PositionRead(Model):
    """GPD's PaymentPositionModelBaseResponse."""

    iupd: str
    organization_fiscal_code: str
    type: Literal["F", "G"]
    company_name: str
    office_name: str | None = None
    inserted_date: NaiveDatetime
    publish_date: NaiveDatetime | None = None
    validity_date: NaiveDatetime | None = None
    payment_date: NaiveDatetime | None = None
    status: State
    last_updated_date: NaiveDatetime
    payment_option: list[OptionRead]


class PageInfo(BaseModel):
    """GPD's PageInfo, whose fields are in snake case."""

    model_config = ConfigDict(extra="forbid", strict=True)

    page: int
    limit: int
    items_found: int
    total_pages: int


class Page(BaseModel):
    """GPD's PaymentPositionsInfo."""

    model_config = ConfigDict(extra="forbid", strict=True)

    payment_position_list: list[PositionRead]
    page_info: PageInfo


class Receipt(Model):
    """GPD's ReceiptModelResponse."""

    organization_fiscal_code: str
    iuv: str
    debtor: str
    payment_date_time: str
    status: str


class Receipts(Model):
    """GPD's PaymentsResult, with the field of the older ReceiptsInfo."""

    current_page_number: int
    length: int
    total_pages: int
    results: list[Receipt]
    receipts_list: Annotated[list[Receipt], Field(alias="receipts_list")]


class IbanChange(Model):
    """GPD's UpdateTransferIbanMassiveResponse."""

    description: str
    updated_transfers: int


class Problem(BaseModel):
    """GPD's ProblemJson with our `errors`; RFC 9457, section 3.2, allows more fields."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


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
