"""What a person does with the worklist: look, resolve, match again.  For the API and the commands.

A case is resolved once, and a receipt matched once, whoever else tries at the same instant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gpd_soap.clock import Clock
from gpd_soap.core.case_id import CaseKey, case_key
from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.core.receipt import awaits_notice
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.node import matching
from gpd_soap.store.receipts import worklist
from gpd_soap.store.receipts.worklist import Case, CaseQuery, NoticeNow, Resolution, Row, Scope
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals

#: Sends a message through the node's door again, and says what came of it.
Reprocess = Callable[[bytes], ExchangeRecord]


class Found(NamedTuple):
    """A case, and what the notice that it names is now."""

    case: Case
    notice: NoticeNow | None


class Cases:
    """The worklists of every organization; who may see which is decided before."""

    def __init__(self, store: Store, clock: Clock, reprocess: Reprocess) -> None:
        """Take collaborators; `clock` gives the UTC time of each question."""
        self._store, self._clock, self._reprocess = store, clock, reprocess

    def page(self, scope: Scope, wanted: CaseQuery) -> tuple[list[Found], int]:
        """A page of cases, and how many there are on all pages."""

        def work(connection: Transaction) -> tuple[list[Found], int]:
            found, total = worklist.page(connection, scope, wanted)
            return _with_notices(connection, scope, found), total

        return read_only(self._store, work)

    def read(self, scope: Scope, told: str) -> Found:
        """One case, whatever has become of it."""
        key = _key(told)

        def work(connection: Transaction) -> Found:
            found = worklist.read(connection, scope, key)
            if found is None:
                raise refusals.CaseNotFound
            return _with_notices(connection, scope, [found])[0]

        return read_only(self._store, work)

    def raw(self, scope: Scope, told: str) -> bytes:
        """The message of a case, exactly as it came."""
        key = _key(told)
        found = read_only(self._store, lambda c: worklist.raw(c, scope, key))
        if found is None:
            raise refusals.CaseNotFound
        return found

    def resolve(self, scope: Scope, told: str, by: str, note: str) -> Found:
        """Note what was decided on a case; once."""
        key, resolution = _key(told), Resolution(self._clock(), by, note)
        if not in_transaction(self._store, lambda c: worklist.resolve(c, scope, key, resolution)):
            self.read(scope, told)
            raise refusals.CaseNotOpen
        return self.read(scope, told)

    def rematch(self, scope: Scope, told: str, by: str, nav: str | None = None) -> Found:
        """Decide a case anew, or let it pay the notice `nav`, which a person says it is for.

        A quarantined message goes through the node's door again; where it is refused again, that
        counts as one more copy.
        """
        key = _key(told)
        if key.variant is None:
            self._send_again(scope, told, by, nav)
        else:
            in_transaction(self._store, lambda c: self._match(c, scope, key, by, nav))
        return self.read(scope, told)

    def _send_again(self, scope: Scope, told: str, by: str, nav: str | None) -> None:
        if self.read(scope, told).case.resolved_at is not None:
            raise refusals.CaseNotOpen
        if nav is not None:
            raise refusals.CaseNotWaiting
        answered = self._reprocess(self.raw(scope, told))
        if answered.must_be_sent_again:
            raise refusals.MessageNotTaken
        if answered.outcome != "OK":
            raise refusals.MessageRefusedAgain(answered.fault if answered.outcome == "KO" else None)
        self.resolve(scope, told, by, f"sent again, and taken; {answered.rule}")

    def _match(
        self, connection: Transaction, scope: Scope, key: CaseKey, by: str, nav: str | None
    ) -> None:
        matching.lock_matching_exclusive(connection, scope or "")
        row = worklist.lock(connection, scope, key)
        if row is None:
            raise refusals.CaseNotFound
        if row["resolved_at"] is not None:
            raise refusals.CaseNotOpen
        if not awaits_notice(row["kept"], row["reasons"]):
            raise refusals.CaseNotWaiting
        if nav is None:
            if not matching.match_again(connection, row, self._clock()):
                raise refusals.CaseNotMatched
        else:
            resolution = Resolution(self._clock(), by, f"paid the notice {nav}")
            _pay(connection, row, nav, resolution)
            worklist.resolve(connection, scope, key, resolution)


def _key(told: str) -> CaseKey:
    key = case_key(told)
    if key is None:
        raise refusals.CaseNotFound
    return key


def _pay(connection: Transaction, row: Row, nav: str, resolution: Resolution) -> None:
    verdict = matching.match_by_hand(connection, row, nav, resolution.resolved_at)
    if verdict is None:
        raise refusals.NoticeNotFound
    if not verdict.pays:
        raise refusals.NoticeNotPayable


def _with_notices(connection: Transaction, scope: Scope, found: list[Case]) -> list[Found]:
    notices = worklist.notices(connection, scope or "", found)
    return [Found(case, notice) for case, notice in zip(found, notices, strict=True)]
