"""What an operator changes in a notice."""

from typing import Any

import pytest

from gpd_soap.core import rome
from gpd_soap.usecases.positions.finding import Notice
from gpd_soap.usecases.positions.manage import Ledger
from tests.console.harness import ORGANIZATION, Console
from tests.console.notices.office import (
    DRAFT,
    EXPIRED,
    PAID,
    SINGLE,
    TWO,
    WITHDRAWN,
    audit_of,
    etag,
    events_of,
    one,
    option_of,
    position_of,
    send,
    text,
)

REASON = "Richiesta al telefono"


def test_moved_due_date_makes_an_expired_notice_payable_at_once(console: Console):
    """One form, one button, and the reason is kept with the change."""
    client = console.client("writer")
    answer = send(client, EXPIRED, "due", due="2026-12-11", reason=REASON)
    [event] = [e for e in events_of(console, "DEMO-EXPIRED") if e.type == "position.updated"]

    assert (answer.status_code, answer.location) == (303, f"{one(EXPIRED)}?done=due-moved")
    assert option_of(console, EXPIRED).due_at == rome.due_instant("2026-12-11")
    assert (event.actor_kind, event.actor, event.data["reason"]) == ("operator", "writer", REASON)
    shown = text(client.get(answer.location))
    assert "Scadenza spostata" in shown
    assert "Scadenza 26/11/2026 → 11/12/2026 Writer Inventata: Richiesta al telefono" in shown
    changes = [(row.actor, row.iupd) for row in audit_of(console) if row.method == "POST"]
    assert changes == [("writer", "DEMO-EXPIRED")]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2026-11-26", "La scadenza: è passata: da oggi in poi"),
        ("", "La scadenza: manca"),
        ("31/02/2027", "La scadenza: non è una data giusta"),
    ],
)
def test_refused_due_date_is_shown_at_its_field_and_nothing_is_lost(
    console: Console, due: str, expected: str
):
    """The page has what was typed."""
    answer = send(console.client("writer"), EXPIRED, "due", due=due, reason="mio perché")

    assert answer.status_code == 422
    assert expected in text(answer)
    page = answer.get_data(as_text=True)
    assert 'value="mio perché"' in page
    assert 'id="f-due"' in page
    assert 'href="#f-due"' in page
    assert 'aria-invalid="true"' in page


def test_day_may_be_typed_as_people_write_it(console: Console):
    """A browser without a date field sends what was typed."""
    answer = send(console.client("writer"), EXPIRED, "due", due="11/12/2026", reason=REASON)

    assert answer.status_code == 303


def test_second_of_two_operators_sees_the_change_of_the_first(console: Console):
    """Nothing is overwritten, nothing that was typed is lost."""
    first, second = console.client("writer"), console.client("admin")
    seen = etag(second, EXPIRED)
    assert send(first, EXPIRED, "due", due="2026-12-11", reason=REASON).status_code == 303
    late = send(second, EXPIRED, "withdraw", etag=seen, withdraw_reason="doppione")

    assert late.status_code == 412
    assert "Qualcun altro l’ha cambiato mentre lo guardavi" in text(late)
    assert "11/12/2026" in text(late)
    assert 'value="doppione"' in late.get_data(as_text=True)
    assert position_of(console, "DEMO-EXPIRED").withdrawn_at is None
    again = send(second, EXPIRED, "withdraw", withdraw_reason="doppione")
    assert again.status_code == 303


def test_change_that_was_overtaken_is_not_offered_again(console: Console):
    """Two withdraw one notice: the second is told that it cannot be done, and no form waits."""
    first, second = console.client("writer"), console.client("admin")
    seen = etag(second, SINGLE)
    send(first, SINGLE, "withdraw", withdraw_reason="doppione")
    late = send(second, SINGLE, "withdraw", etag=seen, withdraw_reason="anche per me")

    assert late.status_code == 412
    shown = text(late)
    assert "questa modifica adesso non si può più fare" in shown
    assert "mandala di nuovo" not in shown
    assert "Quello che hai scritto è rimasto" not in shown


def test_withdrawal_needs_a_reason_which_colleagues_read(console: Console):
    """Whoever answers the telephone reads why."""
    client = console.client("writer")
    without = send(client, SINGLE, "withdraw", withdraw_reason=" ")
    assert without.status_code == 422
    assert "manca" in text(without)
    done = send(client, SINGLE, "withdraw", withdraw_reason="emesso due volte")

    assert done.status_code == 303
    shown = text(client.get(done.location))
    assert "Writer Inventata: emesso due volte" in shown
    assert "non lo deve più pagare" in shown


