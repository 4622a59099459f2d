"""Signing in by invitation, password and code; the way back; the end of a session."""

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gpd_soap.console.cookies import SESSION
from gpd_soap.usecases.people import demo_link
from gpd_soap.usecases.people.delays import RULES, Kind
from gpd_soap.usecases.people.operators import Operators
from gpd_soap.validation.queries.operators import NewOperator
from tests.console.harness import ORGANIZATION, OURS, Console
from tests.usecases.people.people import NEW_PASSWORD, PASSWORD, People

NAME = "Bruna Inventata"


def people_of(console: Console) -> People:
    """Return the use cases at the console's time."""
    people = People(console.store)
    people.now = console.now
    return people


def invite(console: Console, **fields: object) -> str:
    """Invite an operator; return the token of the link."""
    given = {"name": NAME, "role": "writer", "organizations": [ORGANIZATION], "scopes": []}
    new = NewOperator.model_validate({**given, **fields})
    return Operators(console.store, console.parts.random).invite(new, "test", console.now)[1]


def heading(answer: TestResponse) -> str:
    """Return the first heading of a page."""
    match = re.search(r"<h1>(.*?)</h1>", answer.text)
    return unescape(match[1]) if match else ""


def hidden(answer: TestResponse, name: str) -> str | None:
    """Return the value of a hidden field of a page."""
    match = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', answer.text)
    return None if match is None else unescape(match[1])


def sign_in(console: Console, client: FlaskClient, secret: bytes, **more: str) -> TestResponse:
    """Sign in by both factors; return the last answer."""
    first = client.post("/console/sign-in", data={"name": NAME, "password": PASSWORD, **more})
    assert first.status_code in {200, 303}, first.text
    code = people_of(console).code(secret)
    answer = client.post("/console/sign-in/code", data={"code": code, **more})
    console.later(seconds=30)
    return answer


def accepted(console: Console) -> bytes:
    """Return the secret of an operator who has accepted an invitation on its page."""
    link = f"/console/invitation/{invite(console)}"
    secret = people_of(console).secret(link.rpartition("/")[2])
    code = people_of(console).code(secret)
    fields = {"password": PASSWORD, "again": PASSWORD, "code": code}
    assert "codici di recupero" in console.client().post(link, data=fields).text
    console.later(seconds=30)
    return secret


def test_invited_operator_chooses_factors_and_signs_in(console: Console):
    """Opening the link changes nothing; each mistake is shown at its field; it works once."""
    token = invite(console)
    client, link = console.client(), f"/console/invitation/{token}"
    secret = people_of(console).secret(token)
    code = people_of(console).code(secret)

    shown = client.get(link)
    assert heading(shown) == "Scegli come entrare"
    assert 'viewBox="-4 -4' in shown.text
    assert client.get(link).status_code == 200

    def send(**fields: str) -> TestResponse:
        given = {"password": PASSWORD, "again": PASSWORD, "code": code, **fields}
        return client.post(link, data=given)

    for field, wrong in {
        "again": {"again": "other"},
        "password": {"password": "passwordpassword", "again": "passwordpassword"},
        "code": {"code": "000000" if code != "000000" else "111111"},
    }.items():
        answer = send(**wrong)
        assert (answer.status_code, f'href="#f-{field}"' in answer.text) == (422, True), field
        assert PASSWORD not in answer.text
    done = send()
    assert done.text.count("<li><code>") == 10
    assert send().status_code == client.get(link).status_code == 404

    console.later(seconds=30)
    answer = sign_in(console, client, secret, next=f"/console/{ORGANIZATION}/x")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/console/{ORGANIZATION}/x")
    cookie = answer.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert cookie.startswith("__Host-gpd=")
    assert client.get("/console/sign-in").headers["Location"] == "/console/"


def test_wrong_name_and_wrong_password_have_one_answer(console: Console):
    """The page does not reveal who exists, and asks to wait after some failures."""
    accepted(console)
    client = console.client()

    def attempt(name: str) -> TestResponse:
        return client.post("/console/sign-in", data={"name": name, "password": "x" * 12})

    texts = {attempt(name).text.replace(name, "") for name in (NAME, "Nessuna Inventata")}
    assert len(texts) == 1
    for _ in range(RULES[Kind.ACCOUNT].free):
        last = attempt(NAME)
    assert (last.status_code, last.headers["Retry-After"]) == (429, "1")
    assert "Riprova fra 1 secondi" in last.text


