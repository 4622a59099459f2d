"""The store as the desk sees it: questions, receipts, and transactions for everything else."""

from __future__ import annotations

import atexit
import hashlib
import weakref
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.receipt import Receipt, ReceiptFacts, ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.sqlite_file import fold_wal
from gpd_soap.store.database.stale import once_more
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.journal.writer import Journal
from gpd_soap.store.node import matching
from gpd_soap.store.node.queries import Answer, Debt, Outline, Questions
from gpd_soap.store.node.scan import Batch, Sweep
from gpd_soap.store.node.settlement import Settlement, values_of
from gpd_soap.store.tables.base import cut


class Store(Database):
    """One database.  Safe to share by threads; used before a fork, it connects again after."""

    def __init__(self, address: str) -> None:
        """Remember where the database is and compile what will be asked of it."""
        super().__init__(make_engine(address))
        self._connections = connections = Connections(self.engine)
        self._questions = Questions(self.engine, connections)
        self._settlement = Settlement(self.engine, connections)
        self._sweep = Sweep(self.engine, connections)
        self.journal = Journal(make_engine(address, durable=False))
        # WHY: a pool does not close what it holds when it is forgotten; at exit the system does.
        weakref.finalize(self, self.engine.dispose).atexit = False
        _EVERY.add(self)

    def close(self) -> None:
        """Close every connection; the store can still be used, and opens new ones.

        On SQLite the database file then holds everything, unless others have it open.
        """
        self.journal.flush()
        self._connections.close()
        self.engine.dispose()
        fold_wal(self.engine)

    def outline(self, claim: NodeRoute, nav: str) -> Outline:
        """What verify needs about a notice: one query."""
        return self._questions.outline(claim, nav)

    def notice(self, claim: NodeRoute, nav: str) -> Answer:
        """What getPayment needs about a notice: one query."""
        return self._questions.notice(claim, nav)

    def debt(self, organization: str, nav: str) -> Debt:
        """Every notice of the debt that this one belongs to: one query."""
        return self._questions.debt(organization, nav)

    def known(self, receipt: Receipt) -> ReceiptFacts:
        """What settling this receipt needs: one query."""
        return self._questions.receipt(receipt.claim, receipt.nav, receipt.iuv, receipt.receipt_id)

    def batches(self, organization: str, size: int) -> Iterator[Batch]:
        """Every notice of an organization, `size` positions at a time: one query each."""
        return self._sweep.batches(organization, size)

    def settle(
        self,
        receipt: Receipt,
        known: ReceiptFacts,
        verdict: Verdict,
        *,
        primitive: str,
        raw: bytes,
        now: datetime,
    ) -> bool:
        """Keep a receipt as decided, durably; False when what was known no longer holds."""
        values = values_of(receipt, verdict, known.standing, primitive, raw, now)
        if verdict.repeated:
            return self._settlement.repeat(values)
        if verdict.status is ReceiptStatus.CONFLICTING:
            return self._settlement.conflict(values)
        if verdict.status is ReceiptStatus.UNMATCHED:
            return once_more(lambda: self._keep_unmatched(values))
        if verdict.pays and known.notice is not None:
            return self._settlement.pay(values, known.notice, alone=known.is_only_option)
        return self._settlement.keep(values)

    def _keep_unmatched(self, values: dict[str, Any]) -> bool:
        with self.begin() as connection:
            return matching.keep_unmatched(connection, values)

    def quarantine(
        self, organization: str, primitive: str, reason: str, raw: bytes, now: datetime
    ) -> None:
        """Keep what came as a receipt and is none, exactly as it came; count repetitions."""
        table = tables.quarantine
        row = {
            # WHY: what breaks the contract may be of any length, and is kept all the same.
            "organization": cut(organization, table.c.organization),
            "digest": hashlib.sha256(raw).hexdigest(),
            "primitive": primitive,
            "reason": cut(reason, table.c.reason),
            "received_at": now,
            "last_received_at": now,
            "copies": 1,
            "raw": raw,
        }
        with self.begin() as connection:
            again: dict[str, Any] = {"copies": table.c.copies + 1}
            connection.execute(
                upsert(connection, table, ["last_received_at", "copies"], **again), row
            )

    def remember_probe(self, claim: NodeRoute, now: datetime) -> None:
        """Note that the Node asked whether we are alive."""
        row = {"organization": claim.organization, "station": claim.station, "last_at": now}
        with self.begin() as connection:
            connection.execute(upsert(connection, tables.probe, ["last_at"]), row)

    def last_probe(self) -> datetime | None:
        """When the Node last probed any of our stations; None before the first time."""
        probe = tables.probe.c
        with self.reading() as connection:
            return connection.execute(
                select(probe.last_at).order_by(probe.last_at.desc()).limit(1)
            ).scalar()


_EVERY: weakref.WeakSet[Store] = weakref.WeakSet()


def _close_at_exit() -> None:
    for store in list(_EVERY):
        store.close()


# WHY: a process that ends without closing SQLite leaves the write-ahead log, and whoever then
# copies the database file alone copies it without the last receipts.
atexit.register(_close_at_exit)
