"""A service for spontaneous payments is added and changed on a page of the settings."""

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from gpd_soap import demo
from gpd_soap.store.configuration import read, write
from gpd_soap.store.configuration.read import Offered
from tests.console.browsing import Tab
from tests.console.harness import ORGANIZATION, OTHER, Console
from tests.console.notices.office import audit_of, text

CONFIG = f"/console/{ORGANIZATION}/config"
NEW = f"{CONFIG}/services/new"
ONE = f"{CONFIG}/services/{demo.SERVICE_ID}/{demo.SUBJECT_ID}"
GIVEN = {
    "serviceId": "00002",
    "subjectId": "00009",
    "description": "Certificato anagrafico",
    "amount": "16,50",
    "amountUnit": "euro",
    "dueInDays": "10",
    "iban": demo.BANK,
    "category": "0101101IM",
    "segregationCode": demo.SEGREGATION,
}


def stored(console: Console, service: str, subject: str) -> Offered | None:
    """Return a service as it is stored."""
    with console.store.reading() as connection:
        return read.service(connection, ORGANIZATION, service, subject)


def fields_in(client: FlaskClient, address: str) -> dict[str, str]:
    """Return what a browser would send of a form that was not touched."""
    page = client.get(address).get_data(as_text=True)
    given = dict(re.findall(r'<input type="\w+"[^>]* name="(\w+)" value="([^"]*)"', page))
    given |= dict(re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>([^<]*)<', page))
    for name, options in re.findall(
        r'<select id="f-\w+" name="(\w+)".*?>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        given[name] = chosen[1] if chosen else ""
    return {name: html.unescape(value) for name, value in given.items()}


def test_service_is_added_with_every_field_and_is_a_template(console: Console):
    """It holds at once, is in the audit, and whoever issues at the counter may choose it."""
    client = console.client("admin")
    assert "Aggiungi un servizio" in text(client.get(CONFIG))
    more = {
        "postalIban": demo.POSTAL,
        "remittanceInformation": "Versamento",
        "companyName": "Comune",
        "officeName": "Anagrafe",
        "descriptionElement": "causale",
        "debtorCodeElement": "cf",
        "debtorNameElement": "nome",
        "namespace": "urn:esempio",
    }
    added = client.post(NEW, data=GIVEN | more)

    assert (added.status_code, added.location) == (303, f"{CONFIG}?done=service-saved")
    offered = stored(console, "00002", "00009")
    assert offered is not None
    assert offered.settings == {
        **{name: GIVEN[name] for name in ("description", "iban", "category", "segregationCode")},
        **more,
        "amount": 1650,
        "dueInDays": 10,
    }
    assert "Certificato anagrafico" in client.get(f"/console/{ORGANIZATION}/positions/new").text
    assert "Il servizio è salvato" in text(client.get(added.location))
    rows = [row for row in audit_of(console) if row.path.endswith("/config/services/new")]
    assert [row.resource for row in rows] == ["00002/00009"]


def test_service_whose_amount_is_an_element(console: Console):
    """The amount has its unit."""
    form = {**GIVEN, "amount": "", "amountElement": "importo", "amountUnit": "cents"}
    assert console.client("admin").post(NEW, data=form).status_code == 303

    offered = stored(console, "00002", "00009")
    assert offered is not None
    assert (offered.settings["amountElement"], offered.settings["amountUnit"]) == (
        "importo",
        "cents",
    )
    assert "amount" not in offered.settings


def test_form_that_was_not_touched_changes_nothing(console: Console):
    """What is stored is what the form shows."""
    client = console.client("admin")
    before = stored(console, demo.SERVICE_ID, demo.SUBJECT_ID)
    assert before is not None
    assert client.post(ONE, data=fields_in(client, ONE)).status_code == 303

    after = stored(console, demo.SERVICE_ID, demo.SUBJECT_ID)
    assert after is not None
    assert after.settings == {**before.settings, "dueInDays": 30}
    sent = {**fields_in(client, ONE), "amount": "20", "description": "Diritti nuovi"}
    assert client.post(ONE, data=sent).status_code == 303
    changed = stored(console, demo.SERVICE_ID, demo.SUBJECT_ID)
    assert changed is not None
    assert (changed.settings["amount"], changed.settings["description"]) == (2000, "Diritti nuovi")


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"serviceId": "1"}, {"serviceId"}),
        ({"subjectId": ""}, {"subjectId"}),
        ({"amount": "sedici"}, {"amount"}),
        ({"amount": ""}, {"amount"}),
        ({"amountElement": "importo"}, {"amount"}),
        ({"amount": "0"}, {"amount"}),
        ({"amountElement": "1 importo"}, {"amountElement"}),
        ({"amountUnit": "cents"}, {"amountUnit"}),
        ({"description": ""}, {"description"}),
        ({"description": "x" * 141}, {"description"}),
        ({"iban": ""}, {"iban"}),
        ({"iban": "IT00X", "postalIban": "IT"}, {"iban", "postalIban"}),
        ({"category": ""}, {"category"}),
        ({"segregationCode": ""}, {"segregationCode"}),
        ({"segregationCode": "99"}, {"segregationCode"}),
        ({"dueInDays": "presto"}, {"dueInDays"}),
        ({"dueInDays": "9999"}, {"dueInDays"}),
        ({"namespace": "a b"}, {"namespace"}),
        ({"schema": "<a/>"}, {"schema"}),
        ({"officeName": "x" * 300}, {"officeName"}),
        ({"debtorCodeElement": "<cf>", "debtorNameElement": "/"},
         {"debtorCodeElement", "debtorNameElement"}),
        ({"serviceId": demo.SERVICE_ID, "subjectId": demo.SUBJECT_ID}, {"serviceId"}),
    ],
)  # fmt: skip
def test_wrong_field_is_shown_where_it_is(
    wrong: dict[str, str], fields: set[str], console: Console
):
    """The form has what was typed, and nothing is stored."""
    before = stored(console, demo.SERVICE_ID, demo.SUBJECT_ID)
    answer = console.client("admin").post(NEW, data={**GIVEN, **wrong})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert set(re.findall(r'<li><a href="#f-(\w+)"', page)) == fields
    assert all(f'id="f-{name}-e"' in page for name in fields)
    assert all(html.escape(value, quote=False) in html.unescape(page) or "<" in value
               for value in wrong.values())  # fmt: skip
    assert stored(console, "00002", "00009") is None
    assert stored(console, demo.SERVICE_ID, demo.SUBJECT_ID) == before


