"""Receipts over SOAP: cases of more than one message."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from gpd_soap.core.receipt import Receipt, ReceiptFacts
from gpd_soap.soap.stored import document
from gpd_soap.store import tables
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests import world
from tests.calling import call
from tests.conftest import KINDS, FreshDatabase, WorldOf
from tests.messages.build import claim, qr, receipt, soap_request, transfer
from tests.world import nav

MESSAGES = Path(__file__).parents[1] / "messages"
PLAIN = soap_request("paSendRTV2", claim() + receipt(nav(1)))


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, shared_world: WorldOf) -> Store:
    """A store of the world."""
    return shared_world(request.param).store


def send(store: Store, message: str | bytes) -> bytes:
    """Post a receipt and return the answer."""
    raw = message.encode() if isinstance(message, str) else message
    return call(world.face(store), "POST", "/partner", raw, CONTENT_TYPE="text/xml").body


def stored(store: Store) -> list[tuple[Any, ...]]:
    """Return variant, status, copies and notice of every receipt."""
    row = tables.receipt.c
    with store.begin() as connection:
        rows = connection.execute(
            select(row.variant, row.kept, row.copies, row.nav).order_by(row.receipt_id, row.variant)
        )
        return [tuple(each) for each in rows]


@pytest.mark.parametrize(
    "again",
    [
        PLAIN.replace("pafn", "tns").replace("soapenv", "SOAP-ENV"),
        re.sub(r">\s*<", ">\r\n  <", PLAIN),
        PLAIN.replace("<receiptId>", "<!-- again --><receiptId>"),
        PLAIN.replace("<idPSP>PSPDIESEMPIO", "<idPSP><![CDATA[PSPDIESEMPIO]]>"),
        PLAIN.replace('"UTF-8"', '"UTF-16"').encode("utf-16"),
    ],
    ids=["prefixes", "indentation", "comment", "cdata", "encoding"],
)
def test_receipt_in_another_form_is_a_repetition(store: Store, again: str | bytes) -> None:
    """Prefixes, indents, comments, CDATA and the encoding are not content."""
    assert b"<outcome>OK</outcome>" in send(store, PLAIN)
    assert b"<outcome>OK</outcome>" in send(store, again)

    assert stored(store) == [(0, "applied", 2, nav(1))]


#: The digests that version 0.1.0 stored.
DIGESTS = {
    "paSendRTV2/everything": "51af1b9c2083a4d2f367514fb48f2bfaa33586b0b383b409a6146ac30cabb688",
    "paSendRTV2/stamp": "dab5c3a638d197c96a24383e68e8a567793654b327a9ca8a0527e66a13c29db9",
    "paSendRTV2/bundles": "2aadbe7cf00b33c3ff859886eaec122bc1b96c9278f0fb026df5bebceed1fc92",
    "paSendRT/amount-differs": "d15d6cc4ddff1101d31480c1c6883fd298b538b87c4988fc04c508a201a21af4",
}


@pytest.mark.parametrize("case", DIGESTS)
def test_digest_of_a_receipt_is_that_of_version_0_1_0(case: str) -> None:
    """After an upgrade, a receipt that is sent again must be a repetition."""
    raw = (MESSAGES / case / "ask.xml").read_bytes()

    assert document(raw, DIGESTS[case]).startswith(b"<?xml")
    with pytest.raises(ValueError, match="does not hold the receipt"):
        document(raw.replace(b"<idPSP>", b"<idPSP>X"), DIGESTS[case])


def test_other_content_under_one_receipt_id_is_conflicting(store: Store) -> None:
    """Each other content is stored once, counted, and changes no notice."""
    fee = soap_request("paSendRTV2", claim() + receipt(nav(1), fee="1.00"))
    other_notice = soap_request("paSendRTV2", claim() + receipt(nav(27), "25.50"))
    for message in (PLAIN, fee, other_notice, fee, PLAIN):
        assert b"<outcome>OK</outcome>" in send(store, message)

    assert stored(store) == [
        (0, "applied", 2, nav(1)), (1, "conflicting", 2, nav(1)), (2, "conflicting", 1, nav(27)),
    ]  # fmt: skip
    assert not _paid(store, 27)


def spelled(**values: str) -> str:
    """Return a receipt with every kind of value, some of them in another spelling."""
    common = {"fee": "1.50", "paymentDateTime": "2026-11-28T10:00:00", "standIn": "false",
              "applicationDate": "2026-11-28", "transferDate": "2026-11-28"}  # fmt: skip
    return soap_request("paSendRTV2", claim() + receipt(nav(1), **{**common, **values}))


SPELLED = spelled()
#: The same receipt with a value in another spelling.
SPELLINGS = {
    "blanks around": spelled(paymentDateTime=" 2026-11-28T10:00:00\n"),
    "fraction": spelled(paymentDateTime="2026-11-28T10:00:00.000"),
    "zone": spelled(paymentDateTime="2026-11-28T10:00:00+01:00"),
    "UTC": spelled(paymentDateTime="2026-11-28T09:00:00.0Z"),
    "zeros before": spelled(fee="01.50"),
    "amount": SPELLED.replace(">100.00<", "> 0100.00 <"),
    "number": SPELLED.replace("<idTransfer>1<", "<idTransfer> 1 <"),
    "day": spelled(transferDate=" 2026-11-28"),
    "boolean": spelled(standIn="0"),
    "another route too": spelled(standIn="0").replace(world.STATION, world.SECOND_STATION),
}


@pytest.mark.parametrize("again", SPELLINGS.values(), ids=SPELLINGS)
def test_receipt_in_another_spelling_is_a_repetition(store: Store, again: str) -> None:
    """Whichever comes first; the stored digest stays that of its texts."""
    for message in (SPELLED, again, SPELLED, again):
        assert b"<outcome>OK</outcome>" in send(store, message)

    assert again != SPELLED
    assert stored(store) == [(0, "applied", 4, nav(1))]


@pytest.mark.parametrize(
    "other",
    [
        spelled(paymentDateTime="2026-11-28T10:00:00Z"),
        spelled(paymentDateTime="2026-11-28T10:00:00.5"),
        spelled(fee="15.00"),
        spelled(standIn="1"),
        SPELLED.replace("PSP di Esempio<", "PSP di Esempio <"),
    ],
    ids=["an hour later", "half a second", "fee", "boolean", "text"],
)
def test_receipt_of_another_value_is_conflicting(store: Store, other: str) -> None:
    """In another spelling it is that conflicting one; a text counts letter by letter."""
    for message in (SPELLED, other, other.replace(">1<", "> 1 <"), SPELLED):
        send(store, message)

    assert stored(store) == [(0, "applied", 2, nav(1)), (1, "conflicting", 2, nav(1))]


def test_receipt_whose_message_was_erased_is_compared_by_its_texts(store: Store) -> None:
    """Nobody can read its values any more."""
    send(store, SPELLED)
    with store.begin() as connection:
        connection.execute(update(tables.receipt).values(raw=b""))
    for message in (SPELLED, SPELLINGS["zone"]):
        send(store, message)

    assert stored(store) == [(0, "applied", 2, nav(1)), (1, "conflicting", 1, nav(1))]


V1 = soap_request("paSendRT", claim() + receipt(nav(1)))
#: The same receipt by another route.
ROUTES = {
    "another station": PLAIN.replace(world.STATION, world.SECOND_STATION),
    "another broker": PLAIN.replace(world.BROKER, world.OTHER_BROKER),
    "unknown broker and station": PLAIN.replace(world.BROKER, "nobody"),
    "the first version": V1,
    "the first version and another station": V1.replace(world.STATION, world.SECOND_STATION),
}


@pytest.mark.parametrize("other", ROUTES.values(), ids=ROUTES)
def test_receipt_by_another_route_is_a_repetition(store: Store, other: str) -> None:
    """Station, broker and version are no content, whichever message comes first."""
    for message in (PLAIN, other, PLAIN, other):
        assert b"<outcome>OK</outcome>" in send(store, message)

    assert stored(store) == [(0, "applied", 4, nav(1))]


def test_other_content_by_another_route_is_counted_once(store: Store) -> None:
    """A conflicting receipt by another route is that conflicting receipt."""
    fee = soap_request("paSendRTV2", claim() + receipt(nav(1), fee="1.00"))
    for message in (PLAIN, fee, fee.replace(world.STATION, world.SECOND_STATION), fee):
        send(store, message)

    assert stored(store) == [(0, "applied", 1, nav(1)), (1, "conflicting", 3, nav(1))]


def test_receipt_by_another_route_gets_a_fault_if_the_setting_says_so(store: Store) -> None:
    """It is a repetition like any other."""
    send(store, PLAIN)
    face = world.face(store, duplicate_receipt="fault")
    other = ROUTES["another station"].encode()

    answered = call(face, "POST", "/partner", other, CONTENT_TYPE="text/xml")

    assert b"<faultCode>PAA_RECEIPT_DUPLICATA</faultCode>" in answered.body


@pytest.mark.parametrize("count", [2, 8])
def test_receipt_by_two_routes_at_once_is_settled_once(store: Store, count: int) -> None:
    """One is the first, and every other is counted on it."""
    messages = [PLAIN, ROUTES["another station"]] * (count // 2)
    face = world.face(store)

    def post(message: str) -> int:
        return call(face, "POST", "/partner", message.encode(), CONTENT_TYPE="text/xml").status

    with ThreadPoolExecutor(count) as threads:
        assert set(threads.map(post, messages)) == {200}

    assert stored(store) == [(0, "applied", count, nav(1))]


def test_conflicting_receipt_by_two_routes_at_once_is_stored_once(store: Store) -> None:
    """No other content was stored when the first of them was decided, but is when it is written."""
    fee = soap_request("paSendRTV2", claim() + receipt(nav(1), fee="1.00"))
    send(store, PLAIN)
    decided: list[ReceiptFacts] = []
    read = store.receipt_facts

    def reading(sent: Receipt) -> ReceiptFacts:
        facts = read(sent)
        if not decided:
            decided.append(facts)
            send(store, fee.replace(world.STATION, world.SECOND_STATION))
        return facts

    store.receipt_facts = reading  # type: ignore[method-assign,assignment]  # it reads late
    send(store, fee)

    assert len(decided[0].contents) == 1
    assert stored(store) == [(0, "applied", 1, nav(1)), (1, "conflicting", 2, nav(1))]


def test_second_receipt_of_a_notice_is_double(store: Store) -> None:
    """The notice keeps its first receipt."""
    send(store, PLAIN)
    send(store, PLAIN.replace("c0ffee00c0ffee00c0ffee00c0ffee00", "second"))

    assert stored(store) == [(0, "applied", 1, nav(1)), (0, "double", 1, nav(1))]
    assert _paid(store, 1) == "c0ffee00c0ffee00c0ffee00c0ffee00"


def test_receipt_for_two_organizations_is_stored_for_each(store: Store) -> None:
    """The key is the pair of idPA and receiptId."""
    send(store, PLAIN)
    answer = send(
        store, soap_request("paSendRTV2", claim(world.OTHER, station="any") + receipt(nav(1)))
    )

    assert b"<outcome>OK</outcome>" in answer
    assert [how for _, how, _, _ in stored(store)] == ["applied", "secondary"]


def test_unmatched_receipt_is_applied_when_its_position_arrives(store: Store) -> None:
    """The transaction that adds the position applies it."""
    send(store, soap_request("paSendRTV2", claim() + receipt(nav(40))))
    assert stored(store) == [(0, "unmatched", 1, nav(40))]

    with store.begin() as connection:
        positions.add(
            connection, [world.position("LATE", world.option(40))], world.NOW, world.ACTOR
        )

    assert stored(store) == [(0, "applied", 1, nav(40))]
    assert _paid(store, 40) == "c0ffee00c0ffee00c0ffee00c0ffee00"


def test_unmatched_receipt_without_its_date_is_in_review_when_its_position_arrives(
    store: Store,
) -> None:
    """The reason of the first decision is one of the second too."""
    distant = receipt(nav(40), paymentDateTime="12000-01-01T00:00:00")
    send(store, soap_request("paSendRTV2", claim() + distant))

    with store.begin() as connection:
        positions.add(
            connection, [world.position("LATE", world.option(40))], world.NOW, world.ACTOR
        )

    assert stored(store) == [(0, "review", 1, nav(40))]
    assert _paid(store, 40) == "c0ffee00c0ffee00c0ffee00c0ffee00"
    with store.begin() as connection:
        [row] = connection.execute(select(tables.receipt)).mappings()
    assert (row["reasons"], row["paid_at"]) == ("paymentDateTime is out of range", None)


def test_paid_notice_has_the_data_of_its_receipt(store: Store) -> None:
    """The notice has PSP, payment date, method and fee."""
    send(
        store,
        soap_request(
            "paSendRTV2",
            claim()
            + receipt(
                nav(1), pspFiscalCode="00000000000", paymentMethod="cash", fee="1.50",
                paymentDateTime="2026-03-16T09:58:31",
            ),
        ),
    )  # fmt: skip
    option = tables.payment_option.c
    with store.begin() as connection:
        row = connection.execute(select(tables.payment_option).where(option.nav == nav(1))).one()

    assert row.paid_at == world.NOW
    assert (row.psp, row.psp_name, row.psp_fiscal_code) == (
        "PSPDIESEMPIO", "PSP di Esempio", "00000000000",
    )  # fmt: skip
    assert (row.payment_method, row.fee) == ("cash", 150)
    assert row.payment_date.isoformat() == "2026-03-16T08:58:31+00:00"


def test_question_is_one_query_and_receipt_is_one_transaction(
    fresh_database: FreshDatabase,
) -> None:
    """The statements that reach the database are counted."""
    store = Store(fresh_database("sqlite", world.prepare))
    statements: list[str] = []
    verify = soap_request("paVerifyPaymentNotice", claim() + qr(nav(6))).encode()
    payment = soap_request("paGetPaymentV2", claim() + qr(nav(6))).encode()
    face = world.face(store)
    call(face, "POST", "/partner", verify, CONTENT_TYPE="text/xml")
    driver: sqlite3.Connection = store._connections._current().driver
    driver.set_trace_callback(lambda statement: statements.append(statement.split()[0]))

    def executed(message: bytes) -> list[str]:
        statements.clear()
        answered = call(face, "POST", "/partner", message, CONTENT_TYPE="text/xml")
        assert b"<outcome>OK</outcome>" in answered.body
        return list(statements)

    assert executed(verify) == ["SELECT"]
    assert executed(payment) == ["SELECT"]
    settled = ["SELECT", "BEGIN", "INSERT", "UPDATE", "INSERT", "COMMIT"]
    assert executed(PLAIN.encode()) == settled
    assert executed(PLAIN.encode()) == ["SELECT", "UPDATE"]
    assert executed(ROUTES["another station"].encode()) == ["SELECT", "SELECT", "UPDATE"]
    store.close()


def test_receipt_of_five_transfers_is_applied(store: Store) -> None:
    """The contract allows no more than five."""
    transfers = "".join(transfer(n, "20.00") for n in range(1, 6))
    send(store, soap_request("paSendRTV2", claim() + receipt(nav(1), transferList=transfers)))

    assert stored(store) == [(0, "applied", 1, nav(1))]


def _paid(store: Store, serial: int) -> str | None:
    option = tables.payment_option.c
    with store.begin() as connection:
        return connection.execute(
            select(option.receipt_id).where(option.nav == nav(serial), option.paid_at.is_not(None))
        ).scalar()
