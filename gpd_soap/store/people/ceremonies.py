"""Sign-ins that have begun elsewhere: challenges to passkeys, visits to an OpenID provider.

Each is stored under the digest of a secret, and is used once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert

from gpd_soap.store import tables

CEREMONY = tables.operator_ceremony.c


class Ceremony(NamedTuple):
    """A sign-in that has begun; `bound_to` is the digest of its session or its invitation."""

    digest: str
    kind: str
    operator: str | None
    bound_to: str | None
    created_at: datetime


def add(connection: Connection, ceremony: Ceremony) -> None:
    """Insert a ceremony."""
    connection.execute(insert(tables.operator_ceremony), ceremony._asdict())


def take(connection: Connection, digest: str) -> Ceremony | None:
    """Remove the ceremony with this digest and return it, or None if there is none."""
    # WHY: one statement, so that of two transactions that take one ceremony the second gets none.
    removed = delete(tables.operator_ceremony).where(CEREMONY.digest == digest)
    returned = removed.returning(*(CEREMONY[name] for name in Ceremony._fields))
    row = connection.execute(returned).first()
    return None if row is None else Ceremony._make(row)


def forget_older(connection: Connection, until: datetime, but: Collection[str] = ()) -> None:
    """Remove the ceremonies that began before `until`, but some kinds; the table stays small."""
    older = delete(tables.operator_ceremony).where(CEREMONY.created_at < until)
    connection.execute(older.where(CEREMONY.kind.not_in(but)))


def remove_all(connection: Connection, operator_id: str) -> None:
    """Remove the ceremonies of an operator."""
    connection.execute(delete(tables.operator_ceremony).where(CEREMONY.operator == operator_id))
