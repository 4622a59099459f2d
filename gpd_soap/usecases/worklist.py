"""Reads, resolves and matches the cases of the worklist, for the API and the commands.

Of several people who act on a case at the same instant, one succeeds and the others are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from gpd_soap.clock import Clock
from gpd_soap.core.actor import Actor
from gpd_soap.core.case_id import CaseKey, CaseOutcome, case_id, case_key
from gpd_soap.core.exchange import NOT_GIVEN, ExchangeRecord
from gpd_soap.core.receipt import ReceiptStatus, awaits_notice
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.events import describe
from gpd_soap.store.events import write as events
from gpd_soap.store.node import matching
from gpd_soap.store.receipts import history, listing, worklist
from gpd_soap.store.receipts.listing import ReceiptFilter, ReceiptListKey
from gpd_soap.store.receipts.search import Document
from gpd_soap.store.receipts.worklist import Case, CaseQuery, NoticeNow, Resolution, Row, Scope
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.casework.holding import Holder, holder, lock_for, refuse_others
from gpd_soap.validation.queries.receipts import ReceiptsOf

#: Processes a stored message again as if the Node sent it with this charset; returns the exchange.
Reprocess = Callable[[bytes, str | None], ExchangeRecord]
#: How far back the latest receipts go if the query does not say.
LATEST = timedelta(days=90)


class CaseWithNotice(NamedTuple):
    """A case, the present state of the notice that it names, and who has the case now."""

    case: Case
    notice: NoticeNow | None
    holder: Holder | None = None


class Cases:
    """The worklists of all organizations; the caller has checked who may see which."""

    def __init__(
        self, store: Store, clock: Clock, reprocess: Reprocess, record: Record = unrecorded
    ) -> None:
        """Use these collaborators; `clock` returns the UTC time of each operation.

        `record` writes each change to the audit, in the transaction of the change.
        """
        self._store, self._clock, self._reprocess = store, clock, reprocess
        self._record = record

    def page(self, scope: Scope, query: CaseQuery) -> tuple[list[CaseWithNotice], int]:
        """Returns a page of cases, and how many there are on all pages."""

        def work(connection: Transaction) -> tuple[list[CaseWithNotice], int]:
            cases, total = worklist.page(connection, scope, query)
            return self._with_notices(connection, scope, cases), total

        return read_only(self._store, work)

    def read(self, scope: Scope, reference: str) -> CaseWithNotice:
        """Returns a case, open or resolved.  Raises CaseNotFound if there is none."""
        key = key_of(reference)

        def work(connection: Transaction) -> CaseWithNotice:
            case = worklist.read(connection, scope, key)
            if case is None:
                raise refusals.CaseNotFound
            return self._with_notices(connection, scope, [case])[0]

        return read_only(self._store, work)

    def _with_notices(
        self, connection: Transaction, scope: Scope, cases: list[Case]
    ) -> list[CaseWithNotice]:
        """Returns the cases, each with the present state of its notice, and who has it."""
        notices, now = worklist.notices(connection, scope or "", cases), self._clock()
        pairs = zip(cases, notices, strict=True)
        return [CaseWithNotice(case, notice, holder(case, now)) for case, notice in pairs]

    def receipts(
        self, organization: str, query: history.HistoryQuery
    ) -> tuple[list[CaseWithNotice], int]:
        """Returns a page of an organization's receipts of every status, and how many there are."""

        def work(connection: Transaction) -> tuple[list[CaseWithNotice], int]:
            cases, total = history.page(connection, organization, query)
            return self._with_notices(connection, organization, cases), total

        return read_only(self._store, work)

    def latest(
        self, organization: str, query: ReceiptsOf
    ) -> tuple[list[CaseWithNotice], ReceiptListKey | None]:
        """Returns receipts of any status, the last received first, and where the next page begins.

        Raises InvalidDateRange if the window ends before it begins.
        """
        until = query.until or self._clock()
        since = query.since or until - LATEST
        if since > until:
            raise refusals.InvalidDateRange
        every = tuple(ReceiptStatus)
        statuses = every if query.status is None else (ReceiptStatus(query.status),)
        filters = ReceiptFilter(since, until, statuses, query.psp)

        def work(connection: Transaction) -> tuple[list[CaseWithNotice], ReceiptListKey | None]:
            cases, following = listing.page(
                connection, organization, filters, query.limit, query.after
            )
            return self._with_notices(connection, organization, cases), following

        return read_only(self._store, work)

    def receipt(self, organization: str, reference: str) -> CaseWithNotice:
        """Returns a receipt of any status.  Raises CaseNotFound if there is none."""
        _receipt_key(reference)
        return self.read(organization, reference)

    def document(self, organization: str, reference: str) -> Document:
        """Returns the message that brought a receipt.  Raises CaseNotFound if there is none."""
        key = _receipt_key(reference)
        row = read_only(self._store, lambda c: history.document(c, organization, key))
        if row is None:
            raise refusals.CaseNotFound
        return row

    def raw(self, scope: Scope, reference: str) -> bytes:
        """Returns the message of a case, byte for byte.

        Raises CaseNotFound if there is none, or if its bytes were erased from the database.
        """
        key = key_of(reference)
        message = read_only(self._store, lambda c: worklist.raw(c, scope, key))
        # WHY: who erases by SQL may write NULL, or on SQLite a text.
        if not isinstance(message, bytes) or not message:
            raise refusals.CaseNotFound
        return message

    def resolve(  # each is a part of the decision
        self,
        scope: Scope,
        reference: str,
        by: str,
        note: str,
        *,
        actor: Actor,
        outcome: CaseOutcome | None = None,
    ) -> CaseWithNotice:
        """Closes a case with a note, and with its outcome if the person names one.

        Raises CaseNotOpen if it is closed already, and CaseClaimed if somebody else has it.
        """
        key, resolution = key_of(reference), Resolution(self._clock(), by, note, outcome)

        def work(connection: Transaction) -> bool:
            lock_for(connection, scope, key, by, resolution.resolved_at)
            closed = close(connection, scope, key, resolution, actor)
            if closed:
                self._record(connection, subject_of(key), scope or NOT_GIVEN)
            return closed

        closed = in_transaction(self._store, work)
        case = self.read(scope, reference)
        if not closed:
            raise refusals.CaseNotOpen
        return case

    def rematch(
        self, scope: Scope, reference: str, by: str, nav: str | None = None, *, actor: Actor
    ) -> CaseWithNotice:
        """Decides a case anew; with `nav`, applies it to the notice that a person names.

        A quarantined message is processed again as if the Node sent it.  If it is refused again,
        its copies are one more.  Raises the refusal that says why nothing changed, CaseClaimed if
        somebody else has the case.
        """
        key = key_of(reference)
        if key.variant is None:
            self._reprocess_case(scope, reference, by, nav, actor)
        else:
            in_transaction(self._store, lambda c: self._match(c, scope, key, by, nav, actor))
        return self.read(scope, reference)

    def _reprocess_case(
        self, scope: Scope, reference: str, by: str, nav: str | None, actor: Actor
    ) -> None:
        """Processes a quarantined message again, and closes its case if it is accepted."""
        case = self.read(scope, reference).case
        if case.resolved_at is not None:
            raise refusals.CaseNotOpen
        if nav is not None:
            raise refusals.CaseNotWaiting
        refuse_others(case, by, self._clock())
        exchange = self._reprocess(self.raw(scope, reference), case.charset)
        if exchange.must_be_sent_again:
            raise refusals.MessageNotTaken
        if exchange.outcome != "OK":
            raise refusals.MessageRefusedAgain(exchange.fault if exchange.outcome == "KO" else None)
        note = f"sent again, and taken; {exchange.rule}"
        self.resolve(scope, reference, by, note, actor=actor)

    def _match(
        self,
        connection: Transaction,
        scope: Scope,
        key: CaseKey,
        by: str,
        nav: str | None,
        actor: Actor,
    ) -> None:
        """Matches a stored receipt to its notice, or to the notice `nav`."""
        matching.lock_matching_exclusive(connection, scope or "")
        row = worklist.lock(connection, scope, key)
        if row is None:
            raise refusals.CaseNotFound
        if row["resolved_at"] is not None:
            raise refusals.CaseNotOpen
        if not awaits_notice(row["kept"], row["reasons"] or ""):
            raise refusals.CaseNotWaiting
        lock_for(connection, scope, key, by, self._clock())
        if nav is None:
            if not matching.match_again(connection, row, actor, self._clock()):
                raise refusals.CaseNotMatched
            self._record(connection, subject_of(key, row["nav"]), scope or NOT_GIVEN)
        else:
            resolution = Resolution(
                self._clock(), by, f"paid the notice {nav}", CaseOutcome.CREDITED
            )
            _pay(connection, row, nav, resolution, actor)
            close(connection, scope, key, resolution, actor)
            self._record(connection, subject_of(key, nav), scope or NOT_GIVEN)


