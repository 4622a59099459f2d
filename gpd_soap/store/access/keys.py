"""The keys of the API: shown once when they are created, stored as a digest.

A key is 256 random bits, so that a plain SHA-256 cannot be reversed and needs no salt.  A key is
looked up by its digest, so that the duration of a comparison reveals nothing of the key itself.
Each request looks its key up: every process refuses a revoked key from its next request on.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, insert, or_, select, update

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page

PREFIX = "gpd_"
RANDOM_BYTES = 32
#: LIMIT: 128 characters; a longer token is no key of ours, and its digest is not computed.
LONGEST_TOKEN = 128

#: Among a key's organizations: every organization, also those that are registered later.
ALL_ORGANIZATIONS = "*"

#: LIMIT: the last use of a key is written at most once in 5 minutes, and not at each request.
COARSE = timedelta(minutes=5)

KEY = tables.api_key.c


class Role(StrEnum):
    """The rights of a key."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"


class Key(NamedTuple):
    """A key without its secret."""

    id: str
    name: str
    role: Role
    organizations: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def serves(self, organization: str) -> bool:
        """Whether the key is for this organization."""
        return organization in self.organizations or self.serves_every

    @property
    def serves_every(self) -> bool:
        """Whether the key is for every organization."""
        return ALL_ORGANIZATIONS in self.organizations

    @property
    def may_write(self) -> bool:
        """Whether the key may change anything."""
        return self.role is not Role.READER

    @property
    def label(self) -> str:
        """The id and the name, as the worklist and the commands show them."""
        return f"{self.id} ({self.name})"

    def has_expired(self, now: datetime) -> bool:
        """Whether the key has a term, and it is over."""
        return self.expires_at is not None and self.expires_at <= now

    def needs_touch(self, now: datetime) -> bool:
        """Whether the last use that is stored is older than `COARSE`."""
        return self.last_used_at is None or self.last_used_at <= now - COARSE


def create(
    connection: Connection,
    name: str,
    role: Role,
    organizations: Sequence[str],
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[Key, str]:
    """Create a key and return it with its token, which is not stored."""
    token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    codes = tuple(sorted(set(organizations)))
    key = _key(Key(secrets.token_hex(6), name, role, codes, now, None, expires_at))
    row = {**key._asdict(), "role": str(role), "organizations": list(key.organizations)}
    connection.execute(insert(tables.api_key), {**row, "digest": digest(token)})
    return key, token


def find(connection: Connection, token: str) -> Key | None:
    """Return the key of a token unless it was revoked, or None; one look-up by index."""
    if not token.startswith(PREFIX) or len(token) > LONGEST_TOKEN:
        return None
    statement = select(*_columns()).where(KEY.digest == digest(token), KEY.revoked_at.is_(None))
    row = connection.execute(statement).first()
    return None if row is None else _key(row)


def by_id(connection: Connection, key_id: str) -> tuple[Key, str] | None:
    """Return a key that was not revoked by its id, with its digest, or None."""
    statement = select(*_columns(), KEY.digest).where(KEY.id == key_id, KEY.revoked_at.is_(None))
    row = connection.execute(statement).first()
    return None if row is None else (_key(row[:-1]), row.digest)


def revoke(connection: Connection, key_id: str, now: datetime) -> bool:
    """Revoke a key; return False if no active key has this id."""
    revoked = update(tables.api_key).where(KEY.id == key_id, KEY.revoked_at.is_(None))
    return connection.execute(revoked.values(revoked_at=now)).rowcount == 1


def touch(connection: Connection, key_id: str, used_at: datetime) -> None:
    """Store the last use of a key, unless a use of the last `COARSE` is stored."""
    is_old = or_(KEY.last_used_at.is_(None), KEY.last_used_at <= used_at - COARSE)
    used = update(tables.api_key).where(KEY.id == key_id, is_old)
    connection.execute(used.values(last_used_at=used_at))


def active_digests(connection: Connection, now: datetime, most: int) -> frozenset[str]:
    """Return the digests of the keys that may be used, the newest `most` of them."""
    usable = or_(KEY.expires_at.is_(None), KEY.expires_at > now)
    statement = select(KEY.digest).where(KEY.revoked_at.is_(None), usable)
    statement = statement.order_by(KEY.created_at.desc()).limit(most)
    return frozenset(connection.execute(statement).scalars())


def list_keys(connection: Connection) -> list[Key]:
    """Return all keys, revoked ones too, the oldest first."""
    return [_key(row) for row in connection.execute(_all_keys())]


def page(connection: Connection, request: PageRequest) -> tuple[list[Key], int]:
    """Return one page of keys, the oldest first, and their number on all pages."""
    rows, total = fetch_page(connection, _all_keys(), request)
    return [_key(row) for row in rows], total


def _all_keys() -> Select[Any]:
    return select(*_columns()).order_by(KEY.created_at, KEY.id)


def _columns() -> list[Any]:
    return [KEY[name] for name in Key._fields]


def _key(row: Any) -> Key:
    key = Key._make(row)
    role, organizations = Role(key.role), tuple(key.organizations)
    # WHY: versions before revision 0014 made an administrator's key of every organization so.
    if role is Role.ADMIN and not organizations:
        organizations = (ALL_ORGANIZATIONS,)
    return key._replace(role=role, organizations=organizations)


def digest(token: str) -> str:
    """Return the digest under which a key is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