def test_session_that_ends_in_a_form_loses_nothing(console: Console):
    """What was written comes back after both steps, and is sent by one button."""
    secret = accepted(console)
    client = console.client()
    sign_in(console, client, secret)
    console.later(hours=1)
    form = {"reason": "ISEE «è» <b>", "row": ["1", "2"], "password": PASSWORD}
    over = client.post(f"/console/{ORGANIZATION}/me?x=1", data=form)
    assert over.status_code == 404  # an address that is not there is no page to come back to
    over = client.post("/console/me/habits", data={**form, "language": "de"})
    assert "La sessione è finita" in over.text
    hidden_form, following = hidden(over, "kept"), hidden(over, "next")
    assert hidden_form is not None
    assert following is not None
    assert PASSWORD not in over.text
    resumed = sign_in(console, client, secret, next=following, kept=hidden_form)
    assert heading(resumed) == "Eri a metà di una modifica"
    assert 'action="/console/me/habits"' in resumed.text
    assert hidden(resumed, "reason") == form["reason"]
    assert resumed.text.count('name="row"') == 2
    assert hidden(resumed, "language") == "de"


def test_way_back_leads_nowhere_else(console: Console):
    """Signing in goes on to addresses of the console alone."""
    secret = accepted(console)
    for wrong in ("//evil.example/", "https://evil.example/", "/docs", "/console/../docs", "\\x"):
        client = console.client()
        assert sign_in(console, client, secret, next=wrong).headers["Location"] == "/console/"


def test_delicate_page_comes_back_after_a_code(console: Console):
    """A code of the application raises the session, and the old id is worth nothing."""
    secret = accepted(console)
    client = console.client()
    sign_in(console, client, secret)
    old = client.get_cookie(SESSION)
    console.later(minutes=11)
    asked_again = client.post("/console/me/codes")
    assert heading(asked_again) == "Conferma che sei tu"
    wrong = client.post("/console/step-up", data={"code": "abc", "next": "/console/me"})
    assert wrong.status_code == 422
    console.later(minutes=1)
    code = people_of(console).code(secret)
    right = client.post("/console/step-up", data={"code": code, "next": "/console/me"})
    assert (right.status_code, right.headers["Location"]) == (303, "/console/me")
    new = client.get_cookie(SESSION)
    assert old is not None
    assert new is not None
    assert old.value != new.value
    assert client.post("/console/me/codes").text.count("<li><code>") == 10
    client.set_cookie(SESSION, old.value, secure=True)
    assert client.get("/console/me").status_code == 303


