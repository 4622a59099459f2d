"""The back office of these tests: it calls the admin face with a key and reads the answers."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers
from werkzeug.test import Client

from gpd_soap.api.app import Monitoring, admin_app
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.core.receipt import PaidTransfer, Receipt, Verdict, settle
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.settings import Settings
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.journal.entries import Entry
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from gpd_soap.wiring import cases, node_face
from gpd_soap.wsgi.http import Wsgi
from tests.validation.bodies import OTHER, body, iuv, nav, option

ACTOR = Actor(ActorKind.KEY, "k-1")
NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # 10:00 in Rome
DAY = timedelta(days=1)
ORGANIZATION = "77777777777"
#: LIMIT: processes in a race; SQLite serves them in turn, and none may wait until it is refused.
SIZE = 4
ROUTE = NodeRoute(ORGANIZATION, "15376371009", "15376371009_01")
ALL = f"/organizations/{ORGANIZATION}/debtpositions"
#: Operations on several positions, as in the second version of GPD's API.
SECOND = f"/v2{ALL}"
ONE = f"{ALL}/POSIZIONE-1"
OPTIONS = f"/organizations/{ORGANIZATION}/paymentoptions"
#: The only entry of the journal.
ENTRY = Entry(
    organization=ORGANIZATION,
    arrived_at=NOW - DAY,
    id=7,
    microseconds=1234,
    caller="192.0.2.1",
    operation="paSendRTV2",
    broker=ROUTE.broker,
    station=ROUTE.station,
    nav=nav(1),
    iuv=iuv(1),
    receipt_id="r-1",
    psp="ABI00000",
    channel="00000000191_01",
    outcome="OK",
    fault=NOT_GIVEN,
    rule="receipt: kept as applied",
    status=200,
    soap_action=None,
)


def prepare(url: str) -> None:
    """Create a database: two organizations, a station for one of them, one journal entry."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        configuration.put_organization(connection, ORGANIZATION, "Comune di Esempio")
        configuration.put_organization(connection, OTHER, "Provincia di Esempio")
        configuration.put_broker(connection, ROUTE.broker)
        configuration.put_station(connection, ROUTE.station, ROUTE.broker)
        configuration.put_serving(connection, ORGANIZATION, ROUTE.station, "47")
        write_entries(connection, [ENTRY])
    store.close()


class Clock:
    """A clock that shows the time a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    body: Any
    headers: Headers

    @property
    def title(self) -> str:
        """Title of the problem; fails if the answer is not a problem."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.body["status"] == self.status
        assert self.body["detail"]
        return str(self.body["title"])

    @property
    def errors(self) -> set[tuple[str, str]]:
        """Field and rule of each error."""
        return {(each["field"], each["rule"]) for each in self.body.get("errors", ())}


def ready() -> Iterable[tuple[str, bool, str]]:
    """Readiness facts in which nothing is missing."""
    return [("database", True, "is there")]


#: A face's monitoring without figures.
SILENT = Monitoring(ready, lambda _: b"")


