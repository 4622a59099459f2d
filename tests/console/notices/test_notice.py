"""The page of a notice: how it stands, what happened, what to say, and what to try."""

import pytest
from sqlalchemy import event, func, select

from gpd_soap.core import payable
from gpd_soap.store import tables
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as positions
from gpd_soap.usecases.notices import read
from tests.console.harness import ACTOR, ORGANIZATION, OTHER, Console
from tests.console.notices.office import (
    AT_ONCE,
    CODE,
    DRAFT,
    EXPIRED,
    FUTURE,
    INSTALLMENT,
    NAME,
    ORG,
    PAID,
    PAST_DUE,
    SINGLE,
    WITHDRAWN,
    ask,
    audit_of,
    one,
    text,
)


@pytest.mark.parametrize(
    ("nav", "expected"),
    [
        (SINGLE, "Da pagare Si può pagare entro il 26/01/2027, e anche dopo."),
        (EXPIRED, "Scaduto da un giorno La scadenza era il 26/11/2026"),
        (PAST_DUE, "In ritardo di un giorno, si può pagare"),
        (WITHDRAWN, "Ritirato Ritirato il 27/11/2026 alle 10:00"),
        (PAID, "Pagato Pagato il 25/11/2026 alle 10:00 con Prestatore Inventato."),
        (DRAFT, "In bozza: nessuno può ancora pagarlo"),
        (FUTURE, "Non ancora valido Si paga dal 27/11/2027"),
    ],
)
def test_notice_says_how_it_stands_and_why(console: Console, nav: str, expected: str):
    """State and cause are in one breath."""
    assert expected in text(console.client("writer").get(one(nav)))


def test_expired_notice_says_when_it_was_refused_and_what_to_tell_the_payer(console: Console):
    """The mend is on the page, and the sentence promises what the button does."""
    for minutes in (10, 7, 3):
        ask(console, EXPIRED, minutes, payable.EXPIRED)
    shown = text(console.client("writer").get(one(EXPIRED)))

    assert "Scaduto da un giorno, e rifiutato 3 minuti fa" in shown
    assert "è stato provato 3 volte, fra le 09:50 e le 09:57." in shown
    assert "Rifiutato 3 volte: è scaduto 09:50:00 09:53:00 09:57:00" in shown
    assert "PAA_ PAGAMENTO_ SCADUTO" in shown
    assert "Adesso sposto la scadenza: fra un minuto può riprovare" in shown
    assert "Sposta la scadenza" in shown


def test_reader_has_no_button_that_corrects(console: Console):
    """A reader has no button, and the sentence for the telephone says so."""
    shown = text(console.client("clerk").get(one(EXPIRED)))

    assert "Sposta la scadenza" not in shown
    assert "Serve una nuova scadenza: chi può metterla la richiama." in shown


def test_payment_under_way_says_until_when_the_node_refuses_by_itself(console: Console):
    """Our journal has nothing of it, and the page still knows."""
    ask(console, SINGLE, 12)
    ask(console, SINGLE, 11, operation="paGetPaymentV2")
    shown = text(console.client("writer").get(one(SINGLE)))

    assert "riprovi dopo le 10:19" in shown
    assert "Tentativo di pagamento, in corso" in shown
    assert "Prestatore" not in shown


def test_installment_shows_every_way_to_pay(console: Console):
    """The plan and the single payment stand side by side."""
    shown = text(console.client("writer").get(one(INSTALLMENT)))

    assert "In 3 rate 120,00 € Rata 1" in shown
    assert "In unica soluzione 120,00 €" in shown


def test_excluded_notice_links_to_the_one_that_was_paid(console: Console):
    """An installment that is paid excludes the single payment."""
    with console.store.begin() as connection:
        old = positions.read(connection, ORGANIZATION, "DEMO-PLAN-OR-SINGLE", lock=True)
        assert old is not None
        payment = change.PaidElsewhere(INSTALLMENT, "BY_EC", console.now)
        change.mark_paid(connection, old, payment, ACTOR, console.now)
    page = console.client("writer").get(one(AT_ONCE))

    assert "Escluso: lo stesso debito è pagato in altra forma" in text(page)
    assert f'href="{one(INSTALLMENT)}"' in page.get_data(as_text=True)


