"""A notice that is issued at the counter."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gpd_soap.console.notices.instalments import divide, instalments
from gpd_soap.core import rome
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from tests.console.harness import ORGANIZATION, Console
from tests.console.notices.office import ORG, audit_of, events_of, text

NEW = f"{ORG}/positions/new"
SERVICE, OTHER_SERVICE = "00001-00001", "00002-00001"


def form(**more: str) -> dict[str, str]:
    """Return a form that is filled."""
    return {
        "iupd": "C-1", "was": SERVICE, "template": SERVICE, "description": "Pratica 1187",
        "fiscalCode": "RSSMRA00A01A000K", "fullName": "Bruno Carla", "amount": "250,00",
        "due": "2026-12-27", "instalments": "1", "iban": "IT60X0542811101000000123456",
        "category": "9/0301109AP", "after": "1", **more,
    }  # fmt: skip


def send(console: Console, name: str = "writer", **more: str) -> TestResponse:
    """Send the form."""
    return console.client(name).post(NEW, data=form(**more))


def options_of(console: Console, iupd: str = "C-1") -> list[Any]:
    """Return the notices of a position, in their order."""
    option = tables.payment_option.c
    with console.store.reading() as connection:
        statement = select(tables.payment_option).where(
            option.organization == ORGANIZATION, option.iupd == iupd
        )
        return list(connection.execute(statement.order_by(option.ordinal)))


@pytest.mark.parametrize("amount", [1, 7, 100, 25000, 99_999_999_999])
@pytest.mark.parametrize("parts", [1, 2, 3, 7, 36])
def test_instalments_are_the_amount_to_the_cent(amount: int, parts: int):
    """The first ones have the cents that are left over."""
    divided = divide(amount, parts)

    assert sum(divided) == amount
    assert divided == sorted(divided, reverse=True)
    assert max(divided) - min(divided) <= 1


def test_instalment_of_a_short_month_is_due_on_its_last_day():
    """The day is not lost after it."""
    days = [each.due.isoformat() for each in instalments(300, 3, rome.parse_day("2026-12-31"))]

    assert days == ["2026-12-31", "2027-01-31", "2027-02-28"]


def test_form_has_the_values_of_its_template(console: Console):
    """A service names account, category, text and amount."""
    page = console.client("writer").get(NEW).get_data(as_text=True)

    assert 'value="16,00"' in page
    assert 'value="Diritti di segreteria"' in page
    assert 'value="2026-12-27"' in page


def test_issued_notice_is_payable_at_once_and_its_page_opens(console: Console):
    """One press, and the number is there to be paid and printed."""
    answer = send(console)
    [option] = options_of(console)
    events = [event.type for event in events_of(console, "C-1")]

    assert (answer.status_code, option.amount) == (303, 25000)
    assert answer.location == f"{ORG}/notices/{option.nav}?done=issued"
    shown = text(console.client("writer").get(answer.location))
    assert "Emesso: da adesso chi ha il numero può pagare." in shown
    assert "Da pagare" in shown
    assert events == ["position.created"]
    changes = [(r.actor, r.iupd) for r in audit_of(console) if r.method == "POST"]
    assert changes == [("writer", "C-1")]


@pytest.mark.parametrize("amount", ["1.250", "1,250"])
def test_amount_of_two_meanings_asks_for_the_cents(console: Console, amount: str):
    """A point of thousands or of decimals: nothing is guessed."""
    answer = send(console, amount=amount)

    assert answer.status_code == 422
    assert "L’importo: migliaia o decimali? Scrivi anche i centesimi" in text(answer)
    assert options_of(console) == []


def test_plan_is_issued_with_the_single_payment_beside_it(console: Console):
    """Four notices for three instalments."""
    assert send(console, instalments="3").status_code == 303
    single, *plan = options_of(console)

    assert (single.plan, single.amount) == (None, 25000)
    assert [each.amount for each in plan] == [8334, 8333, 8333]
    assert [rome.to_wire_date(each.due_at) for each in plan] == [
        "2026-12-27", "2027-01-27", "2027-02-27",
    ]  # fmt: skip


def test_trial_writes_nothing_and_shows_the_plan(console: Console):
    """Nothing but what it would be."""
    shown = text(send(console, instalments="3", dry="1"))

    assert "È una prova: niente è stato scritto." in shown
    assert "1 27/12/2026 83,34 € 2 27/01/2027 83,33 €" in shown
    assert "Emetti 4 avvisi" in shown
    assert options_of(console) == []


def test_form_that_is_sent_twice_issues_once(console: Console):
    """The second press leads to the notice of the first."""
    first, second = send(console), send(console)

    assert second.location == first.location.replace("done=issued", "done=issued-before")
    assert len(options_of(console)) == 1


def test_each_wrong_field_is_named_and_nothing_is_lost(console: Console):
    """The summary is on top, with a link to each field."""
    answer = send(console, amount="250.0.0", due="2025-11-27", fullName="")
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "3 cose da correggere" in text(answer)
    assert "Non è stato emesso niente. Tutto il resto è rimasto com’era." in text(answer)
    for field in ("amount", "due", "fullName"):
        assert f'href="#f-{field}"' in page
    assert 'value="Pratica 1187"' in page
    assert 'value="250.0.0"' in page
    past = send(console, due="2025-11-27")
    assert "La scadenza: è passata: da oggi in poi" in text(past)
    assert options_of(console) == []


def test_odd_check_letter_is_a_warning_and_no_error(console: Console):
    """A person reads it again, and goes on."""
    odd = form(fiscalCode="BRNCRL80A41X999B", dry="1")
    shown = text(console.client("writer").post(NEW, data=odd))

    assert "Il carattere di controllo è insolito" in shown
    assert send(console, fiscalCode="BRNCRL80A41X999B").status_code == 303


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"iban": "IT00X"}, "Il conto: non è un IBAN giusto"),
        ({"category": ""}, "Il tipo di dovuto: manca"),
        ({"instalments": "37"}, "Le rate: non è una delle scelte"),
        ({"email": "nessuno"}, "La posta elettronica: non è un indirizzo di posta"),
        ({"description": "x" * 10_000_000}, ""),
    ],
)
def test_refusal_of_the_use_case_is_at_its_field(
    console: Console, more: dict[str, str], expected: str
):
    """It is there also for values that only a forged form can send."""
    answer = send(console, **more)

    assert answer.status_code in (413, 422)
    assert expected in text(answer)


def test_another_template_replaces_what_the_first_proposed(console: Console):
    """Typed values stay; values that the template had written go."""
    settings = {
        "amount": 500, "description": "Palestra", "category": "9/0101110PA",
        "iban": "IT13L0306909606100000012345", "segregationCode": "47",
    }  # fmt: skip
    with console.store.begin() as connection:
        configuration.put_service(connection, ORGANIZATION, "00002", "00001", "declared", settings)
    page = send(
        console, template=OTHER_SERVICE, description="Diritti di segreteria", amount="16,00"
    ).get_data(as_text=True)

    assert 'value="Palestra"' in page
    assert 'value="5,00"' in page
    assert 'value="Bruno Carla"' in page
    assert options_of(console) == []
    free = send(console, template="free", was=SERVICE).get_data(as_text=True)
    assert 'value="Pratica 1187"' in free


def test_form_without_a_template_needs_account_and_category(console: Console):
    """The free form is for everything else."""
    page = console.client("writer").get(f"{NEW}?template=free").get_data(as_text=True)

    assert 'id="f-iban" name="iban" value=""' in page
    assert send(console, template="free", was="free").status_code == 303


@pytest.mark.parametrize("name", ["reader", "clerk"])
def test_reader_issues_nothing(console: Console, name: str):
    """A reader gets no form, and a forged one has no effect."""
    client = console.client(name)

    assert client.get(NEW).status_code == 403
    assert client.post(NEW, data=form()).status_code == 403
    assert options_of(console) == []


def test_each_form_has_an_id_of_its_own(console: Console):
    """Two windows issue two notices."""
    client = console.client("writer")
    ids = {
        re.findall(r'name="iupd" value="([^"]+)"', client.get(NEW).get_data(as_text=True))[0]
        for _time in range(2)
    }

    assert len(ids) == 2