def test_withdrawn_notice_is_payable_again_with_its_number(console: Console):
    """An undo of a withdrawal."""
    client = console.client("writer")
    assert send(client, WITHDRAWN, "restore", reason="ritirato per errore").status_code == 303

    assert position_of(console, "DEMO-WITHDRAWN").withdrawn_at is None
    assert "Di nuovo da pagare" in text(client.get(one(WITHDRAWN)))


def test_draft_is_published(console: Console):
    """From then on who has the number can pay."""
    client = console.client("writer")
    assert send(client, DRAFT, "publish").status_code == 303

    assert position_of(console, "DEMO-DRAFT").published_at == console.now


def test_payment_elsewhere_keeps_its_day_and_its_proof(console: Console):
    """The day is typed, and a day in the future is refused."""
    client = console.client("writer")
    future = send(client, SINGLE, "paid-elsewhere", paid_on="2026-11-28", paid_reason="bonifico")
    assert future.status_code == 422
    assert "non può essere nel futuro" in text(future)
    done = send(client, SINGLE, "paid-elsewhere", paid_on="2026-11-20", paid_reason="bonifico")

    assert done.status_code == 303
    assert rome.day_of(option_of(console, SINGLE).payment_date).isoformat() == "2026-11-20"
    shown = text(client.get(one(SINGLE)))
    assert "Pagato in altro modo" in shown
    assert "bonifico" in shown


def test_paid_notice_offers_nothing_and_refuses_everything(console: Console):
    """A forged form meets the rules of the API."""
    client = console.client("writer")
    page = client.get(one(PAID))
    forged = {
        "due": {"due": "2026-12-11", "reason": "x"},
        "withdraw": {"withdraw_reason": "x"},
        "paid-elsewhere": {"paid_on": "2026-11-20", "paid_reason": "x"},
        "restore": {"reason": "x"},
        "publish": {},
    }
    before = option_of(console, PAID), position_of(console, "DEMO-PAID")
    statuses = {
        action: client.post(f"{one(PAID)}/{action}", data={**fields, "etag": "x"}).status_code
        for action, fields in forged.items()
    }

    assert "Un avviso pagato non si corregge e non si ritira." in text(page)
    assert set(statuses.values()) <= {409, 412}
    assert (option_of(console, PAID), position_of(console, "DEMO-PAID")) == before


@pytest.mark.parametrize("name", ["reader", "clerk"])
@pytest.mark.parametrize(
    "action", ["due", "publish", "withdraw", "restore", "paid-elsewhere", "correct"]
)
def test_reader_changes_nothing_even_by_a_forged_form(console: Console, name: str, action: str):
    """The table of access decides, and not what a page shows."""
    client = console.client(name)

    assert client.post(f"{one(EXPIRED)}/{action}", data={"etag": "x"}).status_code == 403
    assert "Correggi" not in text(client.get(one(EXPIRED)))


def fields_of(**more: str) -> dict[str, str]:
    """Return the form of a correction of the single notice."""
    return {
        "amount": "100,00", "due": "2027-01-26", "description": "Tributo di esempio 1",
        "type": "F", "fiscalCode": "RSSMRA00A01A000K", "fullName": "Maria Esempio",
        "reason": REASON, **more,
    }  # fmt: skip


def test_correction_shows_what_changes_before_it_saves(console: Console):
    """The first button writes nothing, the second writes what was shown."""
    client = console.client("writer")
    changes = fields_of(amount="85,50", due="2027-02-01", fullName="Maria Esempio Bianchi")
    seen = send(client, SINGLE, "correct", **changes)

    assert seen.status_code == 200
    assert "Importo 100,00 € 85,50 €" in text(seen)
    assert "Scadenza 26/01/2027 01/02/2027" in text(seen)
    assert "Maria Esempio Maria Esempio Bianchi" in text(seen)
    assert option_of(console, SINGLE).amount == 10000
    digest = seen.get_data(as_text=True).partition('name="seen" value="')[2].partition('"')[0]
    saved = send(client, SINGLE, "correct", **changes, seen=digest, save="1")
    assert saved.status_code == 303
    option, position = option_of(console, SINGLE), position_of(console, "DEMO-SINGLE")
    assert (option.amount, rome.to_wire_date(option.due_at)) == (8550, "2027-02-01")
    assert position.debtor_full_name == "Maria Esempio Bianchi"
    assert position.debtor_street_name == "Via dell'Esempio"
    [transfer] = [e for e in events_of(console, "DEMO-SINGLE") if e.type == "position.updated"]
    assert transfer.data["reason"] == REASON