def subject_of(key: CaseKey, nav: str | None = None) -> Subject:
    """Returns what a case is about: a receipt and its notice, or a quarantined message."""
    if key.variant is None:
        return Subject(resource=case_id(key))
    return Subject(nav, receipt_id=key.name)


def key_of(reference: str) -> CaseKey:
    """Returns the key of a case.  Raises CaseNotFound if `reference` is the id of no case."""
    key = case_key(reference)
    if key is None:
        raise refusals.CaseNotFound
    return key


def _receipt_key(reference: str) -> CaseKey:
    """Returns the key of a receipt.  Raises CaseNotFound if `reference` is the id of none."""
    key = key_of(reference)
    if key.variant is None:
        raise refusals.CaseNotFound
    return key


def close(
    connection: Transaction, scope: Scope, key: CaseKey, resolution: Resolution, actor: Actor
) -> bool:
    """Closes a case and writes its event.  Returns False if there is no open case of this key."""
    if not worklist.resolve(connection, scope, key, resolution):
        return False
    write_event(connection, scope, key, actor)
    return True


def write_event(connection: Transaction, scope: Scope, key: CaseKey, actor: Actor) -> None:
    """Writes the event of a case that was closed, or decided again."""
    case = worklist.read(connection, scope, key)
    if case is not None:
        [notice] = worklist.notices(connection, scope or "", [case])
        subject = case.name if notice is None else notice.iupd
        outcome = None if case.resolved_as is None else CaseOutcome(case.resolved_as)
        event = describe.resolved(case.organization, subject, case_id(case.key), actor, outcome)
        events.write(connection, [event._replace(nav=case.nav)])


def _pay(connection: Transaction, row: Row, nav: str, resolution: Resolution, actor: Actor) -> None:
    """Pays a notice by a receipt that a person matched to it (Receipts, rule 15)."""
    verdict = matching.match_by_hand(connection, row, nav, actor, resolution.resolved_at)
    if verdict is None:
        raise refusals.NoticeNotFound
    if not verdict.pays:
        raise refusals.NoticeNotPayable
