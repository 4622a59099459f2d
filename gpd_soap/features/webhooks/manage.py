"""What a back office does with its subscriptions: make, change, test, pause, rotate, replay."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from gpd_soap.clock import Clock
from gpd_soap.core.actor import Actor
from gpd_soap.core.event import Event, EventType
from gpd_soap.features.webhooks import addresses, signing
from gpd_soap.features.webhooks.addresses import Refused, Resolve
from gpd_soap.features.webhooks.client import resolve as system_resolve
from gpd_soap.features.webhooks.options import Options
from gpd_soap.features.webhooks.schedule import Health
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.events import feed, parked, subscriptions
from gpd_soap.store.events.parked import Parked
from gpd_soap.store.events.subscriptions import State, Subscription
from gpd_soap.store.events.write import write
from gpd_soap.store.positions import numbers
from gpd_soap.usecases import refusals
from gpd_soap.usecases.feed import number
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.subscriptions import MOST_REPLAYED, Replay, SubscriptionFields

#: LIMIT: 10 subscriptions of an organization, each a stream of requests of its own.
MOST = 10
#: What a successful attempt clears, and a person who resumes too.
WELL = {**Health()._asdict(), "last_error": ""}

T = TypeVar("T")


class SubscriptionRef(NamedTuple):
    """Names a subscription; `etag_matches` decides by its ETag whether it may be changed."""

    organization: str
    id: str
    etag_matches: Callable[[str], bool] = lambda _: True


class Subscriptions:
    """The subscriptions of every organization."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        options: Options,
        resolve: Resolve = system_resolve,
    ) -> None:
        """Use `options` for what is allowed; a test passes another name server."""
        self._database, self._clock = database, clock
        self._options, self._resolve = options, resolve

    def page(self, organization: str, request: PageRequest) -> tuple[list[Subscription], int]:
        """Returns a page of the subscriptions of an organization, and their number."""
        return self._read(lambda c: subscriptions.page(c, organization, request))

    def get(self, ref: SubscriptionRef) -> Subscription:
        """Returns a subscription.  Raises SubscriptionNotFound."""
        return self._read(lambda c: _existing(subscriptions.get(c, ref.organization, ref.id)))

    def create(
        self, organization: str, fields: SubscriptionFields, actor: Actor
    ) -> tuple[Subscription, str]:
        """Returns a new subscription from the newest event on, and its secret.

        Raises WebhooksOff, Malformed for an address that may not be called, OrganizationNotFound,
        and TooManySubscriptions.
        """
        self._check(fields)
        number(self._database, organization)
        now = self._clock()

        def work(connection: Transaction) -> Subscription:
            if not numbers.is_registered(connection, organization):
                raise refusals.OrganizationNotFound
            if subscriptions.count(connection, organization) >= MOST:
                raise refusals.TooManySubscriptions
            made = Subscription(
                organization=organization,
                id=f"sub_{secrets.token_hex(16)}",
                state=State.ACTIVE,
                cursor=feed.bounds(connection, organization).last,
                generation=1,
                rotated_at=None,
                revision=1,
                last_status=None,
                last_error="",
                created_at=now,
                created_by=actor.id,
                **Health()._asdict(),
                **fields.model_dump(),
            )
            subscriptions.add(connection, made)
            return made

        made = in_transaction(self._database, work)
        return made, self._secret(made)

    def replace(self, ref: SubscriptionRef, fields: SubscriptionFields) -> Subscription:
        """Returns a subscription with other fields; its cursor and secret stay."""
        self._check(fields)
        return self._change(ref, **fields.model_dump())

    def delete(self, ref: SubscriptionRef) -> None:
        """Deletes a subscription and its parked events."""
        self._with(ref, subscriptions.remove)

    def pause(self, ref: SubscriptionRef) -> Subscription:
        """Returns a subscription to which nothing is sent until it is resumed."""
        return self._change(ref, state=State.PAUSED)

    def resume(self, ref: SubscriptionRef) -> Subscription:
        """Returns a subscription to which is sent at once, from its cursor on."""
        return self._change(ref, state=State.ACTIVE, **WELL)

    def rotate(self, ref: SubscriptionRef) -> tuple[Subscription, str]:
        """Returns a subscription with its new secret; the one before signs for some days too."""
        self._check_master()
        now = self._clock()

        def work(connection: Transaction, before: Subscription) -> Subscription:
            generation = before.generation + 1
            subscriptions.change(connection, before, generation=generation, rotated_at=now)
            return _existing(subscriptions.get(connection, before.organization, before.id))

        rotated = self._with(ref, work)
        return rotated, self._secret(rotated)

    def test(self, ref: SubscriptionRef, actor: Actor) -> None:
        """Writes an event that is sent to this subscription alone."""

        def work(connection: Transaction, owner: Subscription) -> None:
            data = {"subscription": owner.id}
            kind = EventType.SUBSCRIPTION_TEST
            write(connection, [Event(owner.organization, kind, owner.id, actor, data)])

        self._with(ref, work)

    def replay(self, ref: SubscriptionRef, request: Replay) -> int:
        """Returns how many events are sent again: with the ids that they had, marked as repeated.

        Those that are no longer kept, or that the subscription does not choose, are left out.
        """
        now = self._clock()

        def work(connection: Transaction, owner: Subscription) -> int:
            if request.dead:
                return parked.revive(connection, owner, now)
            assert request.start is not None
            assert request.end is not None
            chosen = feed.of_subscription(owner.id, owner.types)
            until = min(request.end, owner.cursor)
            events = feed.after(
                connection, owner.organization, request.start - 1, until, MOST_REPLAYED, chosen
            )
            return parked.replay(connection, owner, events, now)

        return self._with(ref, work)

    def parked(self, ref: SubscriptionRef, request: PageRequest) -> tuple[list[Parked], int]:
        """Returns a page of the events that are set aside, in their order, and their number."""

        def work(connection: Transaction) -> tuple[list[Parked], int]:
            owner = _existing(subscriptions.get(connection, ref.organization, ref.id))
            return parked.page(connection, owner, request)

        return self._read(work)

    def discard(self, ref: SubscriptionRef, sequence: int) -> None:
        """Gives a parked event up; those of its subject that wait for it are sent.

        Raises ParkedNotFound.
        """
        now = self._clock()

        def work(connection: Transaction, owner: Subscription) -> None:
            row = parked.get(connection, owner, sequence)
            if row is None:
                raise refusals.ParkedNotFound
            parked.settle(connection, owner, row, now)

        self._with(ref, work)

    def _check(self, fields: SubscriptionFields) -> None:
        self._check_master()
        rule, known = self._options.rule, self._options.identities
        errors: list[FieldError] = []
        try:
            target = addresses.parse(fields.url, rule)
            addresses.checked_addresses(target, rule, self._resolve)
        except Refused as refused:
            errors.append(FieldError("url", "address", str(refused).removeprefix("expected ")))
        except OSError:
            errors.append(FieldError("url", "address", "a host name that has an address"))
        if fields.certificate and fields.certificate not in known.certificates:
            errors.append(
                FieldError("certificate", "unknown", "a name of GPD_WEBHOOK_CERTIFICATES")
            )
        if fields.authority and fields.authority not in known.authorities:
            errors.append(FieldError("authority", "unknown", "a name of GPD_WEBHOOK_AUTHORITIES"))
        if errors:
            raise refusals.Malformed(errors)

    def _check_master(self) -> None:
        if not self._options.master:
            raise refusals.WebhooksOff

    def _change(self, ref: SubscriptionRef, **values: object) -> Subscription:
        def work(connection: Transaction, before: Subscription) -> Subscription:
            subscriptions.change(connection, before, **values)
            return _existing(subscriptions.get(connection, before.organization, before.id))

        return self._with(ref, work)

    def _with(self, ref: SubscriptionRef, work: Callable[[Transaction, Subscription], T]) -> T:
        """Returns what `work` does with a locked subscription.

        Raises SubscriptionNotFound, and SubscriptionChanged if its ETag does not match.
        """

        def locked(connection: Transaction) -> T:
            owner = _existing(subscriptions.get(connection, ref.organization, ref.id, lock=True))
            if not ref.etag_matches(etag(owner)):
                raise refusals.SubscriptionChanged
            return work(connection, owner)

        return in_transaction(self._database, locked)

    def _secret(self, of: Subscription) -> str:
        secret = signing.secret_of(self._options.master, of.organization, of.id, of.generation)
        return signing.secret_text(secret)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        return read_only(self._database, work)


def etag(subscription: Subscription) -> str:
    """Returns the ETag of what people and keys change in a subscription."""
    return str(subscription.revision)


def _existing(subscription: Subscription | None) -> Subscription:
    if subscription is None:
        raise refusals.SubscriptionNotFound
    return subscription
