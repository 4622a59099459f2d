"""Verify, pay and probe, on real endpoints: good ones, faulty ones, and ours."""

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
from tests.conftest import WorldOf
from tests.messages import build
from tests.shared_world import SharedWorld
from tests.simulator.endpoints import (
    ADDRESSEE,
    CONTRACT,
    GET,
    GET2,
    GOOD,
    NAV,
    NO,
    SEND,
    SEND2,
    SHORT,
    VERIFY,
    Scripted,
    caller,
    institution,
    late,
    serving,
    silent,
    xml,
)

WHEN = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
PAYMENT = Payment("c0ffee", WHEN)
AGAIN_PAID = "PAA_RECEIPT_DUPLICATA"


def verified(scripted: Scripted) -> Step:
    """Return a verify with this answer."""
    with institution({VERIFY: scripted}) as made:
        return verify(caller(made.url, SHORT), ADDRESSEE, NAV)


def paid(answers: dict[str, Scripted]) -> list[Step]:
    """Return the steps of a payment; the other answers are good."""
    with institution({**GOOD, **answers}) as made:
        return list(pay(caller(made.url, SHORT), ADDRESSEE, NAV, PAYMENT))


def test_verify_of_a_payable_notice_is_one_line():
    """It has amount, due date, description, company, and whether all accounts are postal."""
    step = verified(GOOD[VERIFY])

    assert step.good
    content = "100.00 EUR, due 2026-04-30, Tributo 1, Comune di Esempio, all CCP: no"
    assert step.line.startswith(f"paVerifyPaymentNotice  OK  {content}  [")


def test_line_of_a_refusal_has_the_code_of_the_node_first():
    """The text of the institution follows."""
    step = verified(NO)

    assert not step.good
    assert "KO  PPT_ERRORE_EMESSO_DA_PAA: PAA_PAGAMENTO_DUPLICATO: " in step.line
    assert "L'avviso risulta già pagato." in step.line


FAULTY = {
    "slow": (Scripted(b"", manner=late), "PPT_STAZIONE_INT_PA_TIMEOUT"),
    "closing": (Scripted(b"", manner=silent), "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"),
    "failing": (Scripted(b"", 500), "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE: HTTP 500"),
    "a web page": (Scripted(b"<html>", kind="text/html"), "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"),
}


@pytest.mark.parametrize(("scripted", "code"), FAULTY.values(), ids=FAULTY)
def test_line_of_a_faulty_institution_has_the_code_of_the_node(scripted: Scripted, code: str):
    """Each kind of failure has its code."""
    step = verified(scripted)

    assert not step.good
    assert code in step.line


def test_fault_with_control_characters_is_printed_without_them():
    """No text of an institution can control the terminal."""
    tricky = NO.body.decode().replace("L'avviso", "&#13;&#10;\u202e\u0085L'avviso")

    assert verified(xml(tricky)).line.isprintable()


def test_requests_of_a_payment_keep_the_contract():
    """They are verify, getPayment with the amount of verify, and the receipt."""
    with institution(GOOD) as made:
        terms = replace(PAYMENT, transfer_type="POSTAL")
        assert all(step.good for step in pay(caller(made.url), ADDRESSEE, NAV, terms))

    payloads = [open_envelope(body) for _, body in made.requests]
    assert [CONTRACT.check(payload) for payload in payloads] == [None] * 3  # type: ignore[arg-type]  # each is a payload
    assert payloads[1].findtext("amount") == "100.00"  # type: ignore[union-attr]  # the same
    assert payloads[1].findtext("transferType") == "POSTAL"  # type: ignore[union-attr]  # the same


def test_payment_of_the_first_version_sends_no_request_of_the_second():
    """A station of the first version knows no other."""
    with institution(GOOD) as made:
        steps = list(pay(caller(made.url), ADDRESSEE, NAV, replace(PAYMENT, v2=False)))

    assert [step.judged.operation for step in steps] == [VERIFY, GET, SEND]
    assert not made.bodies(GET2) + made.bodies(SEND2)


def test_payment_of_a_refused_notice_ends_after_verify():
    """The first failure ends the payment."""
    assert [step.judged.operation for step in paid({VERIFY: NO})] == [VERIFY]


def test_payment_with_times_repeats_the_same_receipt():
    """The bytes are the same, as in the Node's retry."""
    with institution(GOOD) as made:
        steps = list(pay(caller(made.url), ADDRESSEE, NAV, replace(PAYMENT, times=3)))

    assert len(steps) == 5
    assert len(made.bodies(SEND2)) == 3
    assert len(set(made.bodies(SEND2))) == 1


@pytest.mark.parametrize(
    "scripted", [Scripted(b"", 503), Scripted(b"", manner=late), Scripted(b"", manner=silent)]
)
def test_receipt_without_a_valid_answer_would_be_sent_again(scripted: Scripted):
    """Only a well-formed answer ends the delivery."""
    last = paid({SEND2: scripted})[-1]

    assert not last.good
    assert AGAIN in last.line


