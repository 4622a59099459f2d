"""Changes existing positions.  Every change increases the position's version.

The caller has read the position with `lock`, which locks its rows until the commit.  A receipt that
was decided on the facts before finds another version and other revisions, and is decided again
(Receipts, rule 14).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, not_, select, update

from gpd_soap.core.actor import Actor
from gpd_soap.core.event import EventType
from gpd_soap.core.position import NewPosition
from gpd_soap.core.state import PositionState
from gpd_soap.store import tables
from gpd_soap.store.events import write as events
from gpd_soap.store.events.describe import instant_text
from gpd_soap.store.node import matching
from gpd_soap.store.positions import describe, retired_numbers
from gpd_soap.store.positions.describe import Content
from gpd_soap.store.positions.insert import position_row
from gpd_soap.store.positions.options import Replacement, replace_options
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.rows import OPTION, POSITION, TRANSFER
from gpd_soap.store.states import in_state

#: Columns of a position that an update leaves unchanged.
FIXED = ("organization", "iupd", "created_at")


def lock_for_change(connection: Connection, organization: str) -> None:
    """Take the shared matching lock of an organization; a writer of positions takes it first."""
    matching.lock_matching_shared(connection, organization)


def replace(
    connection: Connection,
    old: Stored,
    new: NewPosition,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Replace the content of a position, as `replace_all` does."""
    replace_all(connection, [Replacement(old, new)], actor, now, reason)