@pytest.mark.parametrize("path", ["", "/try", "/correct"])
def test_notice_of_nobody_and_of_another_organization_are_404_alike(console: Console, path: str):
    """Nobody learns which numbers another organization has."""
    client = console.client("writer")
    unknown = client.get(f"{one('347000000000009999')}{path}")
    foreign = client.get(f"/console/{OTHER}/notices/{SINGLE}{path}")

    assert (unknown.status_code, foreign.status_code) == (404, 404)
    assert text(unknown).partition("Errore")[0] == text(foreign).partition("Errore")[0]


def test_number_of_a_deleted_notice_says_that_it_is_never_used_again(console: Console):
    """A paper of a deleted notice is still in somebody's hand."""
    with console.store.begin() as connection:
        old = positions.read(connection, ORGANIZATION, "DEMO-SINGLE", lock=True)
        assert old is not None
        change.remove(connection, old, ACTOR, console.now)
    page = console.client("writer").get(one(SINGLE))

    assert page.status_code == 200
    assert "Non sarà mai più usato" in text(page)
    position = console.client("writer").get(f"{ORG}/positions/DEMO-SINGLE")
    assert "Questa posizione è stata eliminata" in text(position)


@pytest.mark.parametrize("path", ["", "/try"])
def test_operator_without_persons_sees_no_name_and_no_code(console: Console, path: str):
    """No text, link or form of the page has either."""
    page = console.client("reader").get(one(SINGLE) + path).get_data(as_text=True)

    assert NAME not in page
    assert CODE not in page
    assert CODE[-4:] not in page
    assert "nessuno@esempio" not in page


def test_opening_a_notice_is_recorded_with_notice_and_position(console: Console):
    """The audit knows who looked at whom."""
    console.client("clerk").get(one(SINGLE))
    rows = [row for row in audit_of(console) if row.method == "GET"]

    assert [(row.actor, row.nav, row.iupd) for row in rows] == [("clerk", SINGLE, "DEMO-SINGLE")]


@pytest.mark.parametrize(
    ("nav", "expected"),
    [
        (SINGLE, "Adesso risponderemmo OK, 100,00 €"),
        (EXPIRED, "Adesso risponderemmo di no: PAA_ PAGAMENTO_ SCADUTO"),
    ],
)
def test_dry_verify_is_answered_by_the_real_code_and_written_nowhere(
    console: Console, nav: str, expected: str
):
    """It shows the SOAP answer, and neither journal nor tally know of it."""
    page = console.client("reader").get(f"{one(nav)}/try")
    console.store.journal.flush()
    with console.store.reading() as connection:
        count = select(func.count())
        written = connection.execute(count.select_from(tables.journal)).scalar()
        counted = connection.execute(count.select_from(tables.tally)).scalar()

    assert expected in text(page)
    assert "paVerifyPaymentNoticeRes" in text(page)
    assert (written, counted) == (0, 0)


def test_newest_first_turns_the_story(console: Console):
    """The order is in the address."""
    client = console.client("writer")
    oldest, newest = (text(client.get(f"{one(PAID)}{end}")) for end in ("", "?order=newest"))

    assert oldest.index("Pagati 100,00") < oldest.index("è già pagato, non succede nulla")
    assert newest.index("Pagati 100,00") > newest.index("è già pagato, non succede nulla")


def test_everything_about_a_notice_takes_few_statements(console: Console):
    """Each kind of fact is one statement, however many there are."""
    statements: list[str] = []

    def note(_c: object, _d: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(console.store.engine, "before_cursor_execute", note)
    read.read(console.store, ORGANIZATION, SINGLE, console.now)
    event.remove(console.store.engine, "before_cursor_execute", note)

    reading = [each for each in statements if each.startswith("SELECT")]
    assert len(reading) <= 8
    assert all("organization" in each or "api_key" in each for each in reading)


def test_texts_of_a_notice_are_escaped(console: Console):
    """A description is data."""
    with console.store.begin() as connection:
        old = positions.read(connection, ORGANIZATION, "DEMO-SINGLE", lock=True)
        assert old is not None
        option = old.position.options[0]._replace(description="<script>alert(1)</script>")
        new = old.position._replace(options=(option,))
        change.replace(connection, old, new, ACTOR, console.now, "<b>perché</b>")
    page = console.client("writer").get(one(SINGLE)).get_data(as_text=True)

    assert "<script>alert" not in page
    assert "<b>perché" not in page
    assert "&lt;b&gt;perché" in page
