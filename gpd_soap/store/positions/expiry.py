"""Writes the events of notices whose due date has passed without a payment.

No request does it, so that each event follows from its notice: its instant is the due date, and its
id a digest.  Any process may write it, and any number of times.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, exists, literal, not_, or_, select, update

from gpd_soap.core.actor import Actor
from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.database.upsert import insert_if_absent, upsert
from gpd_soap.store.events.describe import instant_text
from gpd_soap.store.rows import OPTION, POSITION, alternative_paid
from gpd_soap.store.tables.base import truncate

EVENT, FEED = tables.event.c, tables.feed.c
READ = ("iupd", "nav", "iuv", "amount", "notification_fee", "due_at", "revision")
#: LIMIT: 500 notices of one transaction, so that it lasts for milliseconds.
BATCH = 500
#: LIMIT: 10 minutes before the last look are looked at again: a transaction that made a notice may
#: have been committed after it.
OVERLAP = timedelta(minutes=10)
#: LIMIT: an hour; the clocks of machines that look in turn differ by less.
AHEAD = timedelta(hours=1)


def watermark(connection: Connection, organization: str) -> datetime | None:
    """Returns until when the expired notices of an organization have their event.

    Returns None before the first look, which begins with its own instant.
    """
    statement = select(FEED.expired_until).where(FEED.organization == organization)
    return connection.execute(statement).scalar()


def move_watermark(connection: Connection, organization: str, until: datetime) -> None:
    """Stores until when the expired notices have their event.

    It never goes back, unless it is beyond every right clock.
    """
    insert_if_absent(connection, tables.feed, {"organization": organization, "last": 0})
    # WHY: a machine whose clock was ahead looked until an instant that had not come.  Notices that
    # expire until then, and were made since, would have no event.
    ahead = FEED.expired_until > until + AHEAD
    later = or_(FEED.expired_until.is_(None), FEED.expired_until < until, ahead)
    feed = update(tables.feed).where(FEED.organization == organization, later)
    connection.execute(feed.values(expired_until=until))


def has_expired(
    connection: Connection, organization: str, after: datetime, until: datetime
) -> bool:
    """Returns whether a notice has expired between two instants and has no event yet."""
    statement = _expired(organization, after, until).limit(1)
    return connection.execute(statement).first() is not None


def write_expired(
    connection: Connection, organization: str, after: datetime, until: datetime, actor: Actor
) -> int:
    """Writes the events of notices that have expired between two instants, at most BATCH.

    Returns how many.  A notice that another transaction has locked is left to a later look.
    """
    # WHY: no receipt is settled between the reading of a notice and the commit of its event.
    locked = _expired(organization, after, until).with_for_update(
        skip_locked=True, key_share=True, of=tables.payment_option
    )
    rows = connection.execute(locked.limit(BATCH)).all()
    if rows:
        connection.execute(
            upsert(connection, tables.event, []),
            [_event(organization, each, actor) for each in rows],
        )
    return len(rows)


def _expired(organization: str, after: datetime, until: datetime) -> Select[Any]:
    """The notices that became past their due date, were payable until then, and have no event."""
    has_event = exists().where(
        EVENT.organization == organization,
        EVENT.subject == OPTION.iupd,
        EVENT.at == OPTION.due_at,
        EVENT.nav == OPTION.nav,
        EVENT.type == str(EventType.NOTICE_EXPIRED),
    )
    return (
        select(*(OPTION[name] for name in READ))
        .join_from(
            tables.payment_option,
            tables.position,
            and_(POSITION.organization == organization, POSITION.iupd == OPTION.iupd),
        )
        .where(
            OPTION.organization == organization,
            OPTION.due_at >= literal(after, tables.Instant),
            OPTION.due_at < literal(until, tables.Instant),
            OPTION.switch_to_expired,
            OPTION.paid_at.is_(None),
            OPTION.reported_at.is_(None),
            POSITION.published_at.is_not(None),
            POSITION.withdrawn_at.is_(None),
            not_(alternative_paid(organization)),
            not_(has_event),
        )
        .order_by(OPTION.due_at, OPTION.nav)
    )


def _event(organization: str, notice: Row[Any], actor: Actor) -> dict[str, Any]:
    due = instant_text(notice.due_at)
    digest = hashlib.sha256(f"{organization}\n{notice.nav}\n{due}".encode()).hexdigest()
    return {
        "organization": organization,
        "subject": notice.iupd,
        "at": notice.due_at,
        "id": f"evt_x{digest[:32]}",
        "type": str(EventType.NOTICE_EXPIRED),
        "nav": notice.nav,
        "revision": notice.revision,
        "actor_kind": str(actor.kind),
        "actor": truncate(actor.id, EVENT.actor),
        "data": {
            "iupd": notice.iupd,
            "iuv": notice.iuv,
            "amount": notice.amount + notice.notification_fee,
            "dueDate": due,
        },
    }
