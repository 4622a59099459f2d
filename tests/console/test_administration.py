"""People, keys, settings and the audit, as an administrator uses them."""

import io
import re
from html import unescape

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gpd_soap import demo
from gpd_soap.console.deeds import DEEDS
from gpd_soap.console.pages import help as help_pages
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.configuration import printing, read
from gpd_soap.store.people.operators import Scope
from tests.console.harness import ORGANIZATION, OTHER, Console
from tests.usecases.people.people import PASSWORD, People

ORG = f"/console/{ORGANIZATION}"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
INVITED = {
    "name": "Carla Inventata",
    "mail": "carla@esempio.invalid",
    "role": "writer",
    "organizations": ORGANIZATION,
    "scopes": ["persons", "load"],
}


def audited(console: Console) -> list[tuple[str, str, str | None]]:
    """Return method, path and subject of each row of the audit that an administrator left."""
    row = tables.audit.c
    statement = select(row.method, row.path, row.resource).where(row.actor == "admin")
    with console.store.reading() as connection:
        rows = connection.execute(statement.order_by(row.at, row.path)).all()
    return [tuple(each) for each in rows if each.method != "SESSION"]


def shown_once(answer: TestResponse) -> str:
    """Return the secret that a page shows."""
    match = re.search(r'<code class="link-once">(.*?)</code>', answer.text)
    assert match is not None, answer.text
    return unescape(match[1])


def test_person_is_invited_suspended_and_begins_again(console: Console):
    """The link is shown once and works; each change leaves a row of the audit."""
    client = console.client("admin")
    link = shown_once(client.post(f"{ORG}/people", data=INVITED))
    assert link.startswith(f"{console.parts.address}/console/invitation/")
    people = People(console.store)
    people.now = console.now
    account = people.accept(link.rpartition("/")[2])
    name, page = account.operator.id, f"{ORG}/people/{account.operator.id}"
    assert account.operator.scopes == {Scope.PERSONS, Scope.LOAD}
    assert account.operator.created_by == "Admin Inventata"

    session = people.sign_in(account)
    for path, done in (
        ("suspend", "suspended"),
        ("resume", "resumed"),
        ("sessions", "person-sessions-ended"),
    ):
        answer = client.post(f"{page}/{path}")
        assert answer.headers["Location"] == f"{page}?done={done}"
    with pytest.raises(Exception, match="SessionNotValid"):
        people.authorize(session)
    shown = client.get(page).text
    assert "Sospendi Carla Inventata" in shown
    again = shown_once(client.post(f"{page}/reset"))
    assert "vale fino al" in client.get(page).text
    people.accept(again.rpartition("/")[2], PASSWORD)
    prefix = "/console/<organization>/people"
    assert audited(console) == [
        ("POST", prefix, name),
        ("POST", f"{prefix}/<operator>/reset", name),
        ("POST", f"{prefix}/<operator>/resume", name),
        ("POST", f"{prefix}/<operator>/sessions", name),
        ("POST", f"{prefix}/<operator>/suspend", name),
    ]
    assert client.get(f"{ORG}/people/nobody").status_code == 404


@pytest.mark.parametrize(
    ("field", "wrong"),
    {
        "name": {"name": "a@b"},
        "mail": {"mail": "nonsense"},
        "organizations": {"organizations": "123"},
        "scopes": {"role": "reader"},
        "role": {"role": "king"},
    }.items(),
)
def test_wrong_invitation_is_shown_at_its_field(
    field: str, wrong: dict[str, str], console: Console
):
    """Nothing is lost, and nobody is invited."""
    answer = console.client("admin").post(f"{ORG}/people", data={**INVITED, **wrong})

    assert (answer.status_code, f'href="#f-{field}"' in answer.text) == (422, True)
    assert 'value="carla@esempio.invalid"' in answer.text or field == "mail"
    assert "Inventata" in answer.text
    assert 'value="load" checked' in answer.text
    again = console.client("admin").post(
        f"{ORG}/people", data={**INVITED, "name": "Clerk Inventata"}
    )
    assert 'href="#f-name"' in again.text


