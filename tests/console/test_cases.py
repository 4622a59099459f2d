"""A case on its page: two people at it, its decision, its refund, and its notice."""

from html import unescape

import pytest

from tests.console import working
from tests.console.harness import Console
from tests.console.worked import DOUBLE, NAME, ORG, UNMATCHED, plain, stored, text


def test_case_that_somebody_has_is_refused_to_a_second_person(busy: Console):
    """The second learns who has it and until when, and how it ended."""
    anna, luca = busy.client("writer"), busy.client("admin")
    assert anna.post(f"{DOUBLE}/claim").status_code == 303
    refused = luca.post(f"{DOUBLE}/claim")
    assert refused.status_code == 409
    assert "Se ne occupa Writer Inventata dalle 10:00" in plain(refused.text)
    decided = luca.post(f"{DOUBLE}/decide", data={"outcome": "to-refund"})
    assert decided.status_code == 409
    assert stored(busy.store, working.DOUBLE).resolved_at is None

    sent = {"outcome": "right", "note": "Spettava"}
    assert anna.post(f"{DOUBLE}/decide", data=sent).status_code == 303
    late = luca.post(f"{DOUBLE}/decide", data={"outcome": "to-refund"})
    assert late.status_code == 409
    assert "nel frattempo è stato risolto" in plain(late.text)
    assert "Risolto: trattenuto" in plain(late.text)
    assert stored(busy.store, working.DOUBLE).resolved_by == "Writer Inventata"


def test_decision_that_is_wrong_comes_back_as_it_was_typed(busy: Console):
    """Each error is at its field, and nothing is written."""
    client = busy.client("writer")
    for sent, expected in (
        ({"outcome": "refunded", "mandate": "12"}, "Serve il giorno del rimborso"),
        (
            {"outcome": "refunded", "refundedOn": "2026-11-28", "mandate": "7"},
            "non può essere dopo oggi",
        ),
        ({"outcome": "credited", "notice": "1"}, "Qui non c’è un avviso con questo numero"),
        ({"outcome": "duplicate", "other": "e09b7f3a"}, "Qui non c’è un altro caso"),
        ({"outcome": "nonsense"}, "Scegli come si risolve"),
        ({"outcome": "right", "note": "è mio\x01"}, "carattere che non si può scrivere"),
        ({"outcome": "right", "note": "x" * 1999}, "La nota ha al massimo 400 caratteri"),
    ):  # fmt: skip
        answer = client.post(f"{DOUBLE}/decide", data=sent)
        assert answer.status_code == 422
        assert expected in plain(answer.text)
        for value in sent.values():
            assert value in unescape(answer.text) or value == "nonsense"
    huge = client.post(f"{DOUBLE}/decide", data={"outcome": "right", "note": "x" * 10_000_000})
    assert huge.status_code == 413
    assert stored(busy.store, working.DOUBLE).resolved_at is None


def test_refund_goes_to_the_list_and_ends_with_its_mandate(busy: Console):
    """Several are marked with one mandate."""
    client = busy.client("writer")
    cases = [working.DOUBLE, working.SECOND_DOUBLE]
    sent = {"case": cases, "outcome": "to-refund"}
    assert client.post(f"{ORG}/worklist/-/many?kind=double", data=sent).status_code == 303
    file = client.get(f"{ORG}/worklist/-/refunds.csv")
    assert file.headers["Content-Disposition"].startswith("attachment")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert f'"=""{working.PAID}"""' in lines[1]
    assert NAME in lines[1]

    page = text(client, f"{ORG}/worklist?resolved=1&outcome=to-refund")
    assert "Decisi e ancora da rimborsare" in page.replace(",", "")
    sent = {"case": cases, "outcome": "refunded", "refundedOn": "2026-11-26", "mandate": "2026/9"}
    answer = client.post(f"{ORG}/worklist/-/many?resolved=1&outcome=to-refund", data=sent)
    assert answer.status_code == 303
    assert stored(busy.store, working.DOUBLE).mandate == "2026/9"
    assert "Mandato 2026/9 del 26/11/2026." in text(client, DOUBLE)
    assert client.get(f"{ORG}/worklist/-/refunds.csv").data.count(b"\r\n") == 1


def test_long_list_of_refunds_asks_for_a_factor(busy: Console, monkeypatch: pytest.MonkeyPatch):
    """It names more persons than one may take away unproved."""
    monkeypatch.setattr("gpd_soap.console.pages.worklist.MOST_UNPROVED", 1)
    busy.client("writer").post(
        f"{ORG}/worklist/-/many?kind=double",
        data={"case": [working.DOUBLE, working.SECOND_DOUBLE], "outcome": "to-refund"},
    )
    answer = busy.client("writer").get(f"{ORG}/worklist/-/refunds.csv")
    assert answer.headers["Location"].endswith("/-/all-refunds.csv")
    assert busy.client("writer").get(answer.headers["Location"]).status_code == 200
    old = busy.client("writer", recent=False).get(answer.headers["Location"])
    assert "step-up" in old.headers["Location"]


def test_receipt_is_matched_to_its_likeliest_notice(busy: Console):
    """The number with a digit off is proposed first; another organization's is unknown."""
    client = busy.client("writer")
    page = text(client, UNMATCHED)
    assert "una cifra diversa, stesso importo" in page
    wrong = client.post(f"{UNMATCHED}/match", data={"nav": "3" * 18})
    assert wrong.status_code == 409
    assert "Qui non c’è un avviso con questo numero." in plain(wrong.text)
    again = client.post(f"{UNMATCHED}/match")
    assert "continua ad aspettarlo" in plain(again.text)
    paid = client.post(f"{UNMATCHED}/match", data={"nav": working.PAID})
    assert "non si può più pagare" in plain(paid.text)

    sent = {"nav": f" {working.SINGLE[:4]} {working.SINGLE[4:]} "}
    assert client.post(f"{UNMATCHED}/match", data=sent).status_code == 303
    assert stored(busy.store, working.UNMATCHED).resolved_as == "credited"
