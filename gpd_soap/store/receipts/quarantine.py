"""Stores messages that were sent as receipts but are not valid (Receipts, rule 13)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.errors import QuarantineFull
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.events import describe
from gpd_soap.store.events import write as events
from gpd_soap.store.tables.base import truncate

TABLE = tables.quarantine
MESSAGE = TABLE.c

#: LIMIT: open messages in which no organization can be read.  Anybody who reaches the node face can
#: send such messages, each of `max_body` bytes at most, so they must not fill the disk.
MOST_OF_NOBODY = 200


class Message(NamedTuple):
    """A message that was sent as a receipt, with the charset that the transport named for it."""

    organization: str
    primitive: str
    reason: str
    raw: bytes
    charset: str | None


def keep(database: Database, message: Message, now: datetime) -> None:
    """Store a message with its bytes; the same bytes sent again are counted.

    Raises QuarantineFull if as many messages of no organization as are allowed wait already.
    """
    # WHY: values that break the contract may be longer than their columns.
    row = {
        **message._asdict(),
        "organization": truncate(message.organization, MESSAGE.organization),
        "reason": truncate(message.reason, MESSAGE.reason),
        "digest": hashlib.sha256(message.raw).hexdigest(),
        "received_at": now,
        "last_received_at": now,
        "copies": 1,
    }
    counted: dict[str, Any] = {"copies": MESSAGE.copies + 1}
    with database.begin() as connection:
        if message.organization == NOT_GIVEN:
            if _count(connection, row, now):
                return
            _refuse_too_many(connection)
        statement = upsert(connection, TABLE, ["last_received_at", "copies"], **counted)
        copies = connection.execute(statement.returning(MESSAGE.copies), row).scalar_one()
        if copies == 1:
            events.write(connection, [describe.quarantined(row, Actor(ActorKind.NODE, ""))])


def _count(connection: Connection, row: dict[str, Any], now: datetime) -> bool:
    """Count a message on the stored one of the same bytes; return False without one."""
    statement = update(TABLE).where(
        MESSAGE.organization == row["organization"], MESSAGE.digest == row["digest"]
    )
    values = {"copies": MESSAGE.copies + 1, "last_received_at": now}
    return connection.execute(statement.values(values)).rowcount > 0


def _refuse_too_many(connection: Connection) -> None:
    statement = select(func.count()).where(
        MESSAGE.organization == NOT_GIVEN, MESSAGE.resolved_at.is_(None)
    )
    if connection.execute(statement).scalar_one() >= MOST_OF_NOBODY:
        raise QuarantineFull("too many messages of no organization are in quarantine")
