"""Which notices a receipt without a notice may be for, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core.payable import payable
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.receipts import candidates
from gpd_soap.store.receipts.candidates import NoticeLike
from gpd_soap.store.receipts.worklist import Case

#: LIMIT: candidates; a person compares no more.
MOST = 10


class Likeness(StrEnum):
    """In what a notice is like a receipt."""

    NUMBER = "number"
    IUV = "iuv"
    DIGIT_OFF = "digit-off"
    SWAPPED = "swapped"
    AMOUNT = "amount"
    DEBTOR = "debtor"


#: How much each likeness counts: a number outweighs what two notices of one debtor have in common.
WEIGHTS = {
    Likeness.NUMBER: 100,
    Likeness.IUV: 90,
    Likeness.DIGIT_OFF: 60,
    Likeness.SWAPPED: 60,
    Likeness.AMOUNT: 25,
    Likeness.DEBTOR: 20,
}
#: What an unpayable notice loses: money for it would be one more case.
UNPAYABLE = 30


class Candidate(NamedTuple):
    """A notice, in what it is like the receipt, and whether it can be paid now."""

    notice: NoticeLike
    likenesses: tuple[Likeness, ...]
    payable: bool

    @property
    def weight(self) -> int:
        """How likely it is; the greatest comes first."""
        sum_ = sum(WEIGHTS[each] for each in self.likenesses)
        return sum_ if self.payable else sum_ - UNPAYABLE


def candidates_for(
    database: Database, organization: str, case: Case, now: datetime
) -> list[Candidate]:
    """Returns the notices that a receipt may be for, at most MOST; none for a message."""
    nav, debtor, amount = case.nav, case.debtor_code, case.amount
    if nav is None or debtor is None or amount is None:
        return []

    def work(connection: Transaction) -> list[NoticeLike]:
        near = {nav, *digit_off(nav), *swapped(nav)}
        iuvs = [case.iuv] if case.iuv else []
        like = candidates.numbered(connection, organization, near, iuvs)
        return [*like, *candidates.owed_by(connection, organization, debtor, amount)]

    notices = {notice.nav: notice for notice in read_only(database, work)}
    matches = [candidate_of(case, notice, now) for notice in notices.values()]
    return ranked(each for each in matches if each.likenesses)[:MOST]


def candidate_of(case: Case, notice: NoticeLike, now: datetime) -> Candidate:
    """Returns in what a notice is like a receipt."""
    return Candidate(notice, tuple(_likenesses(case, notice)), payable(notice, now) is None)


def ranked(matches: Iterator[Candidate]) -> list[Candidate]:
    """Returns candidates in their order, the first due first among equals."""
    return sorted(matches, key=lambda each: (-each.weight, each.notice.due_at, each.notice.nav))


def digit_off(nav: str) -> set[str]:
    """Returns the numbers that differ from a number in one digit.

    >>> sorted(digit_off("70"))[:3]
    ['00', '10', '20']
    """
    return {
        nav[:index] + digit + nav[index + 1 :]
        for index in range(len(nav))
        for digit in "0123456789"
        if digit != nav[index]
    }


def swapped(nav: str) -> set[str]:
    """Returns the numbers in which two neighbours of a number have changed places.

    >>> swapped("112")
    {'121'}
    """
    pairs = range(len(nav) - 1)
    turned = {nav[:i] + nav[i + 1] + nav[i] + nav[i + 2 :] for i in pairs}
    return turned - {nav}


def _likenesses(case: Case, notice: NoticeLike) -> Iterator[Likeness]:
    nav = case.nav or ""
    if notice.nav == nav:
        yield Likeness.NUMBER
    elif notice.iuv == case.iuv:
        yield Likeness.IUV
    elif notice.nav in digit_off(nav):
        yield Likeness.DIGIT_OFF
    elif notice.nav in swapped(nav):
        yield Likeness.SWAPPED
    if notice.amount == case.amount:
        yield Likeness.AMOUNT
    if notice.debtor_code == case.debtor_code:
        yield Likeness.DEBTOR
