"""A harness for deliveries: events of positions, a receiver, a subscription, a clock that moves."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gpd_soap.api.document.event_types import TYPES
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.event import Event, EventType
from gpd_soap.features.webhooks.client import Timeouts
from gpd_soap.features.webhooks.deliverer import Deliverer
from gpd_soap.features.webhooks.manage import SubscriptionRef, Subscriptions
from gpd_soap.features.webhooks.options import Options
from gpd_soap.features.webhooks.signing_key import SigningKey
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.events.parked import Parked
from gpd_soap.store.events.subscriptions import Subscription
from gpd_soap.store.events.write import write
from gpd_soap.store.store import Store
from gpd_soap.usecases.envelope import CONTENT_TYPE
from gpd_soap.validation.queries.subscriptions import Replay, SubscriptionFields
from tests.api.office import ORGANIZATION, Clock
from tests.event_schema import findings_in
from tests.features.webhooks.receiver import Behave, Received, Receiver, answer

ACTOR = Actor(ActorKind.KEY, "k-1")
MASTER = bytes(range(0x40, 0x60))
PAGE = PageRequest(50, 0)
#: The data of a change that changed nothing.
CHANGE: dict[str, Any] = {"optionCount": 1, "before": {}, "after": {}, "changed": []}


class Harness:
    """One subscription of one receiver."""

    def __init__(self, store: Store, receiver: Receiver, **fields: Any) -> None:
        self.store, self.receiver, self.clock = store, receiver, Clock()
        self.key = SigningKey(Ed25519PrivateKey.generate())
        self.options = Options(MASTER, receiver.rule, timeouts=Timeouts(0.5, 1.0), key=self.key)
        self.subscriptions = Subscriptions(store, self.clock, self.options)
        self.ref, self.secret = self.subscribe(**fields)
        self.deliverer = self.another()

    def another(self) -> Deliverer:
        """Returns a deliverer, as another process has it."""
        return Deliverer(self.store, self.options, self.clock, random=lambda: 0.5)

    def subscribe(self, **fields: Any) -> tuple[SubscriptionRef, str]:
        """Makes another subscription of the receiver."""
        body = SubscriptionFields.model_validate({"url": self.receiver.url(), **fields})
        made, secret = self.subscriptions.create(ORGANIZATION, body, ACTOR)
        return SubscriptionRef(ORGANIZATION, made.id), secret

    def happen(self, *subjects: str, kind: EventType = EventType.POSITION_UPDATED) -> None:
        """Writes an event for each subject, in this order."""
        data = {name: value for name, value in CHANGE.items() if name in TYPES[kind].always}
        with self.store.begin() as connection:
            write(
                connection,
                [
                    Event(ORGANIZATION, kind, each, ACTOR, {"iupd": each, **data}, revision=2)
                    for each in subjects
                ],
            )

    def deliver(self, **later: float) -> int:
        """Moves the clock, then sends what is due; every cloud event that arrives is valid."""
        self.clock.now += timedelta(**later)
        before = len(self.receiver.received)
        attempts = self.deliverer.once()
        for each in self.receiver.received[before:]:
            if each.headers.get("content-type") == CONTENT_TYPE:
                assert findings_in(each.body) == []
        return attempts

    @property
    def now(self) -> Subscription:
        """The subscription as it is."""
        return self.subscriptions.get(self.ref)

    @property
    def parked(self) -> list[tuple[int, str, str]]:
        """Number, subject and state of the parked events."""
        return [(each.sequence, each.subject, each.state) for each in self.rows]

    @property
    def rows(self) -> list[Parked]:
        """The parked events."""
        return self.subscriptions.parked(self.ref, PAGE)[0]

    def replay(self, **body: Any) -> int:
        """Has events sent again."""
        return self.subscriptions.replay(self.ref, Replay.model_validate(body))

    @property
    def sent(self) -> list[tuple[int, str]]:
        """Number and subject of each request that arrived, in order."""
        return [numbered(each) for each in self.receiver.received]


def numbered(received: Received) -> tuple[int, str]:
    """Returns number and subject of a cloud event."""
    event = json.loads(received.body)
    return int(event["sequence"]), str(event["subject"])


def refusing(*subjects: str, status: int = 500) -> Behave:
    """Returns a behaviour that refuses the events of some subjects."""
    return by(lambda received: answer(status if numbered(received)[1] in subjects else 200))


def by(choose: Callable[[Received], Behave]) -> Behave:
    """Returns a behaviour that is chosen for each request."""
    return lambda connection, received: choose(received)(connection, received)
