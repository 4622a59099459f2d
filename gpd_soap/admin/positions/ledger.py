"""What a back office does with positions that are there: one method for each thing it asks.

Every change reads the position, holds it against the rules and writes in one transaction, during
which nobody else changes it; a receipt that comes at the same instant waits, and is decided anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from gpd_soap.admin import problems
from gpd_soap.admin.positions import rules
from gpd_soap.admin.problems import Refused
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewPosition
from gpd_soap.desk import Clock
from gpd_soap.intake import models
from gpd_soap.intake.finding import FieldError, path
from gpd_soap.intake.position import position_of
from gpd_soap.store import admin_positions, changing, listing
from gpd_soap.store.admin_positions import Stored
from gpd_soap.store.attempt import Transaction, attempt
from gpd_soap.store.errors import AlreadyKept
from gpd_soap.store.listing import Wanted
from gpd_soap.store.store import Store

#: SPEC: gpd-reference.md 3: what stands for a receipt and a PSP where the creditor says "paid".
ELSEWHERE = "CLOSED_AS_ALREADY_PAID_BY_EC"

#: Says whether what a position is marked with is what the caller has seen.
Seen = Callable[[str], bool]


class Named(NamedTuple):
    """A position by its organization and IUPD, as the caller has seen it."""

    organization: str
    iupd: str
    seen: Seen


class Notice(NamedTuple):
    """A position, and the place among its options of the notice that was asked for."""

    stored: Stored
    at: int


class Ledger:
    """The positions of every organization; who may see which is decided before."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take collaborators; `clock` gives the UTC time of each question."""
        self._store, self._clock = store, clock

    def read(self, organization: str, iupd: str) -> Stored:
        """One position."""
        return attempt(self._store, lambda c: _known(admin_positions.read(c, organization, iupd)))

    def page(self, organization: str, wanted: Wanted) -> tuple[list[Stored], int]:
        """A page of positions, and how many there are on all pages."""
        now = self._clock()
        return attempt(self._store, lambda c: listing.page(c, organization, wanted, now))

    def by_number(self, organization: str, number: str, kind: str) -> Notice:
        """The notice of a number, which is its `nav` or its `iuv`."""
        return attempt(self._store, lambda c: _notice(c, organization, number, kind))

    def update(self, named: Named, told: object, *, publish: bool, lenient: bool) -> Stored:
        """Put another content in a position's place.  What is published stays so."""
        now = self._clock()
        body = rules.read([told])[0]
        if body.iupd != named.iupd:
            error = FieldError("iupd", "path", "the IUPD of the path")
            raise Refused(problems.DATA_ERROR, [error])

        def change(connection: Transaction, old: Stored) -> None:
            rules.updatable(old, now)
            new = _successor(old, body, now, publish=publish, lenient=lenient)
            changing.replace(connection, old, new, now)

        try:
            return self._changed(named, change)
        except AlreadyKept:
            raise Refused(problems.NOT_UNIQUE) from None

    def delete(self, named: Named) -> None:
        """Delete a position; its numbers are never used again."""
        now = self._clock()

        def work(connection: Transaction) -> None:
            old = _locked(connection, named)
            rules.deletable(old, now)
            changing.remove(connection, old, now)

        attempt(self._store, work)

    def publish(self, named: Named) -> Stored:
        """Let a draft be paid."""
        now = self._clock()

        def change(connection: Transaction, old: Stored) -> None:
            rules.publishable(old, now)
            changing.publish(connection, old, now)

        return self._changed(named, change)

    def invalidate(self, named: Named) -> Stored:
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
            raise Refused(problems.DATA_ERROR, [error])

        def work(connection: Transaction) -> Notice:
            iupd = admin_positions.iupd_of(connection, organization, nav, "nav")
            old = iupd and admin_positions.read(connection, organization, iupd, lock=True)
            at = _place(old, nav, "nav") if old else None
            if not old or at is None:
                raise Refused(problems.OPTION_NOT_FOUND)
            rules.payable_elsewhere(old, at, now)
            changing.mark_paid(connection, old, nav, ELSEWHERE, paid_on or now, now)
            return _notice(connection, organization, nav, "nav")

        return attempt(self._store, work)

    def change_account(self, organization: str, old_iban: str, iban: str, limit: int) -> int:
        """Let what is to be paid to one account be paid to another; how many transfers changed."""
        now = self._clock()

        def work(connection: Transaction) -> int:
            iupds = changing.positions_with_account(connection, organization, old_iban, limit, now)
            found = admin_positions.read_all(connection, organization, iupds, lock=True)
            left = limit
            for iupd in sorted(found):
                shares = _shares(found[iupd], old_iban)[:left]
                if shares:
                    changing.change_account(connection, found[iupd], shares, iban, now)
                    left -= len(shares)
            return limit - left

        return attempt(self._store, work)

    def _changed(self, named: Named, change: Callable[[Transaction, Stored], None]) -> Stored:
        def work(connection: Transaction) -> Stored:
            changing.announce(connection, named.organization)
            change(connection, _locked(connection, named))
            return _known(admin_positions.read(connection, named.organization, named.iupd))

        return attempt(self._store, work)