def test_link_of_another_site_loads_itself_once(console: Console):
    """A browser keeps the session's cookie to itself until the page comes from us."""
    client = console.client("admin")
    client.delete_cookie(SESSION)
    came = client.get("/console/me?x=1", headers={"Sec-Fetch-Site": "cross-site"})
    assert (came.status_code, 'content="0;url=/console/me?x=1"' in came.text) == (200, True)
    again = client.get("/console/me?x=1", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 303


def test_sign_out_and_ends_of_sessions(console: Console):
    """Each ends what it says, at once."""
    first, second = console.client("clerk"), console.client("clerk")
    first.post("/console/me/sessions/end-others")
    assert first.get("/console/me").status_code == 200
    assert second.get("/console/me").status_code == 303
    second = console.client("clerk")
    first.post("/console/me/sessions/end-all")
    assert {each.get("/console/me").status_code for each in (first, second)} == {303}
    third = console.client("clerk")
    assert third.post("/console/sign-out").headers["Location"] == "/console/signed-out"
    assert third.get("/console/me").status_code == 303


def test_known_browser_does_not_wait_for_failures_of_others(console: Console):
    """It keeps a mark, which only we read; another browser of the operator waits."""
    secret = accepted(console)
    client = console.client()
    answer = sign_in(console, client, secret)
    [mark] = [each for each in answer.headers.getlist("Set-Cookie") if "browser=" in each]
    for part in (
        "__Host-gpd-browser=",
        "Secure",
        "HttpOnly",
        "SameSite=Strict",
        "Max-Age=15552000",
    ):
        assert part in mark
    stranger = {**OURS, "REMOTE_ADDR": "198.51.100.1"}
    wrong = {"name": NAME, "password": "wrong wrong wrong"}
    for _ in range(3):
        refused = console.client().post("/console/sign-in", data=wrong, environ_base=stranger)
        assert refused.status_code == 422

    right = {"name": NAME, "password": PASSWORD}
    assert console.client().post("/console/sign-in", data=right).status_code == 429
    assert client.post("/console/sign-in", data=right).status_code == 303
    assert "browser=" not in str(sign_in(console, client, secret).headers)


def test_too_many_passwords_at_once_are_refused_at_once(console: Console):
    """One address cannot hold the threads of the console."""
    turns = console.parts.passwords._turns
    with turns.turn("127.0.0.1"):
        data = {"name": NAME, "password": PASSWORD}
        answer = console.client().post("/console/sign-in", data=data)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "entrano in molti" in answer.text


def test_new_password_ends_every_session(console: Console):
    """The old one must be right, the new one fit, and both times the same."""
    secret = accepted(console)
    client = console.client()
    sign_in(console, client, secret)
    right = {"password": PASSWORD, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    for field, wrong in {
        "again": {"again": "x"},
        "new_password": {"new_password": "short", "again": "short"},
        "password": {"password": "wrong wrong wrong"},
    }.items():
        answer = client.post("/console/me/password", data={**right, **wrong})
        assert (answer.status_code, f'href="#f-{field}"' in answer.text) == (422, True), field
    console.later(minutes=11)
    late = client.post("/console/me/password", data=right)
    assert heading(late) == "Conferma che sei tu"
    assert PASSWORD not in late.text
    assert 'name="new_password"' not in client.get("/console/me").text
    code = people_of(console).code(secret)
    proved = client.post("/console/step-up", data={"code": code, "next": "/console/me"})
    assert proved.headers["Location"] == "/console/me"
    assert 'name="new_password"' in client.get("/console/me").text
    done = client.post("/console/me/password", data=right)
    assert done.headers["Location"] == "/console/sign-in?done=password-changed"
    assert client.get("/console/me").status_code == 303


def test_link_of_a_demo_signs_in_once(console: Console):
    """Opening it does nothing, its button signs in, and an hour later nobody does."""
    store, random = console.store, console.parts.random
    link = f"/console/demo/{demo_link.make(store, 'admin', random, console.now)}"
    late = f"/console/demo/{demo_link.make(store, 'admin', random, console.now)}"
    client = console.client()
    assert client.get(link).status_code == client.get(link).status_code == 200
    entered = client.post(link)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/console/")
    assert client.get("/console/me").status_code == 200
    again = client.post(link)
    assert again.status_code == 404
    assert "si ferma la prova con Ctrl-C" in again.text
    assert "Chi amministra le persone" not in again.text
    console.later(hours=1)
    assert client.post(late).status_code == 404
    invitation = invite(console)
    assert client.post(f"/console/demo/{invitation}").status_code == 404


def test_signing_in_again_ends_the_session_that_the_browser_had(console: Console):
    """A stolen cookie is worth nothing once its owner has signed in anew; others' sessions stay."""
    secret = accepted(console)
    client, other = console.client(), console.client("clerk")
    sign_in(console, client, secret)
    stolen = client.get_cookie(SESSION)
    assert stolen is not None
    console.later(minutes=1)
    sign_in(console, client, secret)

    thief = console.client()
    thief.set_cookie(SESSION, stolen.value, secure=True)
    assert thief.get("/console/me").status_code == 303
    assert {each.get("/console/me").status_code for each in (client, other)} == {200}
    link = (
        f"/console/demo/{demo_link.make(console.store, 'admin', console.parts.random, console.now)}"
    )
    before = other.get_cookie(SESSION)
    assert before is not None
    assert other.post(link).status_code == 303
    thief.set_cookie(SESSION, before.value, secure=True)
    assert thief.get("/console/me").status_code == 303