def test_key_is_made_shown_once_and_revoked(console: Console):
    """The token opens the API until it is revoked."""
    client = console.client("admin")
    given = {"name": "gestionale", "role": "writer", "organizations": f"{ORGANIZATION}, {OTHER}"}
    token = shown_once(client.post(f"{ORG}/keys", data={**given, "expires": "2027-01-31"}))
    with console.store.reading() as connection:
        key = keys.find(connection, token)
    assert key is not None
    assert (key.organizations, key.role) == ((ORGANIZATION, OTHER), "writer")
    listed = client.get(f"{ORG}/keys").text
    assert token not in listed
    assert "1 chiave funziona" in listed
    assert client.post(f"{ORG}/keys/{key.id}/revoke").status_code == 303
    with console.store.reading() as connection:
        assert keys.find(connection, token) is None
    assert client.post(f"{ORG}/keys/{key.id}/revoke").status_code == 404
    for field, wrong in {
        "name": {"name": ""},
        "organizations": {"organizations": ""},
        "expires": {"expires": "2020-01-01"},
        "role": {"role": "king"},
    }.items():
        answer = client.post(f"{ORG}/keys", data={**given, **wrong})
        assert (answer.status_code, f'href="#f-{field}"' in answer.text) == (422, True), field


def test_settings_are_changed_and_a_needed_station_stays(console: Console):
    """A station whose code a service uses stays, and the page says why."""
    client, store = console.client("admin"), console.store
    settings = f"{ORG}/config"
    assert "la usano i servizi 00001/00001" in client.get(settings).text
    refused = client.post(f"{settings}/stations/{demo.STATION}/withdraw")
    assert (refused.status_code, "Prima vanno tolti i servizi" in refused.text) == (422, True)

    assert client.post(f"{settings}/name", data={"name": "Comune Nuovo"}).status_code == 303
    assert "Comune Nuovo" in client.get(settings).text
    assert client.post(f"{settings}/name", data={"name": ""}).status_code == 422
    service = f"{settings}/services/{demo.SERVICE_ID}/{demo.SUBJECT_ID}/withdraw"
    assert [client.post(service).status_code for _ in range(2)] == [303, 404]
    assert client.post(f"{settings}/stations/{demo.STATION}/withdraw").status_code == 303
    given = {"station": demo.STATION, "segregation_code": "48", "broadcast": "1"}
    assert client.post(f"{settings}/stations", data=given).status_code == 303
    new = {"station": "15376371009_09", "broker": demo.BROKER, "segregation_code": "09"}
    assert client.post(f"{settings}/stations", data=new).status_code == 303
    with store.reading() as connection:
        served = read.serving_by(connection, ORGANIZATION, demo.STATION)
        assert read.serving_by(connection, ORGANIZATION, new["station"]) is not None
    assert served is not None
    assert (served.segregation_code, served.broadcast) == ("48", True)
    for field, wrong in {"station": {"station": "none"}, "segregation_code":
                         {"segregation_code": "x"}}.items():  # fmt: skip
        answer = client.post(f"{settings}/stations", data={**given, **wrong})
        assert (answer.status_code, f'href="#f-{field}"' in answer.text) == (422, True), field


def test_operator_of_one_organization_registers_no_station_of_others(console: Console):
    """An operator of one organization names a registered station alone."""
    given = {"station": "15376371009_10", "broker": demo.BROKER, "segregation_code": "10"}
    answer = console.client("stranger").post(f"/console/{OTHER}/config/stations", data=given)

    assert (answer.status_code, 'href="#f-station"' in answer.text) == (422, True)