class Face:
    """The admin face over a store, and its clock, which shows the time of one back office."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.clock = Clock()
        self.cases = cases(Settings(), store, self._now)
        monitoring = Monitoring(ready, lambda figures: Metrics().text(figures, self._now()))
        self.app = admin_app(store, self._now, self.cases, monitoring)

    @cached_property
    def node(self) -> Wsgi:
        """The node face over the same store and clock."""
        return node_face(Settings(), self._store, self._now)

    def _now(self) -> datetime:
        return self.clock()


@lru_cache(maxsize=4)
def shared_face(store: Store) -> Face:
    """Return the admin face over a store, built once for the races of a process."""
    # WHY: it takes a third of a second to build, thirty times as long as one of its answers.
    return Face(store)


class BackOffice:
    """A client of the admin face; its key is a writer's of one organization, unless given."""

    def __init__(self, store: Store, clock: Clock, key: str = "", face: Face | None = None) -> None:
        """`face` is one over the same store that other tests use too, or else a new one."""
        self.store, self.clock = store, clock
        self._face = face or Face(store)
        self._face.clock = clock
        self.cases, self.app = self._face.cases, self._face.app
        self._client = Client(self.app)
        self.writer = key or self.key(Role.WRITER, ORGANIZATION)

    @property
    def node(self) -> Wsgi:
        """The node face over this back office's store and clock."""
        self._face.clock = self.clock
        return self._face.node

    def key(self, role: Role, *organizations: str) -> str:
        """Create a key and return its secret."""
        with self.store.begin() as connection:
            return keys.create(connection, "Ufficio di prova", role, organizations, NOW)[1]

    def request(
        self, method: str, path: str, content: object = None, key: str | None = None, **more: Any
    ) -> Answer:
        """Send a request: `content` as JSON, or `data` unchanged.  An empty `key` sends no key."""
        self._face.clock = self.clock
        headers = {"X-Api-Key": self.writer if key is None else key, **more.pop("headers", {})}
        if content is not None:
            more = {"data": json.dumps(content), "content_type": "application/json", **more}
        sent = {name: value for name, value in headers.items() if value}
        with self._client.open(path, method=method, headers=sent, **more) as answer:
            kind = answer.headers.get("Content-Type", "")
            body = json.loads(answer.get_data()) if "json" in kind else answer.get_data()
            return Answer(answer.status_code, body, answer.headers)

    def get(self, path: str, **more: Any) -> Answer:
        """Send a GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, content: object = None, **more: Any) -> Answer:
        """Send a POST."""
        return self.request("POST", path, content, **more)

    def put(self, path: str, content: object, **more: Any) -> Answer:
        """Send a PUT."""
        return self.request("PUT", path, content, **more)

    def create(self, content: object = None, query: str = "") -> Answer:
        """Create a valid position; fails if it is refused."""
        answer = self.post(f"{ALL}{query}", content or body())
        assert answer.status == 201, answer.body
        return answer

    def status(self, iupd: str = "POSIZIONE-1") -> str:
        """Status of a position."""
        return str(self.get(f"{ALL}/{iupd}").body["status"])

    def pay(self, serial: int = 1, amount: int = 1000) -> Verdict:
        """Settle the receipt of a notice."""
        return settle_receipt(self.store, receipt(serial, amount))


class Admin(BackOffice):
    """A back office whose key is an administrator's."""

    def __init__(self, store: Store, *organizations: str, face: Face | None = None) -> None:
        super().__init__(store, Clock(), face=face)
        self.writer = self.key(Role.ADMIN, *organizations)

    def delete(self, path: str) -> Answer:
        """Send a DELETE."""
        return self.request("DELETE", path)


def receipt(serial: int = 1, amount: int = 1000) -> Receipt:
    """A receipt of a notice of these tests."""
    return Receipt(
        route=ROUTE,
        receipt_id=f"r-{serial}",
        digest=f"content of r-{serial}",
        issuer=ORGANIZATION,
        nav=nav(serial),
        iuv=iuv(serial),
        outcome="OK",
        amount=amount,
        psp="ABI00000",
        psp_name="Banca di Esempio",
        psp_fiscal_code="00000000191",
        channel="00000000191_01",
        method="creditCard",
        fee=150,
        paid_at=NOW,
        stand_in=False,
        debtor_code="ANONIMO",
        transfers=(PaidTransfer(1, ORGANIZATION, amount),),
    )


def settle_receipt(store: Store, arrived: Receipt) -> Verdict:
    """Settle a receipt; it is decided again whenever its facts have changed meanwhile."""
    for _ in range(8):
        facts = store.receipt_facts(arrived)
        verdict = settle(arrived, facts, NOW)
        if store.settle(arrived, facts, verdict, primitive="paSendRTV2", raw=b"<r/>", now=NOW):
            return verdict
    raise AssertionError("a receipt's position kept changing")


def installments(*serials: int, **more: object) -> dict[str, Any]:
    """A position with a single option first, and then a plan of installments."""
    first, *rest = serials
    plan = [option(serial, isPartialPayment=True) for serial in rest]
    return body(option(first), *plan, **more)