def _known(stored: Stored | None) -> Stored:
    if stored is None:
        raise Refused(problems.NOT_FOUND)
    return stored


def _locked(connection: Transaction, named: Named) -> Stored:
    old = _known(admin_positions.read(connection, named.organization, named.iupd, lock=True))
    if not named.seen(old.mark):
        raise Refused(problems.CHANGED)
    return old


def _notice(connection: Transaction, organization: str, number: str, kind: str) -> Notice:
    iupd = admin_positions.iupd_of(connection, organization, number, kind)
    stored = iupd and admin_positions.read(connection, organization, iupd)
    at = _place(stored, number, kind) if stored else None
    if not stored or at is None:
        raise Refused(problems.OPTION_NOT_FOUND)
    return Notice(stored, at)


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


def _successor(
    old: Stored, body: models.Position, now: datetime, *, publish: bool, lenient: bool
) -> NewPosition:
    """What a position becomes; Refused for what may not be, and for a number that is missing."""
    kept = {option.iuv: option for option in old.position.options}
    body, wrong = _numbered(body, {iuv: option.nav for iuv, option in kept.items()})
    # WHY: a number that came in leniently is not looked at again.
    lenient = lenient or all(option.iuv in kept for option in body.payment_option)
    wrong += rules.hold(body, old.position.organization, now, new=False, lenient=lenient)[0]
    if wrong:
        raise Refused(problems.DATA_ERROR, wrong)
    published_at = old.position.published_at or (now if publish else None)
    new = position_of(body, old.position.organization, published_at, _never)
    options = []
    for option in new.options:
        before = kept.get(option.iuv)
        if before is not None:
            option = option._replace(last_payment=before.last_payment)  # noqa: PLW2901  # the same one
            # SPEC: gpd-reference.md 2.4: a validity that has begun stays, where none is sent.
            begun = before.valid_from is not None and before.valid_from <= now
            if body.validity_date is None and old.position.published_at and begun:
                option = option._replace(valid_from=before.valid_from)  # noqa: PLW2901  # the same one
        options.append(option)
    return new._replace(options=tuple(options))


def _numbered(
    body: models.Position, navs: dict[str, str]
) -> tuple[models.Position, list[FieldError]]:
    """A body whose options have the notice numbers that their IUVs have; and where that fails."""
    wrong = []
    options = []
    for at, option in enumerate(body.payment_option):
        nav = None if option.iuv is None else navs.get(option.iuv)
        if option.iuv is None:
            expected = "the IUV of the notice; numbers are issued to new positions alone"
            wrong.append(FieldError(path("paymentOption", at, "iuv"), "required", expected))
        elif nav is not None and option.nav not in (None, nav):
            expected = "the notice number that this IUV has"
            wrong.append(FieldError(path("paymentOption", at, "nav"), "nav-iuv", expected))
        options.append(option if nav is None else option.model_copy(update={"nav": nav}))
    return body.model_copy(update={"payment_option": options}), wrong


def _never() -> NoticeNumber:
    raise AssertionError("every option of an update has its number")
