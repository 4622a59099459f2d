"""Searches what a person types or scans, and lists notices.  Says what the text was taken for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from gpd_soap.core.case_id import case_key
from gpd_soap.core.searching.text_kinds import Reading, TextKind, notice_readings, readings
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.positions import notices, retired_numbers
from gpd_soap.store.positions.notices import ListedNotice, NoticeFilter, NoticeKey
from gpd_soap.store.receipts import history, worklist
from gpd_soap.store.receipts.history import HistoryQuery
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.validation.queries.search import NoticesQuery


class Hits(NamedTuple):
    """What one reading of a text finds.  `retired_at`: the number is of a deleted notice.

    `following` is the place after which the next page of notices begins, if there are more.
    """

    reading: Reading
    notices: Sequence[ListedNotice] = ()
    receipts: Sequence[Case] = ()
    retired_at: datetime | None = None
    following: NoticeKey | None = None

    @property
    def more(self) -> bool:
        """Whether there are more notices."""
        return self.following is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.notices or self.receipts or self.retired_at)


class SearchResult(NamedTuple):
    """What a text was taken for, what that finds, and the other kinds that find something.

    `hits` is None for a text that can be nothing.
    """

    hits: Hits | None
    others: tuple[TextKind, ...] = ()


class NoticePage(NamedTuple):
    """A page of notices; `total` is at most one more than `notices.MOST_COUNTED`."""

    notices: list[ListedNotice]
    following: NoticeKey | None
    total: int


#: Every kind that a text can be.
EVERY_KIND = tuple(TextKind)


def search(
    database: Database,
    organization: str,
    text: str,
    limit: int,
    kinds: Collection[TextKind] = EVERY_KIND,
) -> SearchResult:
    """Returns what a text finds in an organization: the most likely reading that finds something.

    Where none does, it is the most likely reading.  `limit` is of notices and of receipts.  The
    text is taken for one of `kinds` alone.
    """
    possible = [reading for reading in readings(text) if reading.kind in kinds]

    def work(connection: Transaction) -> list[Hits]:
        return [_look_up(connection, organization, reading, limit) for reading in possible]

    results = read_only(database, work) if possible else []
    if not results:
        return SearchResult(None)
    useful = [result for result in results if not result.is_empty]
    best = useful[0] if useful else results[0]
    return SearchResult(best, tuple(result.reading.kind for result in useful[1:]))


def notice_page(database: Database, organization: str, query: NoticesQuery) -> NoticePage:
    """Returns a page of notices, with their number on all pages.

    A scanned code that names another organization lists none.
    """
    listing = query.listing()
    if query.nav is not None:
        reading = notice_readings(query.nav)[0]
        if reading.organization not in (None, organization):
            return NoticePage([], None, 0)
        listing = filter_of(reading) or listing

    def work(connection: Transaction) -> NoticePage:
        page = notices.page(connection, organization, listing, query.limit, query.after)
        return NoticePage(*page, notices.count(connection, organization, listing))

    return read_only(database, work)


def filter_of(reading: Reading) -> NoticeFilter | None:
    """Returns the list of notices that a reading means, or None if it means none."""
    kind, value = reading.kind, reading.value
    if kind is TextKind.NOTICE:
        return NoticeFilter(nav=value)
    if kind is TextKind.IUV:
        return NoticeFilter(iuv=value)
    if kind is TextKind.FISCAL_CODE:
        return NoticeFilter(debtor_code=value)
    if kind is TextKind.NAME:
        return NoticeFilter(name=value)
    return NoticeFilter(iupd=value) if kind is TextKind.IUPD else None


def _look_up(connection: Transaction, organization: str, reading: Reading, limit: int) -> Hits:
    if reading.organization not in (None, organization):
        return Hits(reading)
    listing = filter_of(reading)
    rows: list[ListedNotice] = []
    following = None
    if listing is not None:
        rows, following = notices.page(connection, organization, listing, limit)
    receipts = _receipts(connection, organization, reading, limit)
    retired_at = None if rows else _retired_at(connection, organization, reading)
    return Hits(reading, rows, receipts, retired_at, following)


def _receipts(
    connection: Transaction, organization: str, reading: Reading, limit: int
) -> Sequence[Case]:
    """Returns the receipts and the case that a reading names."""
    if reading.kind is TextKind.CASE:
        key = case_key(reading.value)
        case = key and worklist.read(connection, organization, key)
        return [case] if case else []
    numbers = {TextKind.NOTICE: "nav", TextKind.IUV: "iuv", TextKind.RECEIPT: "receipt_id"}
    if reading.kind not in numbers:
        return []
    named = dict.fromkeys(numbers.values()) | {numbers[reading.kind]: reading.value}
    query = HistoryQuery(**named, limit=limit, page=0)
    rows, _ = history.page(connection, organization, query)
    return rows


def _retired_at(connection: Transaction, organization: str, reading: Reading) -> datetime | None:
    """Returns when the number of a deleted notice was retired, or None."""
    navs = [reading.value] if reading.kind is TextKind.NOTICE else []
    iuvs = [reading.value] if reading.kind is TextKind.IUV else []
    if not navs and not iuvs:
        return None
    rows = retired_numbers.find_retired(connection, organization, navs, iuvs)
    return rows[0].retired_at if rows else None
