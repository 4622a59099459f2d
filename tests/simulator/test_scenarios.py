"""Verify, pay and probe, against real endpoints: good ones, faulty ones, and ours."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gpd_soap.simulator.caller import Caller
from gpd_soap.simulator.judging import Verdict
from gpd_soap.simulator.request import Addressee, Payment, Unusable
from gpd_soap.simulator.scenarios import AGAIN, ENDS, Step, pay, probe, verify
from gpd_soap.soap.envelope import open_envelope
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.messages import build
from tests.simulator.endpoints import (
    CONTRACT,
    GET,
    GET2,
    GOOD,
    NAV,
    NO,
    PARTY,
    SEND,
    SEND2,
    SHORT,
    VERIFY,
    Said,
    caller,
    institution,
    late,
    serving,
    silently,
    xml,
)

WHEN = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
PAYMENT = Payment("c0ffee", WHEN)
AGAIN_PAID = "PAA_RECEIPT_DUPLICATA"


def verified(said: Said) -> Step:
    """A verify that is answered so."""
    with institution({VERIFY: said}) as made:
        return verify(caller(made.url, SHORT), PARTY, NAV)


def paid(answers: dict[str, Said]) -> list[Step]:
    """A payment, where all is well but these answers."""
    with institution({**GOOD, **answers}) as made:
        return list(pay(caller(made.url, SHORT), PARTY, NAV, PAYMENT))


def test_a_payable_notice_is_told_in_one_line():
    """Amount, due date, description, company and whether all accounts are postal."""
    step = verified(GOOD[VERIFY])

    assert step.good
    said = "100.00 EUR, due 2026-04-30, Tributo 1, Comune di Esempio, all CCP: no"
    assert step.line.startswith(f"paVerifyPaymentNotice  OK  {said}  [")


def test_a_refusal_is_told_as_the_node_tells_it():
    """The Node's code first, then what the institution said."""
    step = verified(NO)

    assert not step.good
    assert "KO  PPT_ERRORE_EMESSO_DA_PAA: PAA_PAGAMENTO_DUPLICATO: " in step.line
    assert "L'avviso risulta già pagato." in step.line


FAULTY = {
    "slow": (Said(b"", manner=late), "PPT_STAZIONE_INT_PA_TIMEOUT"),
    "closing": (Said(b"", manner=silently), "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"),
    "failing": (Said(b"", 500), "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE: HTTP 500"),
    "a web page": (Said(b"<html>", kind="text/html"), "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"),
}


@pytest.mark.parametrize(("said", "told"), FAULTY.values(), ids=FAULTY)
def test_a_faulty_institution_is_told_in_one_line(said: Said, told: str):
    """Each way to fail has the Node's own name."""
    step = verified(said)

    assert not step.good
    assert told in step.line


def test_what_an_institution_says_cannot_steer_the_terminal():
    """Control characters and line ends of a fault's text stay out of our line."""
    tricky = NO.body.decode().replace("L'avviso", "&#13;&#10;\u202e\u0085L'avviso")

    assert verified(xml(tricky)).line.isprintable()


def test_requests_are_written_by_zeep_and_keep_the_contract():
    """Verify, getPayment with verify's amount, and the receipt: all three are valid."""
    with institution(GOOD) as made:
        terms = replace(PAYMENT, transfer_type="POSTAL")
        assert all(step.good for step in pay(caller(made.url), PARTY, NAV, terms))

    asked = [open_envelope(body) for _, body in made.asked]
    assert [CONTRACT.check(payload) for payload in asked] == [None] * 3  # type: ignore[arg-type]
    assert asked[1].findtext("amount") == "100.00"  # type: ignore[union-attr]
    assert asked[1].findtext("transferType") == "POSTAL"  # type: ignore[union-attr]


def test_the_first_form_is_used_where_it_is_asked_for():
    """Stations of the first form are never asked by the second."""
    with institution(GOOD) as made:
        steps = list(pay(caller(made.url), PARTY, NAV, replace(PAYMENT, v2=False)))

    assert [step.heard.operation for step in steps] == [VERIFY, GET, SEND]
    assert not made.bodies(GET2) + made.bodies(SEND2)


def test_a_notice_that_is_refused_is_not_paid():
    """The first no ends it."""
    assert [step.heard.operation for step in paid({VERIFY: NO})] == [VERIFY]


def test_the_same_receipt_is_sent_as_often_as_asked():
    """Byte for byte, as the Node's retry is."""
    with institution(GOOD) as made:
        steps = list(pay(caller(made.url), PARTY, NAV, replace(PAYMENT, times=3)))

    assert len(steps) == 5
    assert len(made.bodies(SEND2)) == 3
    assert len(set(made.bodies(SEND2))) == 1


@pytest.mark.parametrize(
    "said", [Said(b"", 503), Said(b"", manner=late), Said(b"", manner=silently)]
)
def test_a_receipt_that_is_not_answered_would_come_again(said: Said):
    """Whatever is no well-formed answer keeps the delivery going."""
    last = paid({SEND2: said})[-1]

    assert not last.good
    assert AGAIN in last.line