def test_refused_receipt_would_not_be_sent_again():
    """A KO ends the delivery."""
    last = paid({SEND2: xml(build.refused(SEND2, "PAA_SYSTEM_ERROR", "Riprovare."))})[-1]

    assert not last.good
    assert ENDS in last.line


def test_duplicate_without_an_earlier_ok_is_a_refusal():
    """Only after an OK is that answer a success."""
    steps = paid({SEND2: xml(build.refused(SEND2, AGAIN_PAID, "Già ricevuta."))})

    assert not steps[-1].good


def test_probe_with_sconosciuto_in_a_2xx_answer_is_positive():
    """The Node looks for SCONOSCIUTO in the body, and at nothing else."""
    unknown = build.refused(VERIFY, "PAA_PAGAMENTO_SCONOSCIUTO", "Avviso sconosciuto.")

    def probed(scripted: Scripted) -> bool:
        with institution({VERIFY: scripted}) as made:
            step = probe(caller(made.url, SHORT), ADDRESSEE)
        [(headers, body)] = made.requests
        assert b"<noticeNumber>000000000000000000</noticeNumber>" in body
        assert ("text/xml", f'"{VERIFY}"') == (headers["Content-Type"], headers["SOAPAction"])
        assert step.line.startswith("probe positive" if step.good else "probe negative")
        return step.good

    assert probed(xml(unknown))
    assert probed(xml(unknown, 202))
    assert probed(xml("SCONOSCIUTO"))
    assert not probed(xml(unknown, 500))
    assert not probed(NO)
    assert not probed(Scripted(b"", manner=silent))


def test_request_that_breaks_the_contract_is_not_sent():
    """The error names the element and the rule."""
    with institution(GOOD) as made, pytest.raises(Unusable, match="idBrokerPA: maxLength"):
        verify(caller(made.url), Addressee("77777777777", "9" * 36, "1"), NAV)

    assert made.requests == []


# Ours.


@pytest.fixture
def shared(shared_world: WorldOf) -> SharedWorld:
    """Return the world of the message cases."""
    return shared_world("sqlite")


@pytest.fixture
def store(shared: SharedWorld) -> Store:
    """Return the store of that world."""
    return shared.store


@pytest.fixture
def ours(shared: SharedWorld) -> Iterator[Caller]:
    """Yield the Node as a client of our own server."""
    with serving(shared.face()) as url:
        yield caller(url)


PAYABLE = [1, 2, 5, 6, 7, 8, 9, 10, 12, 27, 28]
WITHOUT_STAMPS = [serial for serial in PAYABLE if serial not in (9, 10)]


@pytest.mark.parametrize("serial", PAYABLE)
def test_payable_notice_of_our_own_server_is_paid(ours: Caller, store: Store, serial: int):
    """The receipt is stored and applied."""
    steps = list(pay(ours, ADDRESSEE, world.nav(serial), PAYMENT))

    assert [step.good for step in steps] == [True] * 3, [step.line for step in steps]
    receipt = tables.receipt.c
    with store.begin() as connection:
        row = connection.execute(select(receipt.nav, receipt.receipt_id, receipt.kept)).one()
    assert tuple(row) == (world.nav(serial), "c0ffee", "applied")


@pytest.mark.parametrize("serial", WITHOUT_STAMPS)
def test_notice_of_our_own_server_is_paid_by_the_first_version(ours: Caller, serial: int):
    """The first version has no stamps."""
    steps = list(pay(ours, ADDRESSEE, world.nav(serial), replace(PAYMENT, v2=False)))

    assert [step.good for step in steps] == [True] * 3, [step.line for step in steps]


def test_receipt_of_our_own_server_is_accepted_twice(ours: Caller):
    """A later verify is refused, because the notice is paid."""
    nav = world.nav(1)

    assert all(step.good for step in pay(ours, ADDRESSEE, nav, replace(PAYMENT, times=2)))
    assert "PAA_PAGAMENTO_DUPLICATO" in verify(ours, ADDRESSEE, nav).line


def test_repeated_receipt_that_is_called_a_duplicate_is_a_success(store: Store):
    """After an OK both official answers to a repetition are good."""
    with serving(world.face(store, duplicate_receipt="fault")) as url:
        steps = list(pay(caller(url), ADDRESSEE, world.nav(1), replace(PAYMENT, times=2)))

    assert [step.good for step in steps] == [True] * 4
    assert Verdict.REFUSED is steps[-1].judged.verdict
    assert AGAIN_PAID in steps[-1].line


def test_probe_of_our_own_server_is_positive_for_any_addressee(ours: Caller):
    """The probe is answered before the configuration is read."""
    assert probe(ours, ADDRESSEE).good
    assert probe(ours, Addressee("99999999999", "nobody", "nowhere")).good