def test_second_of_two_administrators_sees_the_change_of_the_first(console: Console):
    """Nothing is overwritten, nothing that was typed is lost."""
    first, second = console.client("admin"), console.client("admin")
    sent, late = fields_in(first, ONE), fields_in(second, ONE)
    assert first.post(ONE, data={**sent, "amount": "21"}).status_code == 303
    refused = second.post(ONE, data={**late, "amount": "22", "officeName": "Anagrafe"})

    assert refused.status_code == 412
    assert "Qualcun altro l’ha cambiato" in text(refused)
    assert "21,00" in text(refused)
    assert 'value="22"' in refused.get_data(as_text=True)
    again = {**fields_in(second, ONE), "amount": "22"}
    assert second.post(ONE, data=again).status_code == 303


def test_service_of_another_kind_is_changed_as_json(console: Console):
    """A kind of another distribution knows its own settings."""
    with console.store.begin() as connection:
        write.put_service(connection, ORGANIZATION, "00003", "00003", "tributi", {"a": [1]})
    client, one = console.client("admin"), f"{CONFIG}/services/00003/00003"
    given = fields_in(client, one)
    assert '"a"' in given["settings"]
    broken = client.post(one, data={**given, "settings": "{"})
    assert (broken.status_code, "Non è un oggetto JSON." in text(broken)) == (422, True)
    unknown = client.post(one, data={**given, "settings": '{"a": 2}'})
    assert (unknown.status_code, "non tornano" in text(unknown)) == (422, True)


def test_service_that_is_not_there_or_is_anothers_is_404(console: Console):
    """A forged form is 404 too."""
    client = console.client("admin")

    for wrong in (f"{CONFIG}/services/00009/00009", ONE.replace(ORGANIZATION, OTHER)):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, data=GIVEN).status_code == 404
    assert console.client("writer").get(NEW).status_code == 403


def test_service_is_added_in_a_browser(open_tab: Callable[..., Tab], live: tuple[Console, str]):
    """An empty form says what is missing; what is right is saved, without a problem of the page."""
    console, _origin = live
    shown = open_tab("admin")
    shown.open(CONFIG)
    shown.click("Aggiungi un servizio")
    shown.click("Salva il servizio")
    shown.page.get_by_role("link", name="Causale: Da 1 a 140 caratteri").wait_for()
    assert shown.page.get_by_role("link", name="IBAN: Un IBAN giusto").count() == 1
    assert shown.problems() == []
    for label, value in {
        "Codice del servizio": "00002",
        "Codice del soggetto": "00009",
        "Causale": GIVEN["description"],
        "Importo fisso, in euro": GIVEN["amount"],
        "IBAN": GIVEN["iban"],
        "Tassonomia": GIVEN["category"],
    }.items():
        shown.page.get_by_label(label, exact=True).fill(value)
    shown.page.get_by_label("Codice di segregazione").select_option(demo.SEGREGATION)
    shown.click("Salva il servizio")
    shown.page.wait_for_url(f"**{CONFIG}?done=service-saved")
    assert shown.problems() == []
    assert "Certificato anagrafico" in shown.page.locator("main").inner_text()
    assert stored(console, "00002", "00009") is not None
    shown.click("Cambia 00002/00009")
    shown.page.get_by_label("Ufficio").wait_for()
    assert shown.problems() == []
