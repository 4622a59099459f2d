"""The program as it is deployed, gunicorn with two workers, called by real clients."""

import base64
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import requests
import zeep
from sqlalchemy import update

from gpd_soap.core import rome
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import KINDS, FreshDatabase, LendDatabase
from tests.e2e.served import running, serving, wait_for
from tests.messages.build import claim, qr, receipt, soap_request
from tests.ports import free_port

XML = {"Content-Type": "text/xml", "SOAPAction": '"paVerifyPaymentNotice"'}
VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
RECEIPT = soap_request("paSendRTV2", claim() + receipt(world.nav(1))).encode()
SENDERS = 8


def living(url: str) -> None:
    """Create the world with due dates far in the future, so that notices are payable today."""
    world.prepare(url)
    store = Store(url)
    with store.begin() as connection:
        connection.execute(
            update(tables.payment_option)
            .where(tables.payment_option.c.due_at == world.DUE)
            .values(due_at=rome.end_of_day(date(2199, 12, 31)))
        )
    store.close()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """A database of the world with due dates far in the future."""
    return fresh_database(request.param, living)


@pytest.fixture(scope="module")
def address_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """URL of the node face, served over a database by two workers; each starts once."""
    with ExitStack() as served:

        @cache
        def start(database: str) -> str:
            log_path = tmp_path_factory.mktemp("served") / "log"
            return served.enter_context(serving("all", database, log_path))

        yield start


@pytest.fixture(params=KINDS)
def shared_url(request: pytest.FixtureRequest, shared_database: LendDatabase) -> str:
    """A database like `database`, whose rows are put back after the test."""
    return shared_database(request.param, living).url


@pytest.fixture
def address(shared_url: str, address_of: Callable[[str], str]) -> str:
    """URL of the node face over it."""
    return address_of(shared_url)


def test_verify_is_answered_with_the_amount_from_the_database(address: str) -> None:
    """The answer is XML with outcome OK."""
    answered = requests.post(address, VERIFY, headers=XML, timeout=180)

    assert answered.status_code == 200
    assert answered.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert b"<outcome>OK</outcome>" in answered.content
    assert b"<amount>100.00</amount>" in answered.content


def test_payment_options_are_answered(address: str) -> None:
    """They are answered beside the Node's messages, with or without a body, on one connection."""
    base, name = address.removesuffix("/partner"), f"organizations/{world.ORGANIZATION}/notices"
    with requests.Session() as session:
        answers = [
            session.post(f"{base}/payment-options/{name}/{notice}", data=content, timeout=180)
            for notice, content in ((world.nav(3), b""), (world.nav(3), b"{}"), ("x", b""))
        ]

    assert [answered.status_code for answered in answers] == [200, 200, 400]
    options = answers[1].json()["paymentOptions"]
    assert [option["status"] for option in options] == ["PO_UNPAID"] * 2
    assert [option["numberOfInstallments"] for option in options] == [3, 1]
    assert answers[2].json()["appErrorCode"] == "ODP-101"


def test_soap_client_calls_all_six_operations_from_the_wsdl(address: str) -> None:
    """The client knows the URL of the WSDL alone."""
    client = zeep.Client(f"{address}?wsdl")  # type: ignore[no-untyped-call]  # zeep's
    service, route = client.service, {
        "idPA": world.ORGANIZATION, "idBrokerPA": world.BROKER, "idStation": world.STATION,
    }  # fmt: skip
    code = {"fiscalCode": world.ORGANIZATION, "noticeNumber": world.nav(9)}
    subject = {
        "uniqueIdentifier": {
            "entityUniqueIdentifierType": "F", "entityUniqueIdentifierValue": "ANONIMO",
        },
        "fullName": "ANONIMO",
    }  # fmt: skip

    due = service.paVerifyPaymentNotice(**route, qrCode=code)
    refused = service.paGetPayment(**route, qrCode=code)
    data = service.paGetPaymentV2(**route, qrCode=code).data
    demanded = service.paDemandPaymentNotice(
        **route,
        idServizio="00001",
        idSoggettoServizio="00009",
        datiSpecificiServizioRequest=b"<a/>",
    )

    def sent(data: object, transfers: list[object]) -> dict[str, object]:
        return {
            "receiptId": f"receipt-{data.creditorReferenceId}",  # type: ignore[attr-defined]  # zeep makes the classes
            "noticeNumber": f"3{data.creditorReferenceId}",  # type: ignore[attr-defined]  # zeep makes the classes
            "fiscalCode": world.ORGANIZATION, "outcome": "OK",
            "creditorReferenceId": data.creditorReferenceId,  # type: ignore[attr-defined]  # zeep makes the classes
            "paymentAmount": data.paymentAmount,  # type: ignore[attr-defined]  # the same
            "description": "Tributo", "companyName": world.NAME, "debtor": subject,
            "transferList": {"transfer": transfers}, "idPSP": "PSP", "PSPCompanyName": "PSP",
            "idChannel": "CH", "channelDescription": "app",
        }  # fmt: skip

    first, stamp = data.transferList.transfer
    paid_stamp = {
        "idTransfer": 2, "transferAmount": stamp.transferAmount,
        "fiscalCodePA": stamp.fiscalCodePA, "MBDAttachment": b"<stamp/>",
        "remittanceInformation": stamp.remittanceInformation,
        "transferCategory": stamp.transferCategory,
    }  # fmt: skip
    paid = {name: first[name] for name in (
        "idTransfer", "transferAmount", "fiscalCodePA", "IBAN", "remittanceInformation",
        "transferCategory",
    )}  # fmt: skip
    accepted = service.paSendRTV2(**route, receipt=sent(data, [paid, paid_stamp]))
    code["noticeNumber"] = world.nav(1)
    single = service.paGetPayment(**route, qrCode=code).data
    accepted_v1 = service.paSendRT(**route, receipt=sent(single, [{
        name: single.transferList.transfer[0][name] for name in paid
    }]))  # fmt: skip

    assert (due.outcome, str(due.paymentList.paymentOptionDescription.amount)) == ("OK", "116.00")
    assert refused.fault.faultCode == "PAA_SEMANTICA"
    assert stamp.richiestaMarcaDaBollo.hashDocumento == base64.b64decode(world.HASH)
    assert demanded.qrCode.noticeNumber == world.nav(33)
    assert (accepted.outcome, accepted_v1.outcome) == ("OK", "OK")
    assert service.paVerifyPaymentNotice(**route, qrCode=code).fault.faultCode == (
        "PAA_PAGAMENTO_DUPLICATO"
    )