def test_print_settings_with_a_logo(console: Console):
    """A picture is shown again, a wrong one is refused, and a form without one keeps it."""
    client, path = console.client("admin"), f"{ORG}/config/printing"
    given = {"info": "www.esempio.invalid", "cbill": "ABC12", "language": "it-de", "site": "1"}

    def send(logo: bytes | None, **more: str) -> TestResponse:
        files = {} if logo is None else {"logo": (io.BytesIO(logo), "stemma.svg")}
        return client.post(path, data={**given, **more, **files})

    assert send(SVG).status_code == 303
    assert send(None, info="altro").status_code == 303
    picture = client.get(f"{ORG}/config/logo")
    assert (picture.data, picture.mimetype) == (SVG, "image/svg+xml")
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    for wrong in (b"<svg", SVG.replace(b"<path", b"<script"), b"x" * 70_000):
        answer = send(wrong)
        assert (answer.status_code, 'href="#f-logo"' in answer.text) == (422, True)
    wrong_text = send(None, cbill="abc")
    assert (wrong_text.status_code, 'value="abc"' in wrong_text.text) == (422, True)
    with console.store.reading() as connection:
        stored = printing.read(connection, ORGANIZATION)
    assert (stored.info, stored.language, stored.site, stored.app) == (
        "altro",
        "it-de",
        True,
        False,
    )
    assert send(None, remove_logo="1").status_code == 303
    assert client.get(f"{ORG}/config/logo").status_code == 404


def test_audit_is_read_page_by_page_and_filtered(console: Console):
    """Each row is on one page alone; names of operators stand in place of their ids."""
    client = console.client("admin")
    for number in range(35):
        console.later(seconds=1)
        client.post(f"{ORG}/config/name", data={"name": f"Comune {number}"})
    first = client.get(f"{ORG}/audit")
    match = re.search(r'href="([^"]*after=[^"]*)"', first.text)
    assert match is not None
    second = client.get(unescape(match[1]))
    rows = [re.findall(r"<time[^>]*>([^<]*)</time></td>", each.text) for each in (first, second)]
    assert len(rows[0]) == 30
    assert "Admin Inventata" in first.text
    assert not set(rows[0]) & set(rows[1])
    assert "after=" not in second.text
    assert client.get(f"{ORG}/audit?nav=1").status_code == 422
    assert client.get(f"{ORG}/audit?after=nonsense_1").status_code == 200
    console.client("clerk")
    own = client.get(f"{ORG}/audit?actor=clerk&kind=all").text
    assert "Solo quello che ha fatto" in own
    assert "entrata" in own
    assert "nome dell’ente" in unescape(first.text)
    rules = {rule.rule for rule in console.app.url_map.iter_rules()}
    assert {path for path in DEEDS if path.startswith("/")} <= rules
    stranger = console.client("stranger")
    assert "Admin Inventata" not in stranger.get(f"/console/{OTHER}/audit").text


def test_every_screen_has_its_help(console: Console):
    """A page leads to the help of its own subject, in each language, and to the words."""
    client = console.client("admin")
    shown = client.get(f"{ORG}/keys").text
    match = re.search(r'href="(/console/help/[^"]*)"', shown)
    assert match is not None
    for language, words in (
        ("it", "Una chiave è di un programma"),
        ("en", "A key belongs to a program"),
        ("de", "Ein Schlüssel gehört einem Programm"),
        ("sl", "Ključ pripada programu"),
    ):
        spoken = console.client("admin", language=language)
        assert words in spoken.get(match[1]).text
        for subject in help_pages.SUBJECTS:
            titles = re.findall(
                r"<h2 [^>]*>([^<]+)</h2>", spoken.get(f"/console/help/{subject}").text
            )
            assert len(titles) == (2 if subject == "general" else 3), (language, subject)
            assert all(titles)
    for subject in help_pages.SUBJECTS | help_pages.SAME.keys():
        answer = client.get(f"/console/help/{subject}")
        assert (answer.status_code, "segregazione" in answer.text) == (200, True), subject
    assert client.get("/console/help/a%20b").status_code == 404


def test_expired_invitation_is_shown_as_expired(console: Console):
    """An hour later the page does not call it valid."""
    client = console.client("admin")
    shown_once(client.post(f"{ORG}/people", data=INVITED))
    console.later(hours=2)
    client = console.client("admin")
    [person] = set(re.findall(rf"{ORG}/people/[0-9a-f]{{12}}", client.get(f"{ORG}/people").text))
    page = client.get(person).text

    assert "è scaduto il" in page
    assert "vale fino al" not in page


def test_first_page_without_receipts_counts_no_zero(console: Console):
    """The organization has just begun."""
    page = console.client("admin").get(f"/console/{OTHER}/").text

    assert "Ancora nessuna ricevuta." in page
    assert "0 ricevute" not in page
