"""The journal entry of each exchange over SOAP."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text

from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store import tables
from gpd_soap.store.journal import entries
from gpd_soap.store.journal.entries import Entry, JournalQuery
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.calling import call
from tests.conftest import KINDS, FreshDatabase, WorldOf
from tests.messages.build import claim, qr, receipt, soap_request, tags
from tests.shared_world import SharedWorld
from tests.world import nav

ROUTE = {"organization": world.ORGANIZATION, "broker": world.BROKER, "station": world.STATION}
NOTICE = {**ROUTE, "nav": nav(1)}
RECEIPT = {
    **NOTICE,
    "iuv": nav(1)[1:],
    "receipt_id": "c0ffee00c0ffee00c0ffee00c0ffee00",
    "psp": "PSPDIESEMPIO",
    "channel": "00000000000_01",
}
OK = {"outcome": "OK", "status": 200}


def ko(fault: str, rule: str) -> dict[str, object]:
    """Return the fields of a typed KO."""
    return {"outcome": "KO", "fault": fault, "rule": rule, "status": 200}


SERVICE = tags(
    idServizio="00001", idSoggettoServizio="00009", datiSpecificiServizioRequest="PGEvPg=="
)
SENT = soap_request("paSendRTV2", claim() + receipt(nav(1)))
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "verify": (
        soap_request("paVerifyPaymentNotice", claim() + qr(nav(1))),
        {"operation": "paVerifyPaymentNotice", **NOTICE, **OK, "rule": "payable"},
    ),
    "payment": (
        soap_request("paGetPayment", claim() + qr(nav(1)) + tags(amount="1.00")),
        {"operation": "paGetPayment", **NOTICE, **OK, "rule": "payable"},
    ),
    "payment-v2": (
        soap_request("paGetPaymentV2", claim() + qr(nav(1)) + tags(amount="1.00")),
        {"operation": "paGetPaymentV2", **NOTICE, **OK, "rule": "payable"},
    ),
    "receipt": (
        soap_request("paSendRT", claim() + receipt(nav(1))),
        {"operation": "paSendRT", **RECEIPT, **OK, "rule": "receipt: kept as applied"},
    ),
    "receipt-v2": (
        SENT,
        {"operation": "paSendRTV2", **RECEIPT, **OK, "rule": "receipt: kept as applied"},
    ),
    "demand": (
        soap_request("paDemandPaymentNotice", claim() + SERVICE),
        {"operation": "paDemandPaymentNotice", **ROUTE, **OK, "rule": "demand: a new notice"},
    ),
    "refusal": (
        soap_request("paVerifyPaymentNotice", claim() + qr(nav(13))),
        {"operation": "paVerifyPaymentNotice", **ROUTE, "nav": nav(13),
         **ko("PAA_PAGAMENTO_ANNULLATO", "rule 2: the position was withdrawn")},
    ),
    "probe": (
        soap_request("paVerifyPaymentNotice", claim() + qr("0" * 18)),
        {"operation": "paVerifyPaymentNotice", **ROUTE, "nav": "0" * 18,
         **ko("PAA_PAGAMENTO_SCONOSCIUTO", "probe: the Node asks whether we are alive")},
    ),
    "violation": (
        SENT.replace("100.00", "100"),
        {"operation": "paSendRTV2", "organization": world.ORGANIZATION,
         **ko("PAA_SINTASSI_XSD", "contract: paymentAmount, pattern")},
    ),
    "not-soap": (SENT[:-40], {"outcome": "Fault", "status": 500}),
}  # fmt: skip
NOT_SAID: dict[str, object] = {
    **dict.fromkeys(("organization", "operation", "broker", "station", "nav"), NOT_GIVEN),
    **dict.fromkeys(("iuv", "receipt_id", "psp", "channel", "soap_action")),
    "fault": NOT_GIVEN,
    "rule": NOT_GIVEN,
    "caller": "192.0.2.7",
    "arrived_at": world.NOW,
}


@pytest.fixture(params=KINDS)
def shared(request: pytest.FixtureRequest, shared_world: WorldOf) -> SharedWorld:
    """The world, for each kind of database."""
    return shared_world(request.param)


@pytest.fixture
def store(shared: SharedWorld) -> Store:
    """The store of the world."""
    return shared.store


@pytest.fixture(params=KINDS)
def own_store(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store of the world whose tables a test may change."""
    filled = Store(fresh_database(request.param, world.prepare))
    yield filled
    filled.close()


