"""The store of the node face: queries, receipts, and transactions for everything else."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.receipt import Receipt, ReceiptFacts, ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.access.trail import AccessTrail
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.sqlite_file import fold_wal
from gpd_soap.store.database.stale import retry_when_stale
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.events import describe
from gpd_soap.store.events.write import values_of as event_values
from gpd_soap.store.journal.writer import Journal
from gpd_soap.store.node import matching
from gpd_soap.store.node.queries import Debt, NodeQueries, NoticeFacts, Outline
from gpd_soap.store.node.scan import Batch, Scan
from gpd_soap.store.node.settlement import Settlement, values_of
from gpd_soap.store.receipts import quarantine


class Store(Database):
    """One database.  Threads may share it.  After a fork, each process connects again."""

    def __init__(self, address: str) -> None:
        """Takes the address of the database and compiles the statements of the node face."""
        super().__init__(make_engine(address))
        self._connections = connections = Connections(self.engine)
        self._queries = NodeQueries(self.engine, connections)
        self._settlement = Settlement(self.engine, connections)
        self._scan = Scan(self.engine, connections)
        self.journal = Journal(make_engine(address, durable=False))
        self.access_trail = AccessTrail(make_engine(address, durable=False))
        # WHY: a pool that nobody refers to closes no connection by itself.  At exit the operating
        # system closes them.
        weakref.finalize(self, self.engine.dispose).atexit = False
        _STORES.add(self)

    def close(self) -> None:
        """Closes every connection.  A store that is used after that opens new ones.

        On SQLite the database file then holds all data, unless another process has it open.
        """
        self.journal.flush()
        self.access_trail.flush()
        self._connections.close()
        self.engine.dispose()
        fold_wal(self.engine)

    def outline(self, route: NodeRoute, nav: str) -> Outline:
        """Returns the facts that verify needs about a notice, by one query."""
        return self._queries.outline(route, nav)

    def notice(self, route: NodeRoute, nav: str) -> NoticeFacts:
        """Returns the facts that getPayment needs about a notice, by one query."""
        return self._queries.notice(route, nav)

    def debt(self, organization: str, nav: str) -> Debt:
        """Returns every notice of the position that has this one, by one query."""
        return self._queries.debt(organization, nav)

    def receipt_facts(self, receipt: Receipt) -> ReceiptFacts:
        """Returns the facts that decide on a receipt.

        One query reads them; a second reads what is stored under its receiptId with another digest.
        """
        return self._queries.receipt(receipt)

    def batches(self, organization: str, size: int) -> Iterator[Batch]:
        """Yields every notice of an organization, `size` positions at a time, by one query each."""
        return self._scan.batches(organization, size)

    def settle(
        self,
        receipt: Receipt,
        facts: ReceiptFacts,
        verdict: Verdict,
        *,
        primitive: str,
        raw: bytes,
        now: datetime,
    ) -> bool:
        """Stores a receipt as decided, durably.  Returns False if `facts` no longer hold."""
        values = values_of(receipt, verdict, facts.route_check, primitive, raw, now)
        if verdict.counted_on is not None:
            return self._settlement.repeat(values, verdict.counted_on)
        actor = Actor(ActorKind.NODE, receipt.route.station)
        values |= event_values(describe.received(receipt, verdict, facts, actor))
        if verdict.status is ReceiptStatus.CONFLICTING:
            return self._settlement.conflict(values, facts.contents)
        if verdict.status is ReceiptStatus.UNMATCHED:
            return retry_when_stale(lambda: self._keep_unmatched(values))
        if verdict.pays and facts.notice is not None:
            return self._settlement.pay(values, facts.notice, alone=facts.is_only_option)
        return self._settlement.keep(values)

    def _keep_unmatched(self, values: dict[str, Any]) -> bool:
        with self.begin() as connection:
            return matching.keep_unmatched(connection, values)

    def quarantine(
        self,
        organization: str,
        primitive: str,
        reason: str,
        raw: bytes,
        now: datetime,
        charset: str | None = None,
    ) -> None:
        """Stores the bytes of a message that was sent as a receipt but is not valid.

        The same bytes sent again are counted.  Raises QuarantineFull as `quarantine.keep` does.
        """
        message = quarantine.Message(organization, primitive, reason, raw, charset)
        quarantine.keep(self, message, now)

    def remember_probe(self, route: NodeRoute, now: datetime) -> None:
        """Stores the instant of the last probe of a station."""
        row = {"organization": route.organization, "station": route.station, "last_at": now}
        with self.begin() as connection:
            connection.execute(upsert(connection, tables.probe, ["last_at"]), row)

    def last_probe(self) -> datetime | None:
        """Returns the instant of the last probe of any station; None before the first."""
        probe = tables.probe.c
        with self.reading() as connection:
            return connection.execute(
                select(probe.last_at).order_by(probe.last_at.desc()).limit(1)
            ).scalar()


_STORES: weakref.WeakSet[Store] = weakref.WeakSet()


def _close_at_exit() -> None:
    for store in list(_STORES):
        store.close()


# WHY: a process that ends without closing SQLite leaves the write-ahead log.  A copy of the
# database file alone then lacks the last receipts.
atexit.register(_close_at_exit)
