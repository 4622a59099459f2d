"""The keys of the admin face: shown once when they are made, kept as a digest, looked up each time.

A key is 256 random bits, so that a plain SHA-256 cannot be reversed and needs no salt; it is found
by its digest alone, and what a comparison's duration may tell is of the digest, not of the key.
Nothing is cached: a revoked key is refused by every process from its next request on.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, insert, select, update

from gpd_soap.store import tables
from gpd_soap.store.database.errors import StoreError
from gpd_soap.store.database.paging import PageRequest, fetch_page

PREFIX = "gpd_"
RANDOM_BYTES = 32
#: LIMIT: what is longer is none of ours, and is not worth a digest.
LONGEST_TOKEN = 128

#: Stands among a key's organizations for all of them, those to come included.
EVERY = "*"

KEY = tables.api_key.c


class Role(StrEnum):
    """What a key lets its holder do."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"


class UnusableKey(StoreError):
    """A key that nobody could use, or that could do more than was meant."""

    hint = "name the organizations with --organization; only an admin key may do without"


class Key(NamedTuple):
    """Who holds a key and what for; no organizations means every one, for an admin alone."""

    id: str
    name: str
    role: Role
    organizations: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None

    def serves(self, organization: str) -> bool:
        """Whether the key is for this organization."""
        return organization in self.organizations or self.serves_every

    @property
    def serves_every(self) -> bool:
        """Whether the key is for every organization."""
        return EVERY in self.organizations or (self.role is Role.ADMIN and not self.organizations)

    @property
    def may_write(self) -> bool:
        """Whether the key changes anything."""
        return self.role is not Role.READER


def create(
    connection: Connection, name: str, role: Role, organizations: Sequence[str], now: datetime
) -> tuple[Key, str]:
    """Make a key; what its holder is given is told here and never again.

    UnusableKey for a reader or writer of no organization.
    """
    if role is not Role.ADMIN and not organizations:
        raise UnusableKey(f"a {role} key needs at least one organization")
    token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    key = Key(secrets.token_hex(6), name, role, tuple(sorted(set(organizations))), now, None)
    row = {**key._asdict(), "role": str(role), "organizations": list(key.organizations)}
    connection.execute(insert(tables.api_key), {**row, "digest": digest(token)})
    return key, token


def find(connection: Connection, token: str) -> Key | None:
    """The key that this is, unless it was revoked or never made: one look-up by index."""
    if not token.startswith(PREFIX) or len(token) > LONGEST_TOKEN:
        return None
    asked = select(*_columns()).where(KEY.digest == digest(token), KEY.revoked_at.is_(None))
    row = connection.execute(asked).first()
    return None if row is None else _key(row)


def revoke(connection: Connection, key_id: str, now: datetime) -> bool:
    """Let a key work no longer; False where there is none of this id, or it was revoked before."""
    revoked = update(tables.api_key).where(KEY.id == key_id, KEY.revoked_at.is_(None))
    return connection.execute(revoked.values(revoked_at=now)).rowcount == 1


def every(connection: Connection) -> list[Key]:
    """Every key that was ever made, the oldest first."""
    return [_key(row) for row in connection.execute(_every())]


def page(connection: Connection, wanted: PageRequest) -> tuple[list[Key], int]:
    """The keys of one page, the oldest first, and how many were ever made."""
    rows, total = fetch_page(connection, _every(), wanted)
    return [_key(row) for row in rows], total


def _every() -> Select[Any]:
    return select(*_columns()).order_by(KEY.created_at, KEY.id)


def _columns() -> list[Any]:
    return [KEY[name] for name in Key._fields]


def _key(row: Any) -> Key:
    found = Key._make(row)
    return found._replace(role=Role(found.role), organizations=tuple(found.organizations))


def digest(token: str) -> str:
    """What a key is kept as."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
