"""Writes which keys read a person's data, and when a key was last used; no request waits for it.

LIMIT: rows of the last 0.05 seconds are lost with `kill -9`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.audit import Change, audit_row
from gpd_soap.store.database.background import BackgroundWriter
from gpd_soap.store.database.upsert import upsert

logger = logging.getLogger(__name__)

#: LIMIT: 20,000 rows (some 10 MB) wait while the database is away; those beyond are counted.
MAX_WAITING = 20_000


class KeyUse(NamedTuple):
    """A key was used at an instant."""

    key_id: str
    used_at: datetime


AuditRow = dict[str, Any]


class AccessTrail(BackgroundWriter[Change | KeyUse, AuditRow | KeyUse]):
    """The readings of a process, and the last use of its keys."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine of its own, whose commits need not wait for a disk."""
        super().__init__(engine, "audit", logger)

    @property
    def max_waiting(self) -> int:
        """The most rows that wait while the database is away."""
        return MAX_WAITING

    def rows_of(self, items: Sequence[Change | KeyUse]) -> list[AuditRow | KeyUse]:
        """Return a row for each reading; a use of a key stays as it is."""
        return [item if isinstance(item, KeyUse) else audit_row(item) for item in items]

    def insert(
        self, connection: Connection, batch: Sequence[AuditRow | KeyUse], *, again: bool
    ) -> None:
        """Insert the readings that are not there yet, and update the keys."""
        rows = [row for row in batch if not isinstance(row, KeyUse)]
        if rows:
            connection.execute(upsert(connection, tables.audit, []), rows)
        # WHY: two processes that updated keys in different orders could wait for each other.
        for use in sorted(row for row in batch if isinstance(row, KeyUse)):
            keys.touch(connection, use.key_id, use.used_at)
