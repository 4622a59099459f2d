"""A console to test: the demo's data, operators of every role, a clock that a test moves."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread

from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from gpd_soap import demo, wiring
from gpd_soap.clock import Clock
from gpd_soap.console.app import flask_app
from gpd_soap.console.cookies import LANGUAGE, SESSION
from gpd_soap.console.parts import Parts
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.demo import history
from gpd_soap.settings import Settings
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.people import operators
from gpd_soap.store.people.operators import Operator, Scope
from gpd_soap.store.people.sessions import Session
from gpd_soap.store.store import Store
from gpd_soap.usecases.people.authorize import open_session
from gpd_soap.usecases.people.passwords import Passwords
from gpd_soap.usecases.people.session_rules import RECENT
from gpd_soap.usecases.people.tokens import new_token, token_digest
from gpd_soap.wsgi.http import Wsgi
from tests.usecases.people.people import CHEAP, NOW

ORGANIZATION, OTHER = demo.ORGANIZATION, demo.BENEFICIARY
#: A registered organization for which only the administrator works, and one that is nobody's.
STRANGER = "99999999999"
ACTOR = Actor(ActorKind.OPERATOR, "admin")

EVERY = frozenset(Scope)
#: Operators by name: role, organizations, scopes.  `stranger` works for another organization.
PEOPLE: dict[str, tuple[Role, tuple[str, ...], frozenset[Scope]]] = {
    "reader": (Role.READER, (ORGANIZATION,), frozenset()),
    "clerk": (Role.READER, (ORGANIZATION,), frozenset({Scope.PERSONS})),
    "writer": (Role.WRITER, (ORGANIZATION, OTHER), EVERY - {Scope.CONFIGURE}),
    "admin": (Role.ADMIN, ("*",), EVERY),
    "stranger": (Role.ADMIN, (OTHER,), EVERY),
}
#: What a browser says of a request that a page of ours makes.
OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def prepare(url: str, now: datetime = NOW) -> None:
    """Make the demo's database as of an instant, with an operator of every role."""
    store = Store(url)
    migrate.upgrade(store.engine)
    demo.install(store, now)
    with store.begin() as connection:
        configuration.put_organization(connection, OTHER, demo.BENEFICIARY_NAME)
    for name, rights in PEOPLE.items():
        add_operator(store, name, rights)
    store.close()


def prepare_with_history(url: str, now: datetime = NOW) -> None:
    """Make the database of `gpd-soap demo`, with its past, and an operator of every role."""
    store = Store(url)
    migrate.upgrade(store.engine)

    def answer_at(clock: Clock) -> history.Answer:
        service = wiring.node_service(Settings(), store, clock)
        return wiring.node_endpoint(Settings(), service, (store.journal.write,)).dry_answer

    history.install(store, now, answer_at)
    store.close()
    prepare(url, now)


def add_operator(
    store: Store, name: str, rights: tuple[Role, tuple[str, ...], frozenset[Scope]]
) -> None:
    """Add an operator with these rights, whose id is the name."""
    added = Operator(name, f"{name.title()} Inventata", None, *rights, NOW, "test", None)
    with store.begin() as connection:
        operators.add(connection, added)


class Console:
    """The console over a store."""

    def __init__(self, store: Store, **settings: object) -> None:
        """Build it with these settings; tests of one process may share it."""
        self.store, self.now = store, NOW
        # WHY: the clock stands still, so that a bucket of requests would never refill.
        given = {"database_url": str(store.engine.url), "rate": 0, **settings}
        made = Settings.model_validate(given)
        parts = wiring.console_parts(made, store, tuple, lambda: self.now)
        self.parts: Parts = parts._replace(passwords=Passwords(secrets.token_bytes, CHEAP))
        self.app = flask_app(self.parts)
        self.wsgi: Wsgi = self.app.wsgi_app

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)

    def session(self, name: str = "admin", *, recent: bool = True) -> str:
        """Return the id of a new session of an operator, both factors proved."""
        token, now = new_token(secrets.token_bytes), self.now
        raised_at = now if recent else now - RECENT
        session = Session(token_digest(token), name, now, now, raised_at, proved=True)
        with self.store.begin() as connection:
            open_session(connection, session, "sign in")
        return token

    def client(self, name: str = "", *, recent: bool = True, language: str = "it") -> FlaskClient:
        """Return a browser without a screen, signed in as an operator if one is named."""
        client = self.app.test_client()
        client.environ_base.update(OURS)
        client.set_cookie(LANGUAGE, language, path="/console")
        if name:
            client.set_cookie(SESSION, self.session(name, recent=recent), secure=True)
        return client


class _Quiet(WSGIRequestHandler):
    """Writes no line for a request."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Write nothing."""


@contextmanager
def served(application: Wsgi, port: int = 0) -> Iterator[str]:
    """Serve an application on loopback, and yield its origin."""
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()