def test_value_that_is_emptied_is_removed(console: Console):
    """A mail address that is wrong goes, and the rest of the debtor stays."""
    client = console.client("writer")
    changes = fields_of(email="", city="Roma")
    shown = send(client, SINGLE, "correct", **changes)
    assert "Posta elettronica nessuno@esempio.invalid —" in text(shown)
    digest = shown.get_data(as_text=True).partition('name="seen" value="')[2].partition('"')[0]
    send(client, SINGLE, "correct", **changes, seen=digest, save="1")

    position = position_of(console, "DEMO-SINGLE")
    assert (position.debtor_email, position.debtor_city) == (None, "Roma")


def test_correction_that_was_changed_after_it_was_shown_is_shown_again(console: Console):
    """Nobody saves what nobody has seen."""
    client = console.client("writer")
    shown = send(client, SINGLE, "correct", **fields_of(amount="85,50")).get_data(as_text=True)
    digest = shown.partition('name="seen" value="')[2].partition('"')[0]
    other = send(client, SINGLE, "correct", **fields_of(amount="8,55"), seen=digest, save="1")

    assert other.status_code == 200
    assert "Importo 100,00 € 8,55 €" in text(other)
    assert option_of(console, SINGLE).amount == 10000


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"amount": "250.0.0"}, "L’importo: euro e centesimi con la virgola"),
        ({"amount": "0"}, "L’importo: da 0,01 a 999.999.999,99 euro"),
        ({"due": "2026-01-01"}, "La scadenza"),
        ({"fullName": ""}, "Il nome: manca"),
        ({"reason": ""}, "Il perché: manca"),
        ({"description": "x" * 141}, "La causale: è troppo lungo"),
    ],
)
def test_wrong_field_of_a_correction_is_named(
    console: Console, more: dict[str, str], expected: str
):
    """Each refusal of the use case is at its field."""
    answer = send(console.client("writer"), EXPIRED, "correct", **fields_of(**more))

    assert answer.status_code == 422
    assert expected in text(answer)


def test_each_part_of_an_amount_is_corrected_alone(console: Console):
    """The amount of a notice is the sum of its transfers."""
    client = console.client("writer")
    page = client.get(f"{one(TWO)}/correct")
    assert 'name="amount-2"' in page.get_data(as_text=True)
    changes = fields_of(**{"amount": "70,00", "amount-2": "30,00", "description": "Tributo"})
    seen = send(client, TWO, "correct", **changes)

    assert "Importo 100,50 € 100,00 €" in text(seen)
    assert "30,50 € 30,00 €" in text(seen)


def test_correction_of_what_changed_meanwhile_shows_both_versions(console: Console):
    """What was typed stays, and what is there now stands beside it."""
    first, second = console.client("writer"), console.client("admin")
    seen = etag(second, SINGLE)
    send(first, SINGLE, "withdraw", withdraw_reason="x")
    send(first, SINGLE, "restore", reason="y")
    late = send(second, SINGLE, "correct", etag=seen, **fields_of(amount="77,00"))

    assert late.status_code == 412
    page = late.get_data(as_text=True)
    assert 'value="77,00"' in page
    assert "Adesso: 100,00" in text(late)


def test_payment_elsewhere_is_refused_if_the_notice_changes_until_it_is_locked(
    console: Console, monkeypatch: pytest.MonkeyPatch
):
    """The ETag is compared in the transaction that writes, as of every other change."""
    client = console.client("writer")
    mark = Ledger.paid_elsewhere

    def late(ledger: Ledger, *given: Any, **more: Any) -> Notice:
        monkeypatch.undo()
        ledger.set_notification_fee(ORGANIZATION, SINGLE, 500)
        return mark(ledger, *given, **more)

    seen = etag(client, SINGLE)
    monkeypatch.setattr(Ledger, "paid_elsewhere", late)
    answer = send(
        client, SINGLE, "paid-elsewhere", etag=seen, paid_on="2026-11-20", paid_reason="bonifico"
    )

    assert answer.status_code == 412
    assert option_of(console, SINGLE).paid_at is None
