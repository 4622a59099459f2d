"""Requests that named themselves (Idempotency-Key), so that each of them has its effect once.

The first of a name claims it in a transaction of its own, does its work, and leaves its answer for
those that come after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, tuple_, update

from gpd_soap.store import tables
from gpd_soap.store.database.upsert import inserted

#: How long an answer is given again.
REMEMBERED = timedelta(hours=24)
#: LIMIT: a claim this old without an answer is of a process that died: what an operation asks of
#: the database ends after seconds (`engine.STATEMENT_SECONDS`).
ABANDONED = timedelta(seconds=60)
#: LIMIT: so many old answers are forgotten with each new claim, so that none waits long.
FORGOTTEN_AT_ONCE = 100

REQUEST = tables.request.c


class IdempotencyClaim(NamedTuple):
    """A request by its name, which is one for each key; `digest` is of all that it asks."""

    key_id: str
    name: str
    digest: str
    asked_at: datetime


class StoredResponse(NamedTuple):
    """An answer as it went out."""

    status: int
    headers: dict[str, str]
    body: bytes


class Earlier(NamedTuple):
    """A request of the same name that came before; without an answer while it is under way."""

    digest: str
    told: StoredResponse | None


def claim(connection: Connection, new: IdempotencyClaim) -> Earlier | None:
    """Claim a name, or find who has it: None where the request is now ours to follow."""
    _forget(connection, new)
    if inserted(connection, tables.request, new._asdict()) or _taken_over(connection, new):
        return None
    asked = select(REQUEST.digest, REQUEST.status, REQUEST.headers, REQUEST.body)
    row = connection.execute(asked.where(*_named(new))).first()
    if row is None:
        # WHY: given up since we asked to be the first; whoever asks again will be.
        return Earlier(new.digest, None)
    return Earlier(row.digest, None if row.status is None else StoredResponse(*row[1:]))


def remember(connection: Connection, ours: IdempotencyClaim, told: StoredResponse) -> None:
    """Leave the answer, unless another has taken the claim over."""
    connection.execute(update(tables.request).where(*_ours(ours)).values(told._asdict()))


def release(connection: Connection, ours: IdempotencyClaim) -> None:
    """Give a claim up: the request had no effect, and may be sent again."""
    connection.execute(delete(tables.request).where(*_ours(ours)))


def _forget(connection: Connection, new: IdempotencyClaim) -> None:
    too_old = REQUEST.asked_at <= new.asked_at - REMEMBERED
    connection.execute(delete(tables.request).where(too_old, *_named(new)))
    oldest = (
        select(REQUEST.key_id, REQUEST.name)
        .where(too_old)
        .order_by(REQUEST.asked_at)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    keys = tuple_(REQUEST.key_id, REQUEST.name)
    connection.execute(delete(tables.request).where(keys.in_(oldest)))


def _taken_over(connection: Connection, new: IdempotencyClaim) -> bool:
    abandoned = update(tables.request).where(
        *_named(new),
        REQUEST.digest == new.digest,
        REQUEST.status.is_(None),
        REQUEST.asked_at <= new.asked_at - ABANDONED,
    )
    return connection.execute(abandoned.values(asked_at=new.asked_at)).rowcount == 1


def _named(which: IdempotencyClaim) -> tuple[Any, Any]:
    return REQUEST.key_id == which.key_id, REQUEST.name == which.name


def _ours(claimed: IdempotencyClaim) -> tuple[Any, ...]:
    return *_named(claimed), REQUEST.asked_at == claimed.asked_at, REQUEST.status.is_(None)
