"""The invitations: links that work once, stored as digests."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from gpd_soap.store import tables

INVITATION = tables.operator_invitation.c


class Invitation(NamedTuple):
    """An invitation that was neither accepted nor replaced; it may have expired."""

    digest: str
    operator: str
    totp_secret: bytes
    created_at: datetime


def add(connection: Connection, invitation: Invitation) -> None:
    """Insert an invitation, and end the older ones of the same operator."""
    end_all(connection, invitation.operator, invitation.created_at)
    connection.execute(insert(tables.operator_invitation), invitation._asdict())


def open_one(connection: Connection, digest: str) -> Invitation | None:
    """Return the invitation with this digest, or None if it has ended or never was."""
    statement = select(*(INVITATION[name] for name in Invitation._fields)).where(
        INVITATION.digest == digest, INVITATION.ended_at.is_(None)
    )
    row = connection.execute(statement).first()
    return None if row is None else Invitation._make(row)


def end(connection: Connection, digest: str, now: datetime) -> bool:
    """End an invitation; return False if it has ended already."""
    ended = update(tables.operator_invitation).where(
        INVITATION.digest == digest, INVITATION.ended_at.is_(None)
    )
    return connection.execute(ended.values(ended_at=now, totp_secret=None)).rowcount == 1


def end_all(connection: Connection, operator_id: str, now: datetime) -> None:
    """End every invitation of an operator."""
    ended = update(tables.operator_invitation).where(
        INVITATION.operator == operator_id, INVITATION.ended_at.is_(None)
    )
    connection.execute(ended.values(ended_at=now, totp_secret=None))


def last_open(connection: Connection, operator_id: str) -> datetime | None:
    """Return when the invitation of an operator that has not ended was made, or None."""
    statement = select(INVITATION.created_at).where(
        INVITATION.operator == operator_id, INVITATION.ended_at.is_(None)
    )
    return connection.execute(statement.order_by(INVITATION.created_at.desc())).scalar()
