"""Lists notices for a person: of a search or by due date, narrowed by state and date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from gpd_soap.core.notice import PROBE, check_digits
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.positions import by_due, narrowed, notices
from gpd_soap.store.positions.by_due import DueKey
from gpd_soap.store.positions.narrowed import NarrowedPage
from gpd_soap.store.positions.narrowing import Narrowing
from gpd_soap.store.positions.notices import ListedNotice, NoticeFilter, NoticeKey
from gpd_soap.usecases.search import Hits

HEAD_LENGTH = 16


class NoticeList(NamedTuple):
    """A page of notices; `total` is None where nothing is counted.

    `debtors` are the persons of the first page of a list by name, with the number of their notices.
    `has_stopped`: a page stopped looking before it was full.  `stopped_at` is the due date at which
    a page by due date did.
    """

    notices: Sequence[ListedNotice]
    following: NoticeKey | None = None
    total: int | None = None
    debtors: Sequence[tuple[str, str, int]] = ()
    stopped_at: datetime | None = None
    has_stopped: bool = False


class PageQuery(NamedTuple):
    """What a list is narrowed to at an instant, and the page of it."""

    narrowing: Narrowing
    now: datetime
    limit: int
    after: NoticeKey | None = None


def by_filter(
    database: Database,
    organization: str,
    listing: NoticeFilter,
    query: PageQuery,
    first: Hits | None = None,
) -> NoticeList:
    """Returns a page of the notices of a search, narrowed.

    `first` is what the search has read already: the first page, with nothing narrowed.
    """
    narrowing, now, limit, after = query

    def read(connection: Transaction) -> tuple[Sequence[ListedNotice], NoticeKey | None]:
        if first is not None and after is None:
            return first.notices, first.following
        return notices.page(connection, organization, listing, limit, after)

    def work(connection: Transaction) -> NoticeList:
        if conditions:
            return _narrowed(
                narrowed.page(connection, organization, listing, conditions, limit, after), after
            )
        page, following = read(connection)
        if listing.name is None or after is not None:
            is_all = after is None and following is None
            total = len(page) if is_all else notices.count(connection, organization, listing)
            return NoticeList(page, following, total)
        # WHY: who they are says how many there are, so that they are not counted again.
        counts = _debtors_of(page)
        if following is not None:
            counts = notices.debtors(connection, organization, listing.name)
        return NoticeList(page, following, counts.total(), _most_first(counts))

    conditions = [*narrowing.of_states(organization, now), *narrowing.of_due_dates()]
    return read_only(database, work)


def _narrowed(page: NarrowedPage, after: NoticeKey | None) -> NoticeList:
    """Returns a page of a narrowed search; the first one says whose the notices are."""
    has_stopped = page.following is not None and not page.is_full
    if after is not None:
        return NoticeList(page.notices, page.following, has_stopped=has_stopped)
    debtors = _most_first(page.debtors)
    return NoticeList(page.notices, page.following, page.total, debtors, has_stopped=has_stopped)


def _debtors_of(page: Iterable[ListedNotice]) -> Counter[tuple[str, str]]:
    """Returns how many of these notices each debtor has, by code and name."""
    return Counter((each.debtor_code, each.debtor_full_name) for each in page)


def _most_first(counts: Counter[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Returns code, name and number of notices of each debtor, that of the most first."""
    return [(code, name, count) for (code, name), count in counts.most_common()]


def by_due_date(database: Database, organization: str, query: PageQuery) -> NoticeList:
    """Returns a page of an organization's notices by due date, narrowed."""
    narrowing, now, limit, after = query
    begin = None if after is None else _begin(after)

    def work(connection: Transaction) -> NoticeList:
        page = by_due.page(connection, organization, narrowing, now, limit, begin)
        following = page.following
        if following is None:
            return NoticeList(page.notices)
        stopped_at = None if page.is_full else following.due_at
        key = NoticeKey(0, following.due_at.isoformat(), "", following.nav)
        return NoticeList(page.notices, key, stopped_at=stopped_at, has_stopped=not page.is_full)

    return read_only(database, work)


def with_one_digit_other(
    database: Database, organization: str, nav: str, limit: int
) -> list[ListedNotice]:
    """Returns the notices whose number has one digit, or the check digits, other than `nav`."""
    candidates = list(dict.fromkeys(_near(nav)))
    rows = read_only(database, lambda c: notices.of_numbers(c, organization, candidates))
    return rows[:limit]


def of_numbers(database: Database, organization: str, navs: Sequence[str]) -> list[ListedNotice]:
    """Returns the notices of these numbers, in their order."""
    return read_only(database, lambda c: notices.of_numbers(c, organization, navs))


def _near(nav: str) -> Iterator[str]:
    yield nav[:HEAD_LENGTH] + check_digits(nav[:HEAD_LENGTH])
    for index, digit in enumerate(nav):
        for other in "0123456789":
            changed = nav[:index] + other + nav[index + 1 :]
            if other != digit and changed != PROBE:
                yield changed


def _begin(key: NoticeKey) -> DueKey | None:
    """Returns the place in a list by due date, or None for the place of another list."""
    try:
        instant = datetime.fromisoformat(key.key)
    except ValueError:
        return None
    return None if instant.tzinfo is None else DueKey(instant.astimezone(UTC), key.nav)
