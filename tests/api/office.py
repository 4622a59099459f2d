"""Who asks the admin face in these tests, and how an answer is looked at."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers
from werkzeug.test import Client

from gpd_soap.api.app import admin_app
from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.core.receipt import Receipt, Verdict, settle
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.settings import Settings
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.journal.entries import Entry
from gpd_soap.store.journal.writer import keep
from gpd_soap.store.store import Store
from gpd_soap.wiring import cases
from tests.validation.bodies import OTHER, body, iuv, nav, option

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # 10:00 in Rome
DAY = timedelta(days=1)
ORGANIZATION = "77777777777"
#: Processes of a race: with SQLite they stand in line, and none may wait too long.
SIZE = 4
CLAIM = NodeRoute(ORGANIZATION, "15376371009", "15376371009_01")
ALL = f"/organizations/{ORGANIZATION}/debtpositions"
#: Many at once, as in GPD's second API.
SECOND = f"/v2{ALL}"
ONE = f"{ALL}/POSIZIONE-1"
OPTIONS = f"/organizations/{ORGANIZATION}/paymentoptions"
#: The journal's one entry.
ENTRY = Entry(
    organization=ORGANIZATION,
    at=NOW - DAY,
    id=7,
    microseconds=1234,
    caller="192.0.2.1",
    operation="paSendRTV2",
    broker=CLAIM.broker,
    station=CLAIM.station,
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
    """Make a database of two organizations, of which one issues numbers, and a journal of one."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        configuration.put_organization(connection, ORGANIZATION, "Comune di Esempio")
        configuration.put_organization(connection, OTHER, "Provincia di Esempio")
        configuration.put_broker(connection, CLAIM.broker)
        configuration.put_station(connection, CLAIM.station, CLAIM.broker)
        configuration.put_serving(connection, ORGANIZATION, CLAIM.station, "47")
        keep(connection, [ENTRY])
    store.close()


class Clock:
    """Tells the time that a test says."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.now


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: Any
    headers: Headers

    @property
    def title(self) -> str:
        """What a problem is called; what is none has no title."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.body["status"] == self.status
        assert self.body["detail"]
        return str(self.body["title"])

    @property
    def errors(self) -> set[tuple[str, str]]:
        """Field and rule of everything that is wrong."""
        return {(each["field"], each["rule"]) for each in self.body.get("errors", ())}


def ready() -> Iterable[tuple[str, bool, str]]:
    """Nothing is ever missing."""
    return [("database", True, "is there")]


class Office:
    """Asks the admin face with a key, a writer's of one organization unless said otherwise."""

    def __init__(self, store: Store, clock: Clock, key: str = "") -> None:
        self.store, self.clock = store, clock
        self.cases = cases(Settings(), store, clock)
        self.app = admin_app(
            store, clock, self.cases, ready, lambda figures: Metrics().text(figures, clock())
        )
        self._client = Client(self.app)
        self.writer = key or self.key(Role.WRITER, ORGANIZATION)

    def key(self, role: Role, *organizations: str) -> str:
        """Make a key."""
        with self.store.begin() as connection:
            return keys.create(connection, "Ufficio di prova", role, organizations, NOW)[1]

    def ask(
        self, method: str, path: str, told: object = None, key: str | None = None, **more: Any
    ) -> Answer:
        """Ask; `told` is sent as JSON, `data` as it is; an empty key sends none."""
        headers = {"X-Api-Key": self.writer if key is None else key, **more.pop("headers", {})}
        if told is not None:
            more = {"data": json.dumps(told), "content_type": "application/json", **more}
        sent = {name: value for name, value in headers.items() if value}
        with self._client.open(path, method=method, headers=sent, **more) as answer:
            kind = answer.headers.get("Content-Type", "")
            found = json.loads(answer.get_data()) if "json" in kind else answer.get_data()
            return Answer(answer.status_code, found, answer.headers)

    def get(self, path: str, **more: Any) -> Answer:
        """Read."""
        return self.ask("GET", path, **more)

    def post(self, path: str, told: object = None, **more: Any) -> Answer:
        """Create, or do."""
        return self.ask("POST", path, told, **more)

    def put(self, path: str, told: object, **more: Any) -> Answer:
        """Update."""
        return self.ask("PUT", path, told, **more)

    def create(self, told: object = None, query: str = "") -> Answer:
        """Create a position that is in order."""
        answer = self.post(f"{ALL}{query}", told or body())
        assert answer.status == 201, answer.body
        return answer

    def status(self, iupd: str = "POSIZIONE-1") -> str:
        """What a position is called now."""
        return str(self.get(f"{ALL}/{iupd}").body["status"])

    def pay(self, serial: int = 1, amount: int = 1000) -> Verdict:
        """Let the receipt of a notice come."""
        return take(self.store, receipt(serial, amount))


class Admin(Office):
    """An office whose key is an administrator's."""

    def __init__(self, store: Store, *organizations: str) -> None:
        super().__init__(store, Clock())
        self.writer = self.key(Role.ADMIN, *organizations)

    def delete(self, path: str) -> Answer:
        """Remove."""
        return self.ask("DELETE", path)


def receipt(serial: int = 1, amount: int = 1000) -> Receipt:
    """The receipt of a notice of these tests."""
    return Receipt(
        claim=CLAIM,
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
    )


def take(store: Store, taken: Receipt) -> Verdict:
    """Settle a receipt as the desk does, again while others are faster."""
    for _ in range(8):
        known = store.receipt_facts(taken)
        verdict = settle(taken, known, NOW)
        if store.settle(taken, known, verdict, primitive="paSendRTV2", raw=b"<r/>", now=NOW):
            return verdict
    raise AssertionError("a receipt's position kept changing")


def installments(*serials: int, **more: object) -> dict[str, Any]:
    """A position of a single option and a plan of installments, the single one first."""
    first, *rest = serials
    plan = [option(serial, isPartialPayment=True) for serial in rest]
    return body(option(first), *plan, **more)