def test_receipt_sent_several_times_at_once_pays_once(address: str, shared_url: str) -> None:
    """Every answer is OK, and the copies are counted."""
    together = threading.Barrier(SENDERS)

    def send(_: int) -> bytes:
        together.wait(60)
        return requests.post(address, RECEIPT, headers=XML, timeout=180).content

    with ThreadPoolExecutor(SENDERS) as pool:
        answers = set(pool.map(send, range(SENDERS)))

    [answer] = answers
    assert b"<outcome>OK</outcome>" in answer
    [stored] = _receipts(shared_url)
    assert (stored["kept"], stored["copies"], stored["variant"]) == ("applied", SENDERS, 0)


def test_receipt_committed_before_a_crash_is_counted_at_its_repetition(
    database: str, tmp_path: Path
) -> None:
    """The worker dies after the commit and before the answer, and the notice is paid once."""
    port = free_port()
    crashing = [sys.executable, "-m", "tests.e2e.crashing", database, str(port)]
    log_path = tmp_path / "crashing"
    with running(crashing, log_path) as process:
        wait_for(f"http://127.0.0.1:{port}/health/live", process, log_path)
        with pytest.raises(requests.ConnectionError):
            requests.post(f"http://127.0.0.1:{port}/partner", RECEIPT, headers=XML, timeout=180)
    with serving("node", database, tmp_path / "log") as address:
        again = requests.post(address, RECEIPT, headers=XML, timeout=180)

    assert b"<outcome>OK</outcome>" in again.content
    [stored] = _receipts(database)
    assert (stored["kept"], stored["copies"]) == ("applied", 2)


def test_request_for_the_other_face_of_a_listener_is_404(database: str, tmp_path: Path) -> None:
    """Headers of a client do not change the face of a listener."""
    admin = free_port()
    variables = {"GPD_ADMIN_BIND": f"127.0.0.1:{admin}"}
    with serving("all", database, tmp_path / "log", **variables) as address:
        forged = {"Host": f"127.0.0.1:{admin}", "X-Forwarded-Port": str(admin)}
        node = requests.post(address, VERIFY, headers={**XML, **forged}, timeout=180)
        crossed = requests.post(
            f"http://127.0.0.1:{admin}/partner", VERIFY, headers=XML, timeout=180
        )
        ready = requests.get(f"http://127.0.0.1:{admin}/health/ready", timeout=180)

    assert (node.status_code, crossed.status_code, ready.status_code) == (200, 404, 200)
    assert b"<outcome>OK</outcome>" in node.content


def test_log_of_a_payment_has_no_personal_data(database: str, tmp_path: Path) -> None:
    """The log has the line of the exchange without names, codes and XML."""
    with serving("node", database, tmp_path / "log", GPD_JOURNAL="log") as address:
        for message in (VERIFY, RECEIPT, RECEIPT.replace(b"100.00", b"100"), RECEIPT[:-50]):
            requests.post(address, message, headers=XML, timeout=180)
    log_text = (tmp_path / "log").read_text(encoding="utf-8")

    assert '"operation": "paSendRTV2"' in log_text
    for secret in (world.DEBTOR.code, world.DEBTOR.full_name, world.BANK, world.nav(1), "<"):
        assert secret not in log_text


def _receipts(database: str) -> list[dict[str, object]]:
    store = Store(database)
    with store.begin() as connection:
        rows = [dict(row) for row in connection.execute(tables.receipt.select()).mappings()]
    store.close()
    return rows
