"""The audit: a row for each change, and for each reading of a person's data, without content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, text

from gpd_soap.store.tables.base import Instant, OrganizationCode, metadata

#: SQL condition of the rows of changes; readings have the method GET.
CHANGES = text("method <> 'GET'")

_actor = Column("actor", String(100))
_nav = Column("nav", String(18))
_iupd = Column("iupd", String(255))
_receipt_id = Column("receipt_id", String(71))


def _only(condition: Any) -> dict[str, Any]:
    """Returns the options of an index that has the rows of a condition alone."""
    return {"postgresql_where": condition, "sqlite_where": condition}


#: `id` is random, so that processes need no common sequence.  `actor_kind` is key, command or
#: operator.  A key is named by `key_id` and `key_name`, any other actor by `actor`.  `status` is 0
#: for a command.  `resource` is what a row is about where that is no notice, position or receipt: a
#: key, a station, a file.
audit = Table(
    "audit",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("key_id", String(16), nullable=False),
    Column("key_name", String(100), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(255), nullable=False),
    Column("status", Integer, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("actor_kind", String(8), nullable=False, server_default="key"),
    _actor,
    _nav,
    _iupd,
    _receipt_id,
    Column("resource", String(100)),
    # WHY: a list over all organizations is read by time alone.
    Index(None, "at"),
    # WHY: readings outnumber changes, and a list of changes must not read through them.
    Index(None, "organization", "at", **_only(CHANGES)),
    Index(None, "key_id", "at"),
    Index(None, "actor", "at", **_only(_actor.is_not(None))),
    Index(None, "organization", "nav", "at", **_only(_nav.is_not(None))),
    Index(None, "organization", "iupd", "at", **_only(_iupd.is_not(None))),
    Index(None, "organization", "receipt_id", "at", **_only(_receipt_id.is_not(None))),
)