def test_a_refused_receipt_would_not_come_again():
    """A KO ends the delivery: the money is known to nobody."""
    last = paid({SEND2: xml(build.refused(SEND2, "PAA_SYSTEM_ERROR", "Riprovare."))})[-1]

    assert not last.good
    assert ENDS in last.line


def test_an_unknown_answer_to_a_receipt_that_was_never_taken_is_a_refusal():
    """A duplicate is well only after an OK."""
    steps = paid({SEND2: xml(build.refused(SEND2, AGAIN_PAID, "Già ricevuta."))})

    assert not steps[-1].good


def test_the_probe_is_positive_on_the_word_and_http_alone():
    """The Node looks for SCONOSCIUTO in the body of a 2xx, and for nothing else."""
    unknown = build.refused(VERIFY, "PAA_PAGAMENTO_SCONOSCIUTO", "Avviso sconosciuto.")

    def probed(said: Said) -> bool:
        with institution({VERIFY: said}) as made:
            step = probe(caller(made.url, SHORT), PARTY)
        [(headers, body)] = made.asked
        assert b"<noticeNumber>000000000000000000</noticeNumber>" in body
        assert ("text/xml", f'"{VERIFY}"') == (headers["Content-Type"], headers["SOAPAction"])
        assert step.line.startswith("probe positive" if step.good else "probe negative")
        return step.good

    assert probed(xml(unknown))
    assert probed(xml(unknown, 202))
    assert probed(xml("SCONOSCIUTO"))
    assert not probed(xml(unknown, 500))
    assert not probed(NO)
    assert not probed(Said(b"", manner=silently))


def test_what_the_contract_forbids_to_ask_is_not_asked():
    """A mistake of the caller's never leaves."""
    with institution(GOOD) as made, pytest.raises(Unusable, match="idBrokerPA: maxLength"):
        verify(caller(made.url), Addressee("77777777777", "9" * 36, "1"), NAV)

    assert made.asked == []


# Ours.


@pytest.fixture
def store(fresh_database: FreshDatabase) -> Iterator[Store]:
    """The world of the message cases."""
    opened = Store(fresh_database("sqlite", world.prepare))
    yield opened
    opened.close()


@pytest.fixture
def ours(store: Store) -> Iterator[Caller]:
    """The Node, calling our own server."""
    with serving(world.face(store)) as url:
        yield caller(url)


PAYABLE = [1, 2, 5, 6, 7, 8, 9, 10, 12, 27, 28]
WITHOUT_STAMPS = [serial for serial in PAYABLE if serial not in (9, 10)]


@pytest.mark.parametrize("serial", PAYABLE)
def test_our_own_payable_notices_can_be_paid(ours: Caller, store: Store, serial: int):
    """From verify to receipt, and the receipt is kept."""
    steps = list(pay(ours, PARTY, world.nav(serial), PAYMENT))

    assert [step.good for step in steps] == [True] * 3, [step.line for step in steps]
    kept = tables.receipt.c
    with store.begin() as connection:
        row = connection.execute(select(kept.nav, kept.receipt_id, kept.kept)).one()
    assert tuple(row) == (world.nav(serial), "c0ffee", "applied")


@pytest.mark.parametrize("serial", WITHOUT_STAMPS)
def test_our_own_notices_without_stamps_can_be_paid_by_the_first_form(ours: Caller, serial: int):
    """The first form knows no stamps, and everything else."""
    steps = list(pay(ours, PARTY, world.nav(serial), replace(PAYMENT, v2=False)))

    assert [step.good for step in steps] == [True] * 3, [step.line for step in steps]


def test_our_own_server_takes_a_receipt_twice_and_then_refuses_to_be_asked(ours: Caller):
    """A repeated receipt is OK, and what is paid is paid."""
    nav = world.nav(1)

    assert all(step.good for step in pay(ours, PARTY, nav, replace(PAYMENT, times=2)))
    assert "PAA_PAGAMENTO_DUPLICATO" in verify(ours, PARTY, nav).line


def test_a_repeated_receipt_may_be_called_a_duplicate(store: Store):
    """After an OK the two official answers to a repeat are both well."""
    with serving(world.face(store, duplicate_receipt="fault")) as url:
        steps = list(pay(caller(url), PARTY, world.nav(1), replace(PAYMENT, times=2)))

    assert [step.good for step in steps] == [True] * 4
    assert Verdict.REFUSED is steps[-1].heard.verdict
    assert AGAIN_PAID in steps[-1].line


def test_our_own_server_is_back_from_stand_in_for_whoever_probes(ours: Caller):
    """The probe asks nothing of the configuration."""
    assert probe(ours, PARTY).good
    assert probe(ours, Addressee("99999999999", "nobody", "nowhere")).good
