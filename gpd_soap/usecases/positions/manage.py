"""What a back office does with positions that are there: one method for each thing it asks.

Every change reads the position, holds it against the rules and writes in one transaction, during
which nobody else changes it; a receipt that comes at the same instant waits, and is decided anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from gpd_soap.clock import Clock
from gpd_soap.core.state import position_state
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.positions import change as changing
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions import search as listing
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.positions.search import PositionQuery
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions import transitions as rules
from gpd_soap.usecases.positions.bulk import refuse_together
from gpd_soap.usecases.positions.create import WriteOptions
from gpd_soap.usecases.positions.locking import PositionRef, known, lock_position, lock_positions
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.finding import FieldError

#: What the list of positions to be deleted is called.
IUPDS = "paymentPositionIUPDs"
#: SPEC: gpd-reference.md 3: what stands for a receipt and a PSP where the creditor says "paid".
ELSEWHERE = "CLOSED_AS_ALREADY_PAID_BY_EC"


class Notice(NamedTuple):
    """A position, and the place among its options of the notice that was asked for."""

    stored: Stored
    at: int


class Share(NamedTuple):
    """A notice, and the place among its transfers of the one that was asked for."""

    stored: Stored
    at: int
    which: int


class Ledger:
    """The positions of every organization; who may see which is decided before."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take collaborators; `clock` gives the UTC time of each question."""
        self._store, self._clock = store, clock

    def read(self, organization: str, iupd: str) -> Stored:
        """One position."""
        return read_only(self._store, lambda c: known(admin_positions.read(c, organization, iupd)))

    def page(self, organization: str, wanted: PositionQuery) -> tuple[list[Stored], int]:
        """A page of positions, and how many there are on all pages."""
        now = self._clock()
        return read_only(self._store, lambda c: listing.page(c, organization, wanted, now))

    def by_number(self, organization: str, number: str, kind: str) -> Notice:
        """The notice of a number, which is its `nav` or its `iuv`."""
        return read_only(self._store, lambda c: _notice(c, organization, number, kind))

    def delete(self, named: PositionRef) -> None:
        """Delete a position; its numbers are never used again."""
        now = self._clock()

        def work(connection: Transaction) -> None:
            old = lock_position(connection, named)
            rules.deletable(old, now)
            changing.remove(connection, old, now)

        in_transaction(self._store, work)

    def delete_many(self, organization: str, iupds: list[str], *, dry_run: bool) -> None:
        """Delete these positions, all or none."""
        now = self._clock()

        def work(connection: Transaction) -> None:
            found = lock_positions(connection, organization, iupds, IUPDS)
            refuse_together(found, lambda old: rules.deletable(old, now), IUPDS)
            for old in found:
                changing.remove(connection, old, now)

        WriteOptions(dry_run=dry_run).run(self._store, work)

    def publish(self, named: PositionRef) -> Stored:
        """Let a draft be paid."""
        now = self._clock()

        def change(connection: Transaction, old: Stored) -> None:
            rules.publishable(old, now)
            changing.publish(connection, old, now)

        return self._changed(named, change)

    def invalidate(self, named: PositionRef) -> Stored:
        """Withdraw a position."""
        now = self._clock()

        def change(connection: Transaction, old: Stored) -> None:
            rules.invalidable(old, now)
            changing.withdraw(connection, old, now)

        return self._changed(named, change)

    def paid_elsewhere(self, organization: str, nav: str, paid_on: datetime | None) -> Notice:
        """Note that a notice was paid at the creditor's."""
        now = self._clock()
        if paid_on is not None and paid_on > now:
            error = FieldError("paymentDate", "future", "not after now")
            raise refusals.InvalidPosition([error])

        def work(connection: Transaction) -> Notice:
            stored, at = _notice(connection, organization, nav, "nav", lock=True)
            rules.payable_elsewhere(stored, at, now)
            changing.mark_paid(connection, stored, nav, ELSEWHERE, paid_on or now, now)
            return _notice(connection, organization, nav, "nav")

        return in_transaction(self._store, work)

    def report(self, organization: str, iuv: str, number: str) -> Share:
        """Note that a transfer of a notice that is paid was reported by a flow; once is enough."""
        now = self._clock()

        def work(connection: Transaction) -> Share:
            share = _share(connection, organization, iuv, number)
            if rules.reportable(share.stored, share.at, share.which):
                changing.report(connection, share.stored, share.at, share.which, now)
            return _share(connection, organization, iuv, number)

        return in_transaction(self._store, work)

    def change_account(self, organization: str, old_iban: str, iban: str, limit: int) -> int:
        """Let what is to be paid to one account be paid to another; how many transfers changed."""
        now = self._clock()

        def work(connection: Transaction) -> int:
            iupds = changing.positions_with_account(connection, organization, old_iban, limit, now)
            found = admin_positions.read_all(connection, organization, iupds, lock=True)
            left = limit
            for iupd in sorted(found):
                # WHY: since it was looked for, it may have been paid or withdrawn.
                if position_state(found[iupd].facts, now) in changing.OVER:
                    continue
                shares = _shares(found[iupd], old_iban)[:left]
                if shares:
                    changing.change_account(connection, found[iupd], shares, iban, now)
                    left -= len(shares)
            return limit - left

        return in_transaction(self._store, work)

    def _changed(self, named: PositionRef, change: Callable[[Transaction, Stored], None]) -> Stored:
        def work(connection: Transaction) -> Stored:
            changing.announce(connection, named.organization)
            change(connection, lock_position(connection, named))
            return known(admin_positions.read(connection, named.organization, named.iupd))

        return in_transaction(self._store, work)


def _notice(
    connection: Transaction, organization: str, number: str, kind: str, *, lock: bool = False
) -> Notice:
    iupd = admin_positions.iupd_of(connection, organization, number, kind)
    stored = iupd and admin_positions.read(connection, organization, iupd, lock=lock)
    at = _place(stored, number, kind) if stored else None
    if not stored or at is None:
        raise refusals.NoticeNotFound
    return Notice(stored, at)


def _share(connection: Transaction, organization: str, iuv: str, number: str) -> Share:
    try:
        stored, at = _notice(connection, organization, iuv, "iuv", lock=True)
    except Refusal:
        raise refusals.TransferNotFound from None
    numbers = [str(share.number) for share in stored.position.options[at].transfers]
    if number not in numbers:
        raise refusals.TransferNotFound
    return Share(stored, at, numbers.index(number))


def _place(stored: Stored, number: str, kind: str) -> int | None:
    numbers = [getattr(option, kind) for option in stored.position.options]
    return numbers.index(number) if number in numbers else None


def _shares(stored: Stored, iban: str) -> list[tuple[str, int]]:
    pairs = zip(stored.position.options, stored.progress, strict=True)
    return [
        (option.nav, share.number)
        for option, progress in pairs
        if not progress.settled
        for share in option.transfers
        if share.iban == iban
    ]
