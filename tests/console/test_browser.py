"""Ways in and ways on that need a real browser: devices, a provider, keys, no script."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep

from flask import request
from playwright.sync_api import Browser, expect

from gpd_soap.store.access import keys
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.usecases.people.operators import Operators
from gpd_soap.validation.queries.operators import NewOperator
from tests.conftest import FreshDatabase
from tests.console import browsing, harness
from tests.console.browsing import Tab
from tests.console.harness import ORGANIZATION, Console
from tests.features.oidc.harness import CLIENT, SECRET
from tests.features.oidc.provider import Provider, serving
from tests.ports import free_port
from tests.usecases.people.people import MAIL, NOW, PASSWORD, People

OpenTab = Callable[..., Tab]
ORG = f"/console/{ORGANIZATION}"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def served_at_localhost(store: Store, **settings: object) -> Iterator[tuple[Console, str]]:
    """Serve a console under a name, which passkeys and a provider need."""
    port = free_port()
    origin = f"http://localhost:{port}"
    console = Console(store, console_url=origin, **settings)
    with harness.served(console.wsgi, port):
        yield console, origin


def invited(console: Console, **fields: object) -> str:
    """Invite an operator; return the path of the link."""
    given = {"name": "Dora Inventata", "role": "admin", "organizations": ["*"], "scopes": []}
    new = NewOperator.model_validate({**given, **fields})
    operators = Operators(console.store, secrets.token_bytes)
    return f"/console/invitation/{operators.invite(new, 'test', console.now)[1]}"


def name_of(shown: Tab) -> str:
    """Return the name in the bar, or nothing where nobody is signed in."""
    summary = shown.page.locator(".me > summary")
    return summary.inner_text() if summary.count() else ""


def test_passkey_replaces_both_factors(browser: Browser, fresh_database: FreshDatabase):
    """An invitation is accepted, a session begun and raised, a second device added and removed."""
    store = Store(fresh_database("sqlite", harness.prepare))
    with served_at_localhost(store) as (console, origin):
        shown = browsing.tab(browser, console, origin)
        tools = shown.context.new_cdp_session(shown.page)
        tools.send("WebAuthn.enable")
        tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

        shown.open(invited(console))
        shown.page.get_by_label("Come la chiami").fill("telefono")
        shown.click("Crea la passkey")
        expect(shown.page.locator("h1")).to_have_text("Fatto: adesso puoi entrare")
        assert shown.problems() == []
        shown.open("/console/sign-in")
        assert shown.problems() == []
        shown.click("Entra con una passkey")
        expect(shown.page.locator(".me > summary")).to_have_text("Dora Inventata")

        console.later(minutes=11)
        shown.open("/console/step-up?next=/console/me")
        shown.click("Entra con una passkey")
        expect(shown.page.locator("h1")).to_have_text("Profilo e accesso")
        assert shown.problems() == []
        shown.page.get_by_role("button", name="Togli").click()
        expect(shown.page.locator("h1")).to_have_text("Così com’è adesso non si può fare")
        shown.context.close()
    store.close()


def test_provider_signs_in_steps_up_and_signs_out(browser: Browser, fresh_database: FreshDatabase):
    """A plain link leads there, the way back loads itself once, and the page before is shown."""
    store = Store(fresh_database("sqlite", harness.prepare))
    provider = Provider(CLIENT, SECRET, lambda: NOW)
    with serving(provider):
        settings = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_match_claim": "email",
        }
        with served_at_localhost(store, **settings) as (console, origin):
            provider.clock = lambda: console.now
            invited(console, mail=MAIL)
            shown = browsing.tab(browser, console, origin)
            shown.open("/console/me")
            assert shown.problems() == []
            shown.click("Entra con l’accesso dell’ente")
            expect(shown.page.locator("h1")).to_have_text("Profilo e accesso")
            assert name_of(shown) == "Dora Inventata"

            console.later(minutes=11)
            shown.open(f"{ORG}/people/clerk")
            shown.page.get_by_text("Sospendi l’accesso…").click()
            shown.click("Sospendi Clerk Inventata")
            expect(shown.page.locator("h1")).to_have_text("Conferma che sei tu")
            shown.open("/console/step-up?next=/console/me")
            shown.click("Conferma con l’accesso dell’ente")
            expect(shown.page.locator("h1")).to_have_text("Profilo e accesso")

            shown.page.locator(".me > summary").click()
            shown.click("Esci", exact=True)
            expect(shown.page.locator("h1")).to_have_text("Sei uscito")
            assert shown.problems() == []
            shown.open("/console/me")
            expect(shown.page.locator("h1")).to_have_text("Entra")
            shown.context.close()
    store.close()


def test_single_keys_work_unless_something_is_typed_or_they_are_switched_off(open_tab: OpenTab):
    """Keys work unless something is typed, and are switched off in the profile."""
    shown = open_tab("admin")
    page = shown.page
    shown.open(f"{ORG}/people")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Admin Inventata")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Clerk Inventata")
    page.keyboard.press("?")
    expect(page.locator(".keys dl")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator(".keys dl")).to_be_hidden()

    shown.open(f"{ORG}/people/new")
    page.get_by_label("Nome e cognome").press_sequentially("a?b@c")
    expect(page.locator(".keys dl")).to_be_hidden()
    page.get_by_role("button", name="Prepara il link di invito").press("Enter")
    expect(page.locator("#errors")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Nome e cognome")).to_be_focused()
    assert shown.problems() == []

    shown.open("/console/me")
    page.get_by_label("Scorciatoie da tastiera").uncheck()
    shown.click("Salva", exact=True)
    expect(page.locator(".done")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator(".keys dl")).to_be_hidden()
    assert shown.problems() == []


def test_everything_works_without_a_script(live: tuple[Console, str], browser: Browser):
    """An invitation is accepted and a form that outlived its session is sent, by forms alone."""
    console, origin = live
    people = People(console.store)
    people.now = console.now
    link = invited(console)
    secret = people.secret(link.rpartition("/")[2])
    shown = browsing.tab(browser, console, origin, java_script_enabled=False)
    page = shown.page
    shown.open(link)
    expect(page.locator("h1")).to_have_text("Scegli come entrare")
    page.get_by_label("Password nuova").fill(PASSWORD)
    page.get_by_label("Ancora una volta").fill(PASSWORD)
    page.get_by_label("Codice che vedi nell’app").fill(people.code(secret))
    shown.click("Conferma e prendi i codici di recupero")
    assert page.locator(".codes li").count() == 10

    def sign_in() -> None:
        console.later(seconds=30)
        people.now = console.now
        page.get_by_label("Nome o indirizzo di posta").fill("Dora Inventata")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        shown.click("Continua")
        page.get_by_label("Codice", exact=True).fill(people.code(secret))
        shown.click("Entra", exact=True)

    shown.open(f"{ORG}/config")
    sign_in()
    expect(page.locator("h1")).to_have_text("Impostazioni")
    page.get_by_label("Nome, come lo legge chi paga").fill("Comune Mutato")
    console.later(hours=1)
    shown.click("Salva il nome")
    expect(page.locator("h1")).to_have_text("Entra")
    sign_in()
    expect(page.locator("h1")).to_have_text("Eri a metà di una modifica")
    shown.click("Continua la modifica")
    expect(page.locator(".org")).to_contain_text("Comune Mutato")
    shown.context.close()


def test_forced_colours_keep_borders_and_focus(open_tab: OpenTab):
    """Where the system chooses the colours, buttons have edges and the focus is drawn."""
    shown = open_tab("admin", forced_colors="active")
    shown.open(f"{ORG}/people")
    widths = shown.page.evaluate(
        "[...document.querySelectorAll('.btn')].map(b => getComputedStyle(b).borderTopWidth)"
    )
    assert widths
    assert set(widths) <= {"1px", "3px"}
    shown.page.keyboard.press("Tab")
    outline = shown.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    assert shown.problems() == []


def test_link_of_another_site_opens_with_the_session(open_tab: OpenTab, live: tuple[Console, str]):
    """Trust is not lost by a link in a mail: the page loads itself, and is there."""
    _console, origin = live

    def mail(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [f'<a href="{origin}/console/me">apri</a>'.encode()]

    shown = open_tab("clerk")
    with harness.served(mail) as elsewhere:
        shown.page.goto(elsewhere.replace("127.0.0.1", "localhost"))
        shown.page.get_by_text("apri").click()
        expect(shown.page.locator("h1")).to_have_text("Profilo e accesso")
        assert name_of(shown) == "Clerk Inventata"


def test_two_clicks_make_one_key(live: tuple[Console, str], open_tab: OpenTab):
    """The token of the first of two keys would be shown to nobody, and would work for ever."""
    console, _origin = live
    shown = open_tab("admin")
    shown.open(f"{ORG}/keys")
    # WHY: the page stays until the answer comes, so that the second click is on the same button.
    slow = [lambda: sleep(1) if request.method == "POST" else None]
    console.app.before_request_funcs[None] = [*slow, *console.app.before_request_funcs[None]]
    shown.page.locator("#f-name").fill("gestionale")
    box = shown.page.locator("form[action$='/keys'] button[type=submit]").bounding_box()
    assert box is not None
    for _ in range(2):
        shown.page.mouse.click(box["x"] + 5, box["y"] + 5)
        shown.page.wait_for_timeout(150)
    expect(shown.page.locator("h1")).to_contain_text("gestionale")

    made = read_only(console.store, keys.list_keys)
    assert [each.name for each in made].count("gestionale") == 1
