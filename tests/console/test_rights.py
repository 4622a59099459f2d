"""The matrix of pages, roles, organizations and proofs, generated from the one table."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gpd_soap.console.access import PAGES, Access
from gpd_soap.console.app import PageWithoutAccess, check_access
from gpd_soap.console.viewer import ROLES
from gpd_soap.store.access.keys import Role
from gpd_soap.store.people.operators import Scope
from gpd_soap.usecases.people.rights import HOLDABLE
from tests.console.harness import ORGANIZATION, PEOPLE, STRANGER, Console, add_operator

#: What stands in an address for something that is not there.
NOTHING = "none"
SENDS = 'action="/console/sign-in"'
SIGNS_IN, PROVES = "/console/sign-in?next=", "/console/step-up?next="
#: Pages whose use ends sessions, and those that lead to another page by themselves.
ENDS = {"me.end_all", "me.end_others"}
LEADS_ON = {"root.start", "root.bare", "sign_in.form", "sign_in.code", "sign_in.out"}


#: An operator of our organization for each scope alone, in each role that may hold it.
BY_SCOPE: dict[str, tuple[Role, tuple[str, ...], frozenset[Scope]]] = {
    f"{role}-{scope}"[:16]: (role, (ORGANIZATION,), frozenset({scope}))
    for role, held in HOLDABLE.items()
    for scope in sorted(held)
}


class Page(NamedTuple):
    """A page of the console: its endpoint, its method, and an address of it."""

    endpoint: str
    method: str
    address: str
    has_organization: bool

    @property
    def access(self) -> Access:
        """What the table says."""
        return PAGES[self.endpoint]


def pages(console: Console, organization: str) -> Iterator[Page]:
    """Yield every page of the console, of an organization where it has one."""
    with console.app.test_request_context():
        adapter = console.app.url_map.bind("127.0.0.1")
        for rule in console.app.url_map.iter_rules():
            values = dict.fromkeys(rule.arguments, NOTHING)
            if "organization" in values:
                values["organization"] = organization
            address = adapter.build(rule.endpoint, values)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Page(rule.endpoint, method, address, "organization" in values)


def open_page(client: FlaskClient, page: Page, **headers: str) -> TestResponse:
    """Open a page, with an empty form where it is sent."""
    return client.open(page.address, method=page.method, headers=headers)


def is_sign_in(answer: TestResponse) -> bool:
    """Return whether an answer asks to sign in."""
    return answer.headers.get("Location", "").startswith(SIGNS_IN) or SENDS in answer.text


def is_proof(answer: TestResponse) -> bool:
    """Return whether an answer asks for a factor."""
    return answer.headers.get("Location", "").startswith(PROVES) or 'name="kept"' in answer.text


def refusal(page: Page, name: str) -> int:
    """Return the status with which an operator must be refused a page, or 0."""
    role, organizations, scopes = {**PEOPLE, **BY_SCOPE}[name]
    access = page.access
    every = "*" in organizations
    if access.every and not every:
        return 404
    if page.has_organization and not every and ORGANIZATION not in organizations:
        return 404
    held = scopes | ({Scope.CONFIGURE} if role is Role.ADMIN else frozenset())
    if access.scope is not None and access.scope not in held:
        return 403
    return 0 if ROLES.index(role) >= ROLES.index(access.role) else 403


@pytest.mark.parametrize("name", [*PEOPLE, *BY_SCOPE])
def test_page_opens_for_who_may_and_for_nobody_else(name: str, console: Console):
    """Hidden pages and forged forms are refused as the table says, role by role and scope."""
    if name in BY_SCOPE:
        add_operator(console.store, name, BY_SCOPE[name])
    client = console.client(name)
    for page in pages(console, ORGANIZATION):
        if page.access.open or page.endpoint in LEADS_ON:
            continue
        if name in BY_SCOPE and page.access.scope is None and page.access.role is Role.READER:
            continue  # the reader without a scope opens it, and nobody is asked for more
        answer = open_page(client, page)
        if page.endpoint in ENDS:
            client = console.client(name)
        expected = refusal(page, name)

        assert not is_sign_in(answer), page
        if expected:
            assert answer.status_code == expected, page
        else:
            assert answer.status_code not in {403, 500}, page


@pytest.mark.parametrize("name", PEOPLE)
def test_delicate_page_needs_a_recent_factor(name: str, console: Console):
    """An hour-old session is sent to prove a factor, and only who may open the page."""
    delicate = [p for p in pages(console, ORGANIZATION) if p.access.recent]

    assert delicate
    for page in delicate:
        answer = open_page(console.client(name, recent=False), page)
        if refusal(page, name):
            assert answer.status_code == refusal(page, name), page
        else:
            assert is_proof(answer), page


def test_page_without_a_session_asks_to_sign_in(console: Console):
    """No page shows or does anything for nobody."""
    for page in pages(console, ORGANIZATION):
        answer = open_page(console.client(), page)

        assert page.access.open or is_sign_in(answer), page


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_form_of_another_site_changes_nothing(site: str, console: Console):
    """A form is taken from our own pages alone, open pages' forms too."""
    client = console.client("admin")
    for page in pages(console, ORGANIZATION):
        if page.method != "GET":
            answer = open_page(client, page, **{"Sec-Fetch-Site": site})
            assert answer.status_code == 403, page
            del client.environ_base["HTTP_SEC_FETCH_SITE"]
            assert open_page(client, page, Origin="https://evil.example").status_code == 403, page
            assert open_page(client, page).status_code == 403, page
            client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"


def test_unknown_organization_is_as_another_ones(console: Console):
    """Nobody learns from the answer which organizations there are."""
    for page in pages(console, STRANGER):
        if page.has_organization:
            writer = open_page(console.client("writer"), page)
            assert writer.status_code == 404, page
            if not page.access.recent:
                assert open_page(console.client("admin"), page).status_code == 404, page


def test_page_without_a_row_does_not_start():
    """A new page must name in `access.py` who may open it."""
    app = Flask("pages")
    app.add_url_rule("/console/new", "new.page", lambda: "")

    with pytest.raises(PageWithoutAccess, match=r"new\.page"):
        check_access(app)


def test_row_without_a_page_is_gone(console: Console):
    """The table lists no page that there is not."""
    assert PAGES.keys() - console.app.view_functions.keys() == set()


@pytest.mark.parametrize("least", ROLES)
def test_role_is_needed_beside_every_scope(
    least: Role, console: Console, monkeypatch: pytest.MonkeyPatch
):
    """A page for a role is closed to the roles below it, also where it needs no scope."""
    monkeypatch.setitem(PAGES, "me.page", Access(least))
    opened = [name for name in PEOPLE if console.client(name).get("/console/me").status_code == 200]

    assert opened == [n for n, (r, *_) in PEOPLE.items() if ROLES.index(r) >= ROLES.index(least)]
