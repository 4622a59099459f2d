"""Lists that look at a bounded number of rows go on until every row was looked at."""

from datetime import timedelta

import pytest

from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store.journal import entries
from gpd_soap.store.journal.entries import EntryKey, JournalQuery, entries_of
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.positions import narrowed
from gpd_soap.store.positions.narrowing import Narrowing
from gpd_soap.store.positions.notices import NoticeFilter, NoticeKey
from gpd_soap.store.receipts import listing
from gpd_soap.store.receipts.listing import ReceiptFilter, ReceiptListKey
from gpd_soap.store.store import Store
from tests.store.journal.test_writer import exchange
from tests.store.samples import NOW, ORGANIZATION, add, nav, option, position, receipt, take

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_receipts_of_a_psp_are_all_listed(store: Store, monkeypatch: pytest.MonkeyPatch):
    """However few a page looks at, later ones of another status are not lost."""
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 2)
    add(store, *(position(f"P-{n}", option(n)) for n in range(1, 5)))
    for n in range(1, 9):
        psp = "SOUGHT" if n in (1, 3, 6) else "OTHER"
        take(store, receipt(n, psp=psp), NOW - n * HOUR)
    sought = ReceiptFilter(NOW - DAY, NOW, tuple(ReceiptStatus), "SOUGHT")
    listed, after = list[str | None](), None
    pages = 0
    with store.reading() as connection:
        while pages < 9:
            rows, following = listing.page(connection, ORGANIZATION, sought, 10, after)
            listed, pages, after = [*listed, *(row.nav for row in rows)], pages + 1, following
            if after is None:
                break

    assert listed == [nav(1), nav(3), nav(6)]
    assert 1 < pages < 9
    assert after is None or isinstance(after, ReceiptListKey)


def test_exchanges_of_a_psp_are_all_listed(store: Store):
    """A page that looked at its two entries may be empty."""
    made = [exchange(n, arrived_at=NOW - n * HOUR, organization=ORGANIZATION) for n in range(1, 7)]
    rows = [each._replace(psp="SOUGHT" if n == 4 else "OTHER") for n, each in
            enumerate(entries_of(made))]  # fmt: skip
    with store.begin() as connection:
        write_entries(connection, rows)
    query = JournalQuery(ORGANIZATION, NOW - DAY, NOW, 5, psp="SOUGHT", most_looked_at=2)
    pages: list[int] = []
    with store.reading() as connection:
        after: EntryKey | None = None
        while len(pages) < 9:
            listed, after = entries.page(connection, query._replace(after=after))
            pages.append(len(listed))
            if after is None:
                break

    assert pages == [0, 0, 1, 0]


def test_narrowed_search_lists_all_of_its_receipts(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Its total is known only where one page looked at all."""
    monkeypatch.setattr(narrowed, "MOST_LOOKED_AT", 2)
    due = {n: NOW + (DAY if n == 5 else 2 * DAY) for n in range(1, 6)}
    add(store, *(position(f"P-{n}", option(n, due_at=due[n])) for n in due))
    conditions = Narrowing(due_until=NOW + DAY).of_due_dates()
    listed: list[str] = []
    totals: list[int | None] = []
    after: NoticeKey | None = None
    with store.reading() as connection:
        while len(totals) < 9:
            page = narrowed.page(
                connection, ORGANIZATION, NoticeFilter(name="maria"), conditions, 5, after
            )
            listed += [each.nav for each in page.notices]
            totals, after = [*totals, page.total], page.following
            if after is None:
                break

    assert listed == [nav(5)]
    assert totals == [None, None, 1]
