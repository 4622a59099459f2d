"""What waits for somebody: the first page, the worklist, and the overview of organizations."""

import re

import pytest

from tests.console import words
from tests.console.harness import OTHER, Console
from tests.console.worked import DOUBLE, ENTRY, ORG, RECEIPT, text


def test_first_page_says_what_waits_with_its_money_and_age(busy: Console):
    """The oldest case of a kind is said, and the station's thing to watch."""
    page = text(busy.client("reader"), f"{ORG}/")

    assert "Oggi, venerdì 27 novembre" in page
    assert "2 Pagati due volte 200,00\u00a0€ da rimborsare, o da tenere a ragione" in (
        page.replace(" € ", "\u00a0€ ")
    )
    assert "il più vecchio da 6 giorni" in page
    assert "«Non lo conosciamo»: 41 volte oggi" in page
    assert "Per cominciare" not in page


def test_fresh_installation_has_three_steps(console: Console):
    """What is done already is said."""
    page = text(console.client("reader"), f"{ORG}/")

    assert "Per cominciare" in page
    assert "La stazione aspetta la prima domanda" in text(
        console.client("reader"), f"{ORG}/station"
    )
    assert text(console.client("stranger"), f"/console/{OTHER}/").count("da fare") == 3


def test_empty_worklist_says_that_nothing_waits(console: Console):
    """No case was resolved yet, so that none is named."""
    page = text(console.client("reader"), f"{ORG}/worklist")
    assert "Da trattare: niente" in page
    assert "Non aspetta niente." in page


def test_empty_worklist_names_when_the_last_case_was_resolved(busy: Console):
    """What is resolved is a filter, and nothing disappears."""
    client = busy.client("writer")
    for kind in ("double", "unmatched", "review", "conflicting", "quarantine"):
        listed = client.get(f"{ORG}/worklist?kind={kind}").text
        chosen = re.findall(r'name="case" value="([^"]+)"', listed)
        sent = {"case": chosen, "outcome": "right", "note": "visti"}
        assert client.post(f"{ORG}/worklist/-/many?kind={kind}", data=sent).status_code == 303

    page = text(client, f"{ORG}/worklist")
    assert "L’ultimo caso è stato risolto il 27/11/2026 10:00." in page
    assert text(client, f"{ORG}/worklist?resolved=1").count("trattenuto, era giusto così") == 6


def test_overview_has_a_row_for_each_organization_of_the_viewer(busy: Console):
    """It has no other; a row has what waits, today's money and the Node's last call."""
    page = text(busy.client("writer"), "/console/overview")
    assert "Comune di Esempio 77777777777 6 casi" in page
    assert "Provincia di Esempio" in page
    assert "Comune di Esempio" not in text(busy.client("stranger"), "/console/overview")


@pytest.mark.parametrize("language", ["it", "en", "de", "sl"])
def test_pages_hold_in_every_language(busy: Console, language: str):
    """The four plurals of Slovene are there."""
    client = busy.client("admin", language=language)
    lists = (f"{ORG}/{name}" for name in ("", "worklist", "receipts", "journal", "station"))
    for path in (*lists, DOUBLE, RECEIPT, ENTRY, "/console/overview"):
        assert client.get(path).status_code == 200


def test_text_has_either_one_form_or_a_plural():
    """One text in both uses would be shown with a value that it does not have."""
    every = {text for own in words.texts().values() for text in own}
    plurals = {text.singular for text in every if text.plural}

    assert plurals & {text.singular for text in every if not text.plural} == set()
