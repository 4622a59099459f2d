"""Moments from the events of a position, and the amount that was due at each instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gpd_soap.console.story.moments import Difference, Kind, Moment
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.event import EventType
from gpd_soap.store.events.read import StoredEvent

KINDS = {
    EventType.POSITION_CREATED: Kind.CREATED,
    EventType.POSITION_UPDATED: Kind.UPDATED,
    EventType.POSITION_PUBLISHED: Kind.PUBLISHED,
    EventType.POSITION_WITHDRAWN: Kind.WITHDRAWN,
    EventType.POSITION_RESTORED: Kind.RESTORED,
    EventType.POSITION_FORGOTTEN: Kind.FORGOTTEN,
    EventType.NOTICE_SETTLED: Kind.PAID_ELSEWHERE,
    EventType.NOTICE_PRINTED: Kind.PRINTED,
    EventType.NOTICE_FEE_CHANGED: Kind.FEE_CHANGED,
    EventType.TRANSFER_REPORTED: Kind.REPORTED,
    EventType.CASE_OPENED: Kind.CASE_OPENED,
    EventType.CASE_RESOLVED: Kind.CASE_RESOLVED,
}
#: Changes that are shown only where they concern this notice.
OF_NOTICES = (Kind.UPDATED, Kind.RESTORED)
#: The names of an option's values in an event, and of the difference that they make.
VALUES = (("amount", "amount"), ("dueDate", "due"), ("validFrom", "valid"), ("plan", "plan"))
INSTANTS = ("due", "valid")
#: Fields of a position whose change says something to a person, without their values.
NAMED = {
    "debtor": "debtor",
    "region": "debtor",
    "phone": "debtor",
    "company_name": "company",
    "office_name": "office",
    "options.description": "description",
    "options.metadata": "metadata",
    "options.switch_to_expired": "expiry",
    "options.debtor": "debtor",
    "options": "notices",
}
Names = Mapping[Actor, str]


def from_events(events: Sequence[StoredEvent], nav: str, names: Names) -> Iterator[Moment]:
    """Yields the moments of the events that say something about a notice."""
    for event in events:
        kind = KINDS.get(EventType(event.type))
        if kind is None or (event.nav or nav) != nav:
            continue
        if event.data.get("nav", nav) != nav or nav not in event.data.get("navs", [nav]):
            continue
        differences = tuple(_differences(event.data, nav))
        if kind in OF_NOTICES and not differences and kind is Kind.UPDATED:
            continue
        yield Moment(
            happened_at=event.written_at,
            kind=kind,
            amount=_amount_of(event.data, nav) or _transfer_amount(event),
            actor=names.get(Actor(ActorKind(event.actor_kind), event.actor), event.actor),
            actor_kind=event.actor_kind,
            origin=event.data.get("origin"),
            reason=event.data.get("reason"),
            differences=differences if kind is not Kind.CREATED else (),
        )


class Amounts:
    """What was due on a notice at each instant, as its events say."""

    def __init__(self, events: Sequence[StoredEvent], nav: str) -> None:
        """Keep each amount with the instant from which it was due."""
        amounts = [(event.written_at, _amount_of(event.data, nav)) for event in events]
        self._amounts = [(since, cents) for since, cents in amounts if cents is not None]

    def due(self, instant: datetime) -> int | None:
        """Return the cents that were due at an instant, or None if no event says so."""
        known = [cents for since, cents in self._amounts if since <= instant]
        return known[-1] if known else None


def _amount_of(data: Mapping[str, Any], nav: str) -> int | None:
    """Returns the amount of a notice after an event, None if the event does not change it."""
    amount = _option(data.get("after"), nav).get("amount")
    return amount if isinstance(amount, int) else None


def _transfer_amount(event: StoredEvent) -> int | None:
    return event.data.get("amount") if event.type == EventType.TRANSFER_REPORTED else None


def _option(content: object, nav: str) -> Mapping[str, Any]:
    """Returns what an event says about a notice, before or after it."""
    options = content.get("options", []) if isinstance(content, dict) else []
    return next((each for each in options if each.get("nav") == nav), {})


def _differences(data: Mapping[str, Any], nav: str) -> Iterator[Difference]:
    """Yields what an event changed in a notice, and in its position."""
    before, after = _option(data.get("before"), nav), _option(data.get("after"), nav)
    for name, field in VALUES:
        if before.get(name) != after.get(name):
            yield Difference(field, _value(field, before.get(name)), _value(field, after.get(name)))
    accounts = _accounts(before), _accounts(after)
    if accounts[0] != accounts[1]:
        yield Difference("account", *accounts)
    named = [NAMED[name] for name in data.get("changed", ()) if name in NAMED]
    for field in dict.fromkeys(named):
        if field != "notices" or bool(before) != bool(after):
            yield Difference(field)


def _accounts(option: Mapping[str, Any]) -> str | None:
    """Returns the accounts of a notice as one text."""
    accounts = option.get("accounts") or []
    texts = [each.get("iban") or each.get("postalIban") for each in accounts]
    return ", ".join(text for text in texts if text) or None


def _value(field: str, value: int | str | None) -> int | datetime | str | None:
    if field not in INSTANTS or not isinstance(value, str):
        return value
    return datetime.fromisoformat(value).astimezone(UTC)
