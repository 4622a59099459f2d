"""The events of positions: what was before and after, as numbers, dates and states.

Neither the debtor nor a text that a person wrote is among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from pydantic_core import to_json

from gpd_soap.core.actor import Actor, Origin
from gpd_soap.core.debt import Transfer
from gpd_soap.core.event import Event, EventType
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.state import OptionState, PositionFacts, option_state, position_state
from gpd_soap.store.events.describe import Data, instant_text
from gpd_soap.store.positions.read import Progress, Stored, option_facts

#: LIMIT: 20 options of a position, of 6,000 bytes at most, are in an event, so that it stays below
#: 8 KiB; the number of all is `optionCount`.  Before and after of a change have half of it each.
MOST_OPTIONS, MOST_BYTES = 20, 6000

#: The progress of a notice that nobody has paid.
UNPAID = Progress(
    paid_at=None, receipt_id=None, payment_date=None, payment_method=None, psp=None, psp_name=None,
    psp_fiscal_code=None, fee=None, reported_at=None, updated_at=datetime.min.replace(tzinfo=UTC),
    revision=1, notification_fee=0, notification_fee_at=None, notification_fee_final=False,
)  # fmt: skip


class Content(NamedTuple):
    """What a position is at an instant: its content, and the progress of its notices by number."""

    position: NewPosition
    progress: Mapping[str, Progress]

    def state(self, now: datetime) -> str:
        """Returns the state of the position."""
        position = self.position
        options = tuple(option_facts(each, self.of(each.nav)) for each in position.options)
        facts = PositionFacts(position.published_at, position.withdrawn_at, options)
        return str(position_state(facts, now))

    def of(self, nav: str) -> Progress:
        """Returns the progress of a notice."""
        return self.progress.get(nav, UNPAID)


def content_of(stored: Stored) -> Content:
    """Returns the content of a stored position."""
    pairs = zip(stored.position.options, stored.progress, strict=True)
    return Content(stored.position, {option.nav: progress for option, progress in pairs})


def created(position: NewPosition, actor: Actor, origin: Origin, now: datetime) -> Event:
    """Returns the event of a new position."""
    content = Content(position, {})
    after = {"state": content.state(now), "options": _options(content, position.options)}
    return _event(
        EventType.POSITION_CREATED, position, actor, {"origin": str(origin), "after": after}, 1
    )


def deleted(old: Stored, actor: Actor, now: datetime) -> Event:
    """Returns the event of a position that is deleted."""
    content = content_of(old)
    before = {"state": content.state(now), "options": _options(content, old.position.options)}
    return _event(
        EventType.POSITION_DELETED, old.position, actor, {"before": before}, _revision(old)
    )


def changed(
    kind: EventType,
    old: Stored,
    after: Content,
    actor: Actor,
    now: datetime,
    *,
    nav: str | None = None,
    **more: Any,
) -> Event:
    """Returns the event of a changed position, with `more` in its data.

    `nav` is the notice that it is about, if it is about one.
    """
    before = content_of(old)
    data: Data = {
        "before": {"state": before.state(now), "options": _differing(before, after)},
        "after": {"state": after.state(now), "options": _differing(after, before)},
        "changed": [*_changed(before.position, after.position)],
        **more,
    }
    if nav is None:
        # WHY: who knows notices by their numbers must see which of them a withdrawal is of.
        data["navs"] = [each.nav for each in after.position.options[:MOST_OPTIONS]]
    else:
        data["iuv"] = next(each.iuv for each in old.position.options if each.nav == nav)
    event = _event(kind, after.position, actor, data, _revision(old) + 1)
    return event if nav is None else event._replace(nav=nav, revision=before.of(nav).revision + 1)


def _event(
    kind: EventType, position: NewPosition, actor: Actor, data: Data, revision: int
) -> Event:
    count = {"optionCount": len(position.options)}
    data = {"iupd": position.iupd, **count, **data}
    return Event(position.organization, kind, position.iupd, actor, data, revision=revision)


def _revision(old: Stored) -> int:
    return max((each.revision for each in old.progress), default=0)


def _options(content: Content, options: Sequence[NewOption]) -> list[Data]:
    return _first((_option(each, content.of(each.nav)) for each in options), MOST_BYTES)


def _differing(one: Content, other: Content) -> list[Data]:
    """Returns the notices that differ from those of another content, with what differs."""
    others = {each.nav: _option(each, other.of(each.nav)) for each in other.position.options}

    def differing() -> Iterator[Data]:
        for option in one.position.options:
            ours, theirs = _option(option, one.of(option.nav)), others.get(option.nav, {})
            fields = {name: value for name, value in ours.items() if theirs.get(name) != value}
            if fields:
                yield {"nav": option.nav, **fields}

    return _first(differing(), MOST_BYTES // 2)


def _first(options: Iterable[Data], most_bytes: int) -> list[Data]:
    """Returns the first of the options, one at least, as many as fit."""
    chosen: list[Data] = []
    for each in islice(options, MOST_OPTIONS):
        most_bytes -= len(to_json(each))
        if chosen and most_bytes < 0:
            break
        chosen.append(each)
    return chosen


def _option(option: NewOption, progress: Progress) -> Data:
    fields: Data = {
        "nav": option.nav,
        "iuv": option.iuv,
        "amount": option.amount + progress.notification_fee,
        "dueDate": instant_text(option.due_at),
        "state": _state(option, progress),
        "accounts": [_account(each) for each in option.transfers],
    }
    optional = {
        "plan": option.plan,
        "validFrom": instant_text(option.valid_from),
        "notificationFee": progress.notification_fee or None,
        "paymentDate": instant_text(progress.payment_date),
        "receiptId": progress.receipt_id,
    }
    return fields | {name: value for name, value in optional.items() if value is not None}


def _state(option: NewOption, progress: Progress) -> str:
    if progress is UNPAID:
        return OptionState.UNPAID.value
    return option_state(option_facts(option, progress)).value


def _account(transfer: Transfer) -> Data:
    fields: Data = {"number": transfer.number, "amount": transfer.amount}
    optional = {"iban": transfer.iban, "postalIban": transfer.postal_iban}
    return fields | {name: value for name, value in optional.items() if value is not None}


def _changed(before: NewPosition, after: NewPosition) -> Iterator[str]:
    """Yields the names of the fields that differ, without their values."""
    for name in NewPosition._fields:
        if name != "options" and getattr(before, name) != getattr(after, name):
            yield name
    options = {option.nav: option for option in before.options}
    differing = {
        name
        for option in after.options
        for name in NewOption._fields
        if (old := options.get(option.nav)) is not None
        and getattr(old, name) != getattr(option, name)
    }
    yield from sorted(f"options.{name}" for name in differing)
    if options.keys() != {option.nav for option in after.options}:
        yield "options"
