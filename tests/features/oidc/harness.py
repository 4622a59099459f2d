"""The use cases about people with a provider, a browser, and a life of both."""

import http.client
from typing import Any
from urllib.parse import urlsplit

from gpd_soap.features.oidc.fetch import Fetch
from gpd_soap.features.oidc.options import Options, group_rights
from gpd_soap.features.oidc.sign_in import OidcSignIn
from gpd_soap.features.oidc.visit import Returned, Visit
from gpd_soap.store.store import Store
from gpd_soap.usecases.people.sign_in import SignedIn
from tests.features.oidc.provider import Provider
from tests.usecases.people.people import CALLER, MAIL, NAME, People

CONSOLE = "https://console.esempio.invalid"
CLIENT, SECRET = "console", "segreto+inventato/ è %"
#: Rules that let the two people of the stand-in in.
RIGHTS = ("tributi=writer:77777777777:persons+load", "ragioneria=reader:88888888888:persons")


class Console(People):
    """The use cases about people, with a provider."""

    def __init__(self, store: Store, provider: Provider) -> None:
        super().__init__(store)
        self.provider, self.seconds = provider, 20.0
        provider.clock = lambda: self.now
        self.use()

    def use(self, *rights: str, **options: Any) -> None:
        """Use these options from now on; nothing of the provider is known."""
        given = {"match_claim": "email", **options}
        self.options = Options(
            issuer=self.provider.issuer,
            client_id=CLIENT,
            client_secret=SECRET,
            console_url=CONSOLE,
            rights=tuple(map(group_rights, rights)),
            **given,
        )
        fetch = Fetch(seconds=self.seconds)
        self.oidc = OidcSignIn(self.store, self.options, self.random, fetch)

    def finish(
        self, visit: Visit, query: str, session: str | None = None, caller: str = CALLER
    ) -> SignedIn:
        """Come back with a query."""
        return self.oidc.finish(Returned(query, visit.secret, caller), session, self.now)

    def enter(self) -> SignedIn:
        """Sign in at the provider."""
        visit = self.oidc.begin(self.now)
        return self.finish(visit, browse(visit))

    def step_up(self, session: str) -> str:
        """Prove factors again at the provider; return the new id of the session."""
        visit = self.oidc.begin_step_up(session, self.now)
        return self.finish(visit, browse(visit), session).token

    def add(self, session: str) -> None:
        """Add an identity to the operator of a session."""
        visit = self.oidc.begin_add(session, self.now)
        self.finish(visit, browse(visit), session)


def location(address: str) -> str:
    """Return where a browser is sent from an address."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.netloc, timeout=180)
    connection.request("GET", f"{url.path}?{url.query}")
    response = connection.getresponse()
    assert response.status == 302, response.read()
    connection.close()
    return response.headers["Location"]


def browse(visit: Visit) -> str:
    """Sign in at the provider as a browser does; return the query with which it comes back."""
    back = location(visit.address)
    assert back.startswith(f"{CONSOLE}/console/oidc/callback?")
    return urlsplit(back).query


def journey(store: Store, provider: Provider) -> None:
    """Do everything that operators do with a provider."""
    console = Console(store, provider)
    console.use(*RIGHTS, create=True)
    account = console.account("Bruno Inventato")
    provider.person = "bruno"
    console.add(console.sign_in(account))
    provider.person = "anna"
    token = console.step_up(console.enter().token)
    console.oidc.sign_out(token, console.now)
    [identity] = console.operators.details(NAME).identities
    console.operators.remove_identity(NAME, identity.id)
    console.invite("Altra", mail=MAIL)
    console.enter()
    console.operators.reset(MAIL, console.now)
