"""Whatever the schema allows is accepted: no syntax error, no fault, and no failure of ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import delete, select, update

from gpd_soap.contract.schema import Schema
from gpd_soap.soap import models
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.soap.service import PaForNode
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests import world
from tests.calling import call
from tests.conftest import KINDS, WorldOf
from tests.drawn import draws
from tests.messages.build import envelope
from tests.soap.lexical import GRAMMAR, collapsed, elements
from tests.world import nav

SCHEMA = Schema()
OPTION, RECEIPT = tables.payment_option.c, tables.receipt.c
ANY = draws(30)
pytestmark = pytest.mark.random

#: The values by which a receipt is that of a notice of ours.
NOTICE: dict[str, st.SearchStrategy[str]] = {
    "/idPA": st.just(world.ORGANIZATION),
    "/receipt/noticeNumber": st.just(nav(1)),
    "/receipt/fiscalCode": st.just(world.ORGANIZATION),
    "/receipt/outcome": st.just("OK"),
    "/receipt/creditorReferenceId": st.just(nav(1)[1:]),
    "/receipt/paymentAmount": collapsed(
        st.sampled_from(["", "0", "0" * 5000]).map(lambda zeros: f"{zeros}100.00")
    ),
}


def messages(operation: str, fixed: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """Return a strategy of valid requests of an operation."""
    model = PaForNode.public_methods[operation].in_message
    root = model.get_type_name()
    kind = GRAMMAR.type_at(f"{{{models.NAMESPACE}}}{root}", [])
    return elements(model, kind, fixed).map(  # type: ignore[no-any-return]  # Hypothesis' map of untyped models
        lambda content: envelope(f"<pafn:{root}>{content}</pafn:{root}>").encode()
    )


def is_valid(message: bytes) -> bool:
    """Return whether the contract accepts a message."""
    payload = open_envelope(message)
    assert not isinstance(payload, NotSoap)
    return SCHEMA.check(payload) is None


def reset(store: Store) -> None:
    """Remove every receipt and its effect."""
    with store.begin() as connection:
        connection.execute(delete(tables.receipt))
        connection.execute(
            update(tables.payment_option)
            .where(OPTION.nav == nav(1))
            .values(paid_at=None, receipt_id=None, payment_date=None)
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", ["paSendRT", "paSendRTV2"])
def test_valid_receipt_is_applied(operation: str, kind: str, shared_world: WorldOf) -> None:
    """A date that cannot be stored is left out, and is the only reason for a review."""
    shared = shared_world(kind)

    @ANY
    @given(message=messages(operation, NOTICE))
    def applied(message: bytes) -> None:
        assert is_valid(message)
        reset(shared.store)

        answered = call(shared.face(), "POST", "/partner", message, CONTENT_TYPE="text/xml")

        assert answered.status == 200, answered.body
        assert b"<outcome>OK</outcome>" in answered.body, answered.body
        with shared.store.begin() as connection:
            [row] = connection.execute(select(tables.receipt)).mappings()
            paid = connection.execute(
                select(OPTION.receipt_id).where(OPTION.nav == nav(1), OPTION.paid_at.is_not(None))
            ).scalar()
        reasons = [each for each in row["reasons"].split("; ") if each]
        assert all(each.endswith(" is out of range") for each in reasons)
        assert row["kept"] == ("review" if reasons else "applied")
        assert (row["raw"], paid) == (message, row["receipt_id"])

    applied()


QUESTIONS = ["paVerifyPaymentNotice", "paGetPayment", "paGetPaymentV2"]


@pytest.mark.parametrize("operation", QUESTIONS)
def test_valid_question_is_answered(operation: str, shared_world: WorldOf) -> None:
    """The dates and the amount of a question do not matter."""
    shared = shared_world("sqlite")
    route = {
        "/idPA": st.just(world.ORGANIZATION),
        "/idBrokerPA": st.just(world.BROKER),
        "/idStation": st.just(world.STATION),
        "/qrCode/fiscalCode": st.just(world.ORGANIZATION),
        "/qrCode/noticeNumber": st.just(nav(8)),
        "/transferType": st.sampled_from(["POSTAL", "PAGOPA"]),
    }

    @ANY
    @given(message=messages(operation, route))
    def answered_ok(message: bytes) -> None:
        assert is_valid(message)

        answered = call(shared.face(), "POST", "/partner", message, CONTENT_TYPE="text/xml")

        assert answered.status == 200, answered.body
        assert b"<outcome>OK</outcome>" in answered.body, answered.body

    answered_ok()


@pytest.mark.parametrize("operation", [*QUESTIONS, "paSendRT", "paSendRTV2"])
def test_valid_message_for_anybody_is_no_syntax_error(
    operation: str, shared_world: WorldOf
) -> None:
    """Codes of any characters are answered, on the database that refuses more of them."""
    shared = shared_world("postgresql")

    @ANY
    @given(message=messages(operation, {}))
    def answered_typed(message: bytes) -> None:
        assert is_valid(message)

        answered = call(shared.face(), "POST", "/partner", message, CONTENT_TYPE="text/xml")

        assert answered.status == 200, answered.body
        code = etree.fromstring(answered.body).findtext(".//faultCode")
        assert code not in ("PAA_SINTASSI_XSD", "PAA_SYSTEM_ERROR"), answered.body

    answered_typed()
