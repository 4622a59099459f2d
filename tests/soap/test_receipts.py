"""Receipts over SOAP that take more than one message to tell."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap.soap.stored import document
from gpd_soap.store import tables
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests import world
from tests.calling import call
from tests.conftest import KINDS, FreshDatabase, WorldOf
from tests.messages.build import asked, claim, qr, receipt, transfer
from tests.world import nav

MESSAGES = Path(__file__).parents[1] / "messages"
PLAIN = asked("paSendRTV2", claim() + receipt(nav(1)))


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, shared_world: WorldOf) -> Store:
    """A store of the world."""
    return shared_world(request.param).store


def send(store: Store, message: str | bytes) -> bytes:
    """Post a receipt and give back the answer."""
    raw = message.encode() if isinstance(message, str) else message
    return call(world.face(store), "POST", "/partner", raw, CONTENT_TYPE="text/xml").body


def kept(store: Store) -> list[tuple[Any, ...]]:
    """Every receipt: its variant, as what it is kept, how often it came, what it pays."""
    row = tables.receipt.c
    with store.begin() as connection:
        found = connection.execute(
            select(row.variant, row.kept, row.copies, row.nav).order_by(row.receipt_id, row.variant)
        )
        return [tuple(each) for each in found]


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
def test_the_same_content_in_another_dress_is_the_same(store: Store, again: str | bytes) -> None:
    """Content is compared, not bytes: a retry through another stack is counted on the first."""
    assert b"<outcome>OK</outcome>" in send(store, PLAIN)
    assert b"<outcome>OK</outcome>" in send(store, again)

    assert kept(store) == [(0, "applied", 2, nav(1))]


#: What the digests of 0.1.0 were when they were first kept.
DIGESTS = {
    "paSendRTV2/everything": "51af1b9c2083a4d2f367514fb48f2bfaa33586b0b383b409a6146ac30cabb688",
    "paSendRTV2/stamp": "dab5c3a638d197c96a24383e68e8a567793654b327a9ca8a0527e66a13c29db9",
    "paSendRTV2/bundles": "2aadbe7cf00b33c3ff859886eaec122bc1b96c9278f0fb026df5bebceed1fc92",
    "paSendRT/amount-differs": "d15d6cc4ddff1101d31480c1c6883fd298b538b87c4988fc04c508a201a21af4",
}


@pytest.mark.parametrize("case", DIGESTS)
def test_a_receipt_keeps_its_digest_from_release_to_release(case: str) -> None:
    """Or one that is sent again after an upgrade would be taken for another."""
    raw = (MESSAGES / case / "ask.xml").read_bytes()

    assert document(raw, DIGESTS[case]).startswith(b"<?xml")
    with pytest.raises(ValueError, match="does not hold the receipt"):
        document(raw.replace(b"<idPSP>", b"<idPSP>X"), DIGESTS[case])


def test_other_content_under_one_receipt_id_is_conflicting(store: Store) -> None:
    """Each other content is kept once beside the first, counted, and changes nothing."""
    fee = asked("paSendRTV2", claim() + receipt(nav(1), fee="1.00"))
    other_notice = asked("paSendRTV2", claim() + receipt(nav(27), "25.50"))
    for message in (PLAIN, fee, other_notice, fee, PLAIN):
        assert b"<outcome>OK</outcome>" in send(store, message)

    assert kept(store) == [
        (0, "applied", 2, nav(1)), (1, "conflicting", 2, nav(1)), (2, "conflicting", 1, nav(27)),
    ]  # fmt: skip
    assert not _paid(store, 27)


def test_v1_and_v2_of_one_receipt_are_one_money(store: Store) -> None:
    """The same receiptId as V1 and as V2 never pays twice."""
    send(store, asked("paSendRT", claim() + receipt(nav(1))))
    send(store, PLAIN)

    assert kept(store) == [(0, "applied", 1, nav(1)), (1, "conflicting", 1, nav(1))]


def test_two_receipts_of_one_notice_are_one_payment_and_one_refund(store: Store) -> None:
    """The second payment of a notice is kept for refund, and the first stays."""
    send(store, PLAIN)
    send(store, PLAIN.replace("c0ffee00c0ffee00c0ffee00c0ffee00", "second"))

    assert kept(store) == [(0, "applied", 1, nav(1)), (0, "double", 1, nav(1))]
    assert _paid(store, 1) == "c0ffee00c0ffee00c0ffee00c0ffee00"


def test_a_copy_of_a_receipt_for_each_organization_is_kept_for_each(store: Store) -> None:
    """Two organizations of ours may get the same receiptId: the key is (idPA, receiptId)."""
    send(store, PLAIN)
    answer = send(store, asked("paSendRTV2", claim(world.OTHER, station="any") + receipt(nav(1))))

    assert b"<outcome>OK</outcome>" in answer
    assert [how for _, how, _, _ in kept(store)] == ["applied", "secondary"]


def test_an_unmatched_receipt_finds_its_position(store: Store) -> None:
    """Money for a notice that is not here yet settles in the transaction that brings it."""
    send(store, asked("paSendRTV2", claim() + receipt(nav(40))))
    assert kept(store) == [(0, "unmatched", 1, nav(40))]

    with store.begin() as connection:
        positions.add(connection, [world.position("LATE", world.option(40))], world.NOW)

    assert kept(store) == [(0, "applied", 1, nav(40))]
    assert _paid(store, 40) == "c0ffee00c0ffee00c0ffee00c0ffee00"


def test_what_is_paid_is_written_on_the_notice(store: Store) -> None:
    """A paid notice knows its receipt, PSP, date, method and fee."""
    send(
        store,
        asked(
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


def test_a_question_is_one_query_and_a_receipt_one_transaction(
    fresh_database: FreshDatabase,
) -> None:
    """Speed is a property of the design: what reaches the database is counted."""
    store = Store(fresh_database("sqlite", world.prepare))
    heard: list[str] = []
    verify = asked("paVerifyPaymentNotice", claim() + qr(nav(6))).encode()
    payment = asked("paGetPaymentV2", claim() + qr(nav(6))).encode()
    face = world.face(store)
    call(face, "POST", "/partner", verify, CONTENT_TYPE="text/xml")
    driver: sqlite3.Connection = store._connections._current().driver
    driver.set_trace_callback(lambda statement: heard.append(statement.split()[0]))

    def said(message: bytes) -> list[str]:
        heard.clear()
        answered = call(face, "POST", "/partner", message, CONTENT_TYPE="text/xml")
        assert b"<outcome>OK</outcome>" in answered.body
        return list(heard)

    assert said(verify) == ["SELECT"]
    assert said(payment) == ["SELECT"]
    assert said(PLAIN.encode()) == ["SELECT", "BEGIN", "INSERT", "UPDATE", "COMMIT"]
    store.close()


def test_five_transfers_are_taken(store: Store) -> None:
    """The largest receipt that the contract allows is an ordinary one."""
    shares = "".join(transfer(n, "20.00") for n in range(1, 6))
    send(store, asked("paSendRTV2", claim() + receipt(nav(1), transferList=shares)))

    assert kept(store) == [(0, "applied", 1, nav(1))]


def _paid(store: Store, serial: int) -> str | None:
    option = tables.payment_option.c
    with store.begin() as connection:
        return connection.execute(
            select(option.receipt_id).where(option.nav == nav(serial), option.paid_at.is_not(None))
        ).scalar()
