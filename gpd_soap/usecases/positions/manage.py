"""Reads and changes stored positions: one method for each operation of a back office.

Each change reads, checks and writes a position in one transaction, which locks it.  A receipt
that arrives in between waits, and is decided on the new facts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gpd_soap.clock import Clock
from gpd_soap.core.actor import Actor
from gpd_soap.core.state import position_state
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.positions import change, keyset, search
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.keyset import PositionKey
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.positions.search import PositionQuery
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.positions import transitions
from gpd_soap.usecases.positions.bulk import refuse_together
from gpd_soap.usecases.positions.create import WriteOptions
from gpd_soap.usecases.positions.finding import Notice, NoticeTransfer, notice_of, transfer_of
from gpd_soap.usecases.positions.locking import (
    EtagMatch,
    PositionRef,
    check_etag,
    known,
    lock_position,
    lock_positions,
)
from gpd_soap.usecases.positions.segregation import Codes
from gpd_soap.validation.finding import FieldError

#: Field of the list in a request to delete positions.
IUPDS = "paymentPositionIUPDs"
#: SPEC: GPD: receipt id and PSP of a notice that the creditor marked as paid.
ELSEWHERE = "CLOSED_AS_ALREADY_PAID_BY_EC"


#: SPEC: GPD: kinds of number by which a notice is read and paid; a notice number comes first.
NAV_OR_IUV = ("nav", "iuv")


class Ledger:
    """The positions of all organizations; the caller has checked who may see which."""

    def __init__(
        self, store: Store, clock: Clock, actor: Actor, record: Record = unrecorded
    ) -> None:
        """Use these collaborators; `clock` returns the UTC time of each operation.

        `actor` is who does the changes.  `record` writes to the audit what a command changes.
        """
        self._store, self._clock, self._actor, self._record = store, clock, actor, record

    def read(self, organization: str, iupd: str, codes: Codes = ()) -> Stored:
        """Returns a position.  Raises PositionNotFound if there is none of these codes."""
        stored = read_only(self._store, lambda c: stored_positions.find(c, organization, iupd))
        return known(stored, codes)

    def page(self, organization: str, query: PositionQuery) -> tuple[list[Stored], int]:
        """Returns a page of positions, and how many there are on all pages."""
        now = self._clock()
        return read_only(self._store, lambda c: search.page(c, organization, query, now))

    def page_after(
        self, organization: str, query: PositionQuery, after: PositionKey | None
    ) -> tuple[list[Stored], PositionKey | None, int]:
        """Returns a page that begins after a position, where the next begins, and a count to 1,001.

        A late page costs as much as the first.
        """
        now = self._clock()
        return read_only(self._store, lambda c: keyset.page(c, organization, query, after, now))

    def by_iuv(self, organization: str, iuv: str, codes: Codes = ()) -> Notice:
        """Returns the notice of an IUV.  Raises NoticeNotFound if there is none."""
        return read_only(self._store, lambda c: notice_of(c, organization, iuv, ("iuv",), codes))

    def by_number(self, organization: str, number: str) -> Notice:
        """Returns the notice of a number or an IUV.

        Raises NoticeNotFound, NoticeExcluded or NoticeNotYetValid as `check_readable` says.
        """
        notice = read_only(self._store, lambda c: notice_of(c, organization, number, NAV_OR_IUV))
        transitions.check_readable(*notice, self._clock())
        return notice

    def delete(self, position: PositionRef) -> None:
        """Deletes a position; its numbers are never used again (Notice numbers, rule 4).

        Raises PaymentFound if it has a payment.
        """
        now = self._clock()

        def work(connection: Transaction) -> None:
            old = lock_position(connection, position)
            transitions.check_deletable(old, now)
            change.remove(connection, old, self._actor, now)

        in_transaction(self._store, work)

    def delete_many(
        self, organization: str, iupds: list[str], codes: Codes = (), *, dry_run: bool
    ) -> None:
        """Deletes positions, all or none.  Raises a refusal with the errors of all of them."""
        now = self._clock()

        def work(connection: Transaction) -> None:
            stored = lock_positions(connection, organization, iupds, IUPDS, codes=codes)
            refuse_together(stored, lambda old: transitions.check_deletable(old, now), IUPDS)
            for old in stored:
                change.remove(connection, old, self._actor, now)

        WriteOptions(self._actor, dry_run=dry_run).run(self._store, work)

    def publish(self, position: PositionRef) -> Stored:
        """Publishes a draft and returns it.  Raises a refusal if a rule does not allow it."""
        now = self._clock()

        def work(connection: Transaction, old: Stored) -> None:
            transitions.check_publishable(old, now)
            change.publish(connection, old, self._actor, now)

        return self._change(position, work)

    def invalidate(self, position: PositionRef, reason: str | None = None) -> Stored:
        """Withdraws a position and returns it.  Raises NotInvalidable if its state forbids it."""
        now = self._clock()

        def work(connection: Transaction, old: Stored) -> None:
            transitions.check_invalidable(old, now)
            change.withdraw(connection, old, self._actor, now, reason)

        return self._change(position, work)

    def restore(self, position: PositionRef, reason: str, due_at: datetime | None) -> Stored:
        """Makes a withdrawn or expired position payable again, and returns it.

        `due_at` becomes the due date of its expired notices.  Raises NotRestorable if the position
        cannot be payable.
        """
        now = self._clock()

        def work(connection: Transaction, old: Stored) -> None:
            new = transitions.restored(old, due_at, now)
            change.restore(connection, old, new, reason, self._actor, now)

        return self._change(position, work)

    def paid_elsewhere(
        self,
        organization: str,
        number: str,
        paid_on: datetime | None,
        codes: Codes = (),
        reason: str | None = None,
        etag_matches: EtagMatch | None = None,
    ) -> Notice:
        """Marks the notice of a number or an IUV as paid to the creditor, and returns it.

        Raises a refusal if it is paid, or excluded by a paid alternative.  `etag_matches` says
        which ETag of its position the caller accepts; without it, any.
        """
        now = self._clock()
        if paid_on is not None and paid_on > now:
            error = FieldError("paymentDate", "future", "not after now")
            raise refusals.InvalidPosition([error])

        def work(connection: Transaction) -> Notice:
            stored, index = notice_of(
                connection, organization, number, NAV_OR_IUV, codes, lock=True
            )
            check_etag(stored, etag_matches)
            transitions.check_payable_elsewhere(stored, index, now)
            nav = stored.position.options[index].nav
            payment = change.PaidElsewhere(nav, ELSEWHERE, paid_on or now, reason)
            change.mark_paid(connection, stored, payment, self._actor, now)
            self._record(connection, Subject(nav, stored.position.iupd), organization)
            return notice_of(connection, organization, nav, ("nav",))

        return in_transaction(self._store, work)

    def set_notification_fee(
        self, organization: str, number: str, fee: int, etag_matches: EtagMatch | None = None
    ) -> Notice:
        """Sets the notification fee of the notice of a number or an IUV, and returns it.

        `fee` is the total so far, in cents; the same again changes nothing.  Raises a refusal if
        the notice is paid, or cannot have the fee, or PositionChanged.
        """
        now = self._clock()

        def work(connection: Transaction) -> Notice:
            stored, index = notice_of(connection, organization, number, NAV_OR_IUV, lock=True)
            check_etag(stored, etag_matches)
            transitions.check_fee(stored, index, fee)
            nav = stored.position.options[index].nav
            if fee != stored.progress[index].notification_fee:
                change.set_notification_fee(connection, stored, nav, fee, self._actor, now)
            return notice_of(connection, organization, nav, ("nav",))

        return in_transaction(self._store, work)

    def report(
        self, organization: str, iuv: str, number: str, etag_matches: EtagMatch | None = None
    ) -> NoticeTransfer:
        """Marks a transfer of a paid notice as reported by a flow, and returns it.

        A second report changes nothing.  Raises TransferNotPaid if the notice is not paid, or
        PositionChanged.
        """
        now = self._clock()

        def work(connection: Transaction) -> NoticeTransfer:
            transfer = transfer_of(connection, organization, iuv, number)
            check_etag(transfer.stored, etag_matches)
            if transitions.is_unreported(*transfer):
                change.mark_reported(connection, *transfer, self._actor, now)
            return transfer_of(connection, organization, iuv, number)

        return in_transaction(self._store, work)

    def change_account(self, organization: str, old_iban: str, iban: str, limit: int) -> int:
        """Changes the IBAN of at most `limit` unpaid transfers; returns how many were changed."""
        now = self._clock()

        def work(connection: Transaction) -> int:
            iupds = change.positions_with_account(connection, organization, old_iban, limit, now)
            rows = stored_positions.read_all(connection, organization, iupds, lock=True)
            left = limit
            for iupd in sorted(rows):
                # WHY: a position may have been paid or withdrawn between the search and the lock.
                if position_state(rows[iupd].facts, now) in change.FINAL_STATES:
                    continue
                transfers = _transfers_to(rows[iupd], old_iban)[:left]
                if transfers:
                    change.change_account(connection, rows[iupd], transfers, iban, self._actor, now)
                    left -= len(transfers)
            return limit - left

        return in_transaction(self._store, work)

    def _change(self, position: PositionRef, work: Callable[[Transaction, Stored], None]) -> Stored:
        """Does some work on a locked position, and returns the position as stored after it."""
        organization, iupd = position.organization, position.iupd

        def locked(connection: Transaction) -> Stored:
            change.lock_for_change(connection, organization)
            work(connection, lock_position(connection, position))
            self._record(connection, Subject(iupd=iupd), organization)
            return known(stored_positions.find(connection, organization, iupd))

        return in_transaction(self._store, locked)


def _transfers_to(stored: Stored, iban: str) -> list[tuple[str, int]]:
    """Returns the notice number and transfer number of each unpaid transfer to an IBAN."""
    pairs = zip(stored.position.options, stored.progress, strict=True)
    return [
        (option.nav, transfer.number)
        for option, progress in pairs
        if not progress.settled
        for transfer in option.transfers
        if transfer.iban == iban
    ]