def replace_all(
    connection: Connection,
    replacements: Sequence[Replacement],
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Replace the content of positions of one organization; numbers that they lose are retired.

    A notice that a position lost before may come back with its number.  `reason` is a person's.
    Raises NumberInUse if a number of a new content is or was another position's.
    """
    for old, new in replacements:
        # WHY: another transaction may wait for the row, so the row is updated, not inserted again.
        values = {**position_row(new, now), "forgotten_at": None}
        _move(connection, old, now, **{name: values[name] for name in values if name not in FIXED})
    replace_options(connection, replacements, now)
    for old, new in replacements:
        after = describe.content_of(old)._replace(position=new)
        _tell(connection, EventType.POSITION_UPDATED, old, after, actor, now, reason=reason)
    for organization in {new.organization for _old, new in replacements}:
        matching.settle_unmatched(connection, organization, actor, now)


def remove(connection: Connection, old: Stored, actor: Actor, now: datetime) -> None:
    """Delete a position and retire its numbers."""
    position, options = old.position, old.position.options
    retired_numbers.retire(connection, position.organization, position.iupd, options, now)
    connection.execute(delete(tables.position).where(*_is(old)))
    events.write(connection, [describe.deleted(old, actor, now)])


def publish(connection: Connection, old: Stored, actor: Actor, now: datetime) -> None:
    """Make a draft payable from now on, or from its validity date."""
    _move(connection, old, now, published_at=now)
    after = describe.content_of(old)._replace(position=old.position._replace(published_at=now))
    _tell(connection, EventType.POSITION_PUBLISHED, old, after, actor, now)


def withdraw(
    connection: Connection, old: Stored, actor: Actor, now: datetime, reason: str | None = None
) -> None:
    """Make a position not payable from now on; `reason` is a person's."""
    _move(connection, old, now, withdrawn_at=now)
    after = describe.content_of(old)._replace(position=old.position._replace(withdrawn_at=now))
    _tell(connection, EventType.POSITION_WITHDRAWN, old, after, actor, now, reason=reason)


def restore(
    connection: Connection,
    old: Stored,
    new: NewPosition,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take back a withdrawal, and give the notices the due dates of `new`."""
    _move(connection, old, now, withdrawn_at=new.withdrawn_at)
    before = {option.nav: option.due_at for option in old.position.options}
    for option in new.options:
        if option.due_at != before[option.nav]:
            statement = update(tables.payment_option).where(
                OPTION.organization == new.organization, OPTION.nav == option.nav
            )
            connection.execute(statement.values(due_at=option.due_at, updated_at=now))
    after = describe.content_of(old)._replace(position=new)
    _tell(connection, EventType.POSITION_RESTORED, old, after, actor, now, reason=reason)


class PaidElsewhere(NamedTuple):
    """A notice that was paid outside pagoPA; `origin` replaces the receipt id and the PSP.

    `reason` is a person's.
    """

    nav: str
    origin: str
    paid_on: datetime
    reason: str | None = None


def mark_paid(
    connection: Connection, old: Stored, payment: PaidElsewhere, actor: Actor, now: datetime
) -> None:
    """Mark a notice as paid outside pagoPA."""
    nav, origin, paid_on, reason = payment
    names = {"receipt_id": origin, "psp_name": origin}
    after = _write(connection, old, nav, now, paid_at=now, payment_date=paid_on, fee=0, **names)
    more = {"nav": nav, "paymentDate": instant_text(paid_on), "reason": reason}
    _tell(connection, EventType.NOTICE_SETTLED, old, after, actor, now, **more)


def set_notification_fee(
    connection: Connection, old: Stored, nav: str, fee: int, actor: Actor, now: datetime
) -> None:
    """Set the notification fee of a notice: the total so far, in cents."""
    after = _write(connection, old, nav, now, notification_fee=fee, notification_fee_at=now)
    changed = ["options.notification_fee"]
    kind = EventType.NOTICE_FEE_CHANGED
    _tell(connection, kind, old, after, actor, now, nav=nav, changed=changed)


def mark_reported(
    connection: Connection,
    old: Stored,
    option_index: int,
    transfer_index: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Mark a transfer of an option as reported by a flow.

    The option's own `reported_at` is for a notice that a flow reported without a receipt.
    """
    option = old.position.options[option_index]
    _move(connection, old, now)
    _touch(connection, old, [option.nav], now)
    connection.execute(
        update(tables.transfer)
        .where(TRANSFER.organization == old.position.organization, TRANSFER.nav == option.nav)
        .where(TRANSFER.number == option.transfers[transfer_index].number)
        .values(reported_at=now)
    )
    before = describe.content_of(old)
    progress = before.of(option.nav)
    reported = [*progress.reported]
    reported[transfer_index] = now
    changed = {**before.progress, option.nav: progress._replace(reported=tuple(reported))}
    after = before._replace(progress=changed)
    transfer = option.transfers[transfer_index]
    facts = {"nav": option.nav, "number": transfer.number, "amount": transfer.amount}
    _tell(connection, EventType.TRANSFER_REPORTED, old, after, actor, now, **facts)


#: States in which no payment can follow, so that a change of account leaves the position alone.
FINAL_STATES = (PositionState.INVALID, PositionState.PAID, PositionState.REPORTED)


def positions_with_account(
    connection: Connection, organization: str, iban: str, limit: int, now: datetime
) -> list[str]:
    """Return the IUPDs of the first `limit` transfers that can still be paid to an account."""
    statement = (
        select(OPTION.iupd)
        .select_from(tables.payment_option)
        .join(
            tables.position,
            (POSITION.organization == organization) & (POSITION.iupd == OPTION.iupd),
        )
        .join(
            tables.transfer,
            (TRANSFER.organization == organization) & (TRANSFER.nav == OPTION.nav),
        )
        .where(OPTION.organization == organization, TRANSFER.iban == iban)
        .where(OPTION.paid_at.is_(None), OPTION.reported_at.is_(None))
        .where(*(not_(in_state(organization, state, now)) for state in FINAL_STATES))
        .order_by(OPTION.iupd, OPTION.nav, TRANSFER.number)
        .limit(limit)
    )
    return sorted(set(connection.execute(statement).scalars()))


def change_account(
    connection: Connection,
    old: Stored,
    transfers: Collection[tuple[str, int]],
    iban: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Set the account of these transfers (notice number, transfer number) of a position."""
    organization = old.position.organization
    for nav, number in transfers:
        connection.execute(
            update(tables.transfer)
            .where(
                TRANSFER.organization == organization,
                TRANSFER.nav == nav,
                TRANSFER.number == number,
            )
            .values(iban=iban)
        )
    _touch(connection, old, {nav for nav, _ in transfers}, now)
    _move(connection, old, now)
    after = describe.content_of(old)._replace(position=_with_account(old, transfers, iban))
    _tell(connection, EventType.POSITION_UPDATED, old, after, actor, now)


def _with_account(old: Stored, transfers: Collection[tuple[str, int]], iban: str) -> NewPosition:
    """Return the content of a position after some of its transfers got an account."""
    options = tuple(
        option._replace(
            transfers=tuple(
                each._replace(iban=iban) if (option.nav, each.number) in transfers else each
                for each in option.transfers
            )
        )
        for option in old.position.options
    )
    return old.position._replace(options=options)


def _write(connection: Connection, old: Stored, nav: str, now: datetime, **columns: Any) -> Content:
    """Write columns of a notice, and return the content of its position after it."""
    _move(connection, old, now)
    columns["updated_at"] = now
    of_notice = OPTION.organization == old.position.organization, OPTION.nav == nav
    connection.execute(update(tables.payment_option).where(*of_notice).values(columns))
    before = describe.content_of(old)
    progress = {**before.progress, nav: before.of(nav)._replace(**columns)}
    return before._replace(progress=progress)


def _tell(
    connection: Connection,
    kind: EventType,
    old: Stored,
    after: Content,
    actor: Actor,
    now: datetime,
    **more: Any,
) -> None:
    """Write the event of a changed position, with what of `more` is not None in its data."""
    data = {name: value for name, value in more.items() if value is not None}
    events.write(connection, [describe.changed(kind, old, after, actor, now, **data)])


def _is(old: Stored) -> tuple[Any, Any]:
    position = old.position
    return POSITION.organization == position.organization, POSITION.iupd == position.iupd


def _move(connection: Connection, old: Stored, now: datetime, **changes: Any) -> None:
    """Change columns of a position, and increase its version and the revisions of its options."""
    values = {"version": POSITION.version + 1, "updated_at": now, **changes}
    connection.execute(update(tables.position).where(*_is(old)).values(values))
    organization, iupd = old.position.organization, old.position.iupd
    options = update(tables.payment_option).where(
        OPTION.organization == organization, OPTION.iupd == iupd
    )
    connection.execute(options.values(revision=OPTION.revision + 1))


def _touch(connection: Connection, old: Stored, navs: Collection[str], now: datetime) -> None:
    touched = update(tables.payment_option).where(
        OPTION.organization == old.position.organization, OPTION.nav.in_(navs)
    )
    connection.execute(touched.values(updated_at=now))