@pytest.fixture
def face(shared: SharedWorld) -> Wsgi:
    """The node face over it, with a journal."""
    return shared.face(journal="database")


def post(face: Wsgi, message: str | bytes, **headers: Any) -> int:
    """Post a message and return the status of the answer."""
    raw = message.encode() if isinstance(message, str) else message
    environ = {"CONTENT_TYPE": "text/xml", "REMOTE_ADDR": "192.0.2.7", **headers}
    return call(face, "POST", "/partner", raw, **environ).status


def journal(store: Store) -> list[Entry]:
    """Return every entry, once all are written."""
    assert store.journal.flush(10)
    query = JournalQuery(None, world.YESTERDAY, world.TOMORROW, limit=100)
    with store.begin() as connection:
        return entries.page(connection, query)[0]


@pytest.mark.parametrize("case", CASES)
def test_exchange_is_recorded_as_one_entry(store: Store, face: Wsgi, case: str) -> None:
    """The entry has request, caller, answer and decision."""
    message, expected = CASES[case]
    status = post(face, message)

    [entry] = journal(store)
    fields = entry._asdict()
    assert fields.pop("id") >= 0
    assert 0 < fields.pop("microseconds") < 60_000_000
    assert fields == {**NOT_SAID, **expected}
    assert fields["status"] == status


@pytest.mark.parametrize(
    ("case", "expected"),
    [("verify", ko("PAA_SYSTEM_ERROR", "we failed")), ("receipt", {"outcome": "Fault"})],
)
def test_failure_of_ours_is_recorded_as_one_entry(
    own_store: Store, case: str, expected: dict[str, object]
) -> None:
    """The entry of a question is a KO, and that of a receipt has the 503."""
    with own_store.begin() as connection:
        connection.execute(text("ALTER TABLE organization RENAME TO elsewhere"))

    status = post(world.face(own_store, journal="database"), CASES[case][0])

    [entry] = journal(own_store)
    fields = entry._asdict()
    assert {name: fields[name] for name in expected} == expected
    assert (fields["status"], fields["fault"]) == (status, "PAA_SYSTEM_ERROR")
    assert status == (503 if case == "receipt" else 200)


def test_journal_has_no_personal_data(store: Store, face: Wsgi) -> None:
    """A debtor's code is not recorded, even in the element of an organization."""
    for message, _ in CASES.values():
        post(face, message)
    post(face, SENT.replace(f"<idPA>{world.ORGANIZATION}", f"<idPA>{world.DEBTOR.code}"))
    post(face, SENT, HTTP_SOAPACTION=f'"{world.DEBTOR.code}"')
    text_of_all = str(journal(store))

    for secret in (world.DEBTOR.code, world.DEBTOR.full_name, world.BANK, "<", "Tributo"):
        assert secret not in text_of_all


def test_soap_action_that_disagrees_is_recorded(store: Store, face: Wsgi) -> None:
    """An unknown SOAPAction is recorded as unknown."""
    for action in ('"paSendRTV2"', "paSendRT", "<another/>"):
        post(face, SENT, HTTP_SOAPACTION=action)

    assert sorted(str(entry.soap_action) for entry in journal(store)) == [
        "None", "paSendRT", "unknown",
    ]  # fmt: skip


def test_long_receipt_id_is_recorded_as_the_key_of_the_receipt(store: Store, face: Wsgi) -> None:
    """Entry and receipt have the same key, whatever the length of the receiptId."""
    post(face, SENT.replace("c0ffee00", "c0ffee00" * 20))

    [entry] = journal(store)
    with store.begin() as connection:
        assert connection.execute(select(tables.receipt.c.receipt_id)).scalars().all() == [
            entry.receipt_id
        ]


def test_journal_setting_none_records_nothing(store: Store) -> None:
    """The setting turns the journal off."""
    assert post(world.face(store, journal="none"), SENT) == 200

    assert journal(store) == []


def test_receipt_is_answered_while_the_journal_cannot_be_written(own_store: Store) -> None:
    """The entry is written when the journal can be written again."""
    with own_store.begin() as connection:
        connection.execute(text("ALTER TABLE journal RENAME TO elsewhere"))
    assert post(world.face(own_store, journal="database"), SENT) == 200
    assert not own_store.journal.flush(10)

    with own_store.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO journal"))
    assert [entry.operation for entry in journal(own_store)] == ["paSendRTV2"]
