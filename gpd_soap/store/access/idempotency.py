"""Requests with an Idempotency-Key, so that each of them has its effect once.

The first request of a name claims it in a transaction of its own and does its work.  Its response
is stored for the later requests of that name.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, tuple_, update

from gpd_soap.store import tables
from gpd_soap.store.database.upsert import insert_if_absent

#: How long a stored response is given again.
REMEMBERED = timedelta(hours=24)
#: LIMIT: 60 seconds; the process of an older claim without a response has died, because each of
#: its statements ends after seconds (`engine.STATEMENT_SECONDS`).
ABANDONED = timedelta(seconds=60)
#: LIMIT: 100 old responses are deleted with each new claim, so that no claim waits long.
FORGOTTEN_AT_ONCE = 100

REQUEST = tables.request.c


class IdempotencyClaim(NamedTuple):
    """A request by its name, which is unique for each key; `digest` is of its whole content."""

    key_id: str
    name: str
    digest: str
    asked_at: datetime


class StoredResponse(NamedTuple):
    """A response as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Earlier(NamedTuple):
    """An earlier request of the same name; `response` is None while it is under way."""

    digest: str
    response: StoredResponse | None


def claim(connection: Connection, new: IdempotencyClaim) -> Earlier | None:
    """Claim a name: return None on success, else the earlier request that holds it."""
    _forget(connection, new)
    if insert_if_absent(connection, tables.request, new._asdict()) or _taken_over(connection, new):
        return None
    statement = select(REQUEST.digest, REQUEST.status, REQUEST.headers, REQUEST.body)
    row = connection.execute(statement.where(*_named(new))).first()
    if row is None:
        # WHY: the claim was released since our INSERT failed; the next request can claim it.
        return Earlier(new.digest, None)
    return Earlier(row.digest, None if row.status is None else StoredResponse(*row[1:]))


def remember(connection: Connection, ours: IdempotencyClaim, response: StoredResponse) -> None:
    """Store the response of a claim, unless another request has taken the claim over."""
    connection.execute(update(tables.request).where(*_ours(ours)).values(response._asdict()))


def release(connection: Connection, ours: IdempotencyClaim) -> None:
    """Delete a claim whose request had no effect, so that it may be sent again."""
    connection.execute(delete(tables.request).where(*_ours(ours)))


def _forget(connection: Connection, new: IdempotencyClaim) -> None:
    """Delete an old response of this name, and some old responses of any name."""
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
    """Take over an abandoned claim of the same content; return whether there was one."""
    abandoned = update(tables.request).where(
        *_named(new),
        REQUEST.digest == new.digest,
        REQUEST.status.is_(None),
        REQUEST.asked_at <= new.asked_at - ABANDONED,
    )
    return connection.execute(abandoned.values(asked_at=new.asked_at)).rowcount == 1


def _named(request: IdempotencyClaim) -> tuple[Any, Any]:
    return REQUEST.key_id == request.key_id, REQUEST.name == request.name


def _ours(claimed: IdempotencyClaim) -> tuple[Any, ...]:
    return *_named(claimed), REQUEST.asked_at == claimed.asked_at, REQUEST.status.is_(None)
