"""A case is opened from the page of a paid notice, and worked on like any other."""

import csv
import io

import pytest

from gpd_soap.store.people.operators import Scope
from tests.console import working
from tests.console.harness import EVERY, ORGANIZATION, OTHER, PEOPLE, Console, add_operator
from tests.console.notices.office import PAID, audit_of, events_of, one, text

ORG = f"/console/{ORGANIZATION}"
NOTE = "Ha pagato per il fratello"


def form_of(console: Console) -> str:
    """Return the address of the form, as the page of the paid notice leads to it."""
    page = console.client("writer").get(one(PAID)).get_data(as_text=True)
    [address] = [part.partition('"')[0] for part in page.split('href="') if "/case" in part[:150]]
    assert address.endswith("/case")
    return address


def test_money_of_a_paid_notice_reaches_the_list_of_refunds(console: Console):
    """Why, then the outcome; the notice says so, and its story has both."""
    client, address = console.client("writer"), form_of(console)
    shown = text(client.get(address))
    assert "Denaro da restituire" in shown
    assert "L’avviso resta pagato." in shown
    opened = client.post(address, data={"cause": "paid-by-mistake", "note": NOTE})
    assert opened.status_code == 303
    assert opened.location.endswith("?done=case-opened")

    case = text(client.get(opened.location))
    assert "Il caso è aperto" in case
    assert "pagato per sbaglio" in case
    assert NOTE in case
    assert "Writer Inventata" in case
    assert "adesso" in case or "minut" in case
    assert "pagato per sbaglio" in text(client.get(f"{ORG}/worklist?kind=review"))
    standing = text(client.get(one(PAID)))
    assert "Pagato, forse da restituire" in standing
    assert "Aperto un caso" in standing
    assert '/case"' not in client.get(one(PAID)).get_data(as_text=True)
    case_address = opened.location.partition("?")[0]
    assert client.post(f"{case_address}/decide", data={"outcome": "to-refund"}).status_code == 303
    refunds = client.get(f"{ORG}/worklist/-/refunds.csv").get_data().decode("utf-8-sig")
    [_head, row] = csv.reader(io.StringIO(refunds, newline=""), delimiter=";")
    assert PAID in row[1]
    assert {e.type for e in events_of(console, "DEMO-PAID")} >= {"case.opened", "case.resolved"}
    done = [row.path for row in audit_of(console) if row.method == "POST"]
    assert f"{ORG}/receipts/<receipt>/case".replace(ORGANIZATION, "<organization>") in done


def test_wrong_form_comes_again_with_what_was_typed(console: Console):
    """Each error stands at its field."""
    client, address = console.client("writer"), form_of(console)
    nothing = client.post(address, data={"note": "mio perché"})
    assert nothing.status_code == 422
    assert "Scegli perché" in text(nothing)
    assert "mio perché</textarea>" in nothing.get_data(as_text=True)
    other = client.post(address, data={"cause": "other", "note": ""})
    assert other.status_code == 422
    assert "la nota dice quale" in text(other)
    long = client.post(address, data={"cause": "other", "note": "x" * 500})
    assert (long.status_code, "al massimo 400" in text(long)) == (422, True)
    forged = client.post(address, data={"cause": "paid", "note": "x" * 10_000_000})
    assert forged.status_code in (413, 422)


def test_second_of_two_operators_is_led_to_the_case_of_the_first(console: Console):
    """Nothing is opened twice."""
    first, second, address = console.client("writer"), console.client("admin"), form_of(console)
    assert first.post(address, data={"cause": "wrong-amount"}).status_code == 303
    late = second.post(address, data={"cause": "paid-by-mistake", "note": NOTE})

    assert late.status_code == 409
    assert "ha già un caso aperto" in text(late)
    assert "/worklist/" in late.get_data(as_text=True)
    assert NOTE in late.get_data(as_text=True)


@pytest.mark.parametrize("scopes", [EVERY - {Scope.REFUND, Scope.CONFIGURE}, frozenset()])
def test_operator_who_may_not_refund_sees_no_link_to_it(console: Console, scopes: frozenset[Scope]):
    """Neither the notice nor its receipt has the link."""
    role = PEOPLE["writer"][0] if scopes else PEOPLE["reader"][0]
    address = form_of(console)
    add_operator(console.store, "limited", (role, (ORGANIZATION,), scopes))
    client = console.client("limited")

    assert '/case"' not in client.get(one(PAID)).get_data(as_text=True)
    receipt = address.removesuffix("/case")
    assert '/case"' not in client.get(receipt).get_data(as_text=True)
    assert client.get(address).status_code == 403
    assert client.post(address, data={"cause": "other", "note": NOTE}).status_code == 403


def test_receipt_that_is_not_there_or_is_anothers_is_404(console: Console):
    """A forged id, and the same id under another organization."""
    client, address = console.client("writer"), form_of(console)

    for wrong in (f"{ORG}/receipts/nothing/case", address.replace(ORGANIZATION, OTHER)):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, data={"cause": "wrong-amount"}).status_code == 404


def test_receipt_without_money_is_refused_with_an_explanation(console: Console):
    """A form that stayed open cannot open a case on what is one already."""
    working.add_cases(console.store, console.now)
    client = console.client("writer")
    refused = client.post(f"{ORG}/receipts/{working.DOUBLE}/case", data={"cause": "paid-elsewhere"})

    assert refused.status_code == 409
    assert "ha già un caso aperto" in text(refused)
