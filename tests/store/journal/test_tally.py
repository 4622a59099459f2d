"""The tally equals the journal, counts nothing twice, and outlives the journal's entries."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gpd_soap.core.rome import ROME
from gpd_soap.store import tables
from gpd_soap.store.journal import purge
from gpd_soap.store.journal.entries import Entry, entries_of
from gpd_soap.store.journal.tally import tally_of
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from gpd_soap.usecases import tally as use_case
from gpd_soap.usecases.refusals import Malformed
from gpd_soap.validation.finding import validate
from gpd_soap.validation.queries.tally import TallyQuery
from tests.store.journal.test_writer import exchange
from tests.store.samples import NOW, ORGANIZATION, OTHER

ENTRY = tables.journal.c
FAULT = "PAA_PAGAMENTO_SCADUTO"


def batch(first: int, count: int = 40) -> list[Entry]:
    """Returns entries of two organizations, half an hour apart, some refused, some slow."""
    return entries_of(
        [
            exchange(
                number,
                arrived_at=NOW + number * timedelta(minutes=30),
                organization=OTHER if number % 3 == 0 else ORGANIZATION,
                outcome="KO" if number % 4 == 0 else "OK",
                fault=FAULT if number % 4 == 0 else "-",
                seconds=0.4 * (number % 20),
            )
            for number in range(first, first + count)
        ]
    )


def stored(store: Store) -> list[Any]:
    """Returns every row of the tally, in the order of its key."""
    columns = list(tables.tally.c)
    with store.reading() as connection:
        return list(connection.execute(select(*columns).order_by(*columns[:6])))


def counted(store: Store) -> list[Any]:
    """Returns the tally of the entries that are in the journal now."""
    with store.reading() as connection:
        rows = connection.execute(select(*ENTRY)).all()
    return list(tally_of(Entry._make(row) for row in rows))


def test_tally_equals_the_journal(store: Store):
    """Batches of one hour are added up."""
    for first in (1, 21, 1000):
        with store.begin() as connection:
            write_entries(connection, batch(first))

    assert stored(store) == counted(store)
    assert sum(row.exchanges for row in stored(store)) == 120


def test_batch_that_may_be_committed_is_counted_once(store: Store):
    """A second try adds to the tally what it adds to the journal."""
    entries = batch(1)
    with store.begin() as connection:
        write_entries(connection, entries[:25])
    for _ in range(2):
        with store.begin() as connection:
            write_entries(connection, entries, again=True)

    assert stored(store) == counted(store)
    assert sum(row.exchanges for row in stored(store)) == 40


def test_batch_that_fails_is_not_counted(store: Store):
    """The tally is in the journal's transaction."""
    with store.engine.connect() as connection:
        write_entries(connection, batch(1))
        connection.rollback()

    assert (stored(store), counted(store)) == ([], [])


def test_writers_of_one_hour_wait_for_each_other_and_lose_nothing(store: Store):
    """Each holds the rows that the others add to until it commits."""

    def write(number: int) -> None:
        entries = batch(1)
        moved = entries if number % 2 else list(reversed(entries))
        renamed = [entry._replace(id=entry.id // 16 * 16 + number) for entry in moved]
        with store.begin() as connection:
            write_entries(connection, renamed)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    assert stored(store) == counted(store)
    assert sum(row.exchanges for row in stored(store)) == 320


def test_writer_of_the_journal_writes_the_tally(store: Store):
    """The exchanges of a process are counted as its journal is."""
    for number in range(30):
        store.journal.write(exchange(number))
    assert store.journal.flush()

    assert stored(store) == counted(store)
    assert Counter(row.operation for row in stored(store)) == {"paVerifyPaymentNotice": 1}


def test_purge_of_the_journal_leaves_the_tally(store: Store):
    """The counts are kept longer than the entries."""
    with store.begin() as connection:
        write_entries(connection, batch(1))
    before = stored(store)

    assert purge.purge(store, NOW + timedelta(days=9)) == 40
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.journal)).scalar() == 0
    assert stored(store) == before


def test_exchange_of_two_seconds_is_within_two_seconds():
    """A bound includes itself."""
    [exact], [over] = (
        tally_of(entries_of([exchange(seconds=seconds)])) for seconds in (2.0, 2.000001)
    )

    assert (exact.within_1_s, exact.within_2_s, exact.within_7_s) == (0, 1, 1)
    assert (over.within_2_s, over.within_7_s) == (0, 1)


def query(**fields: str) -> TallyQuery:
    """Returns a query of the tally."""
    result = validate(TallyQuery, fields)
    assert isinstance(result, TallyQuery)
    return result


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("hour", {"2026-03-28T23:00": 2, "2026-03-29T22:00": 1, "2026-03-31T22:00": 1}),
        ("day", {"2026-03-29T00:00": 2, "2026-03-30T00:00": 1, "2026-04-01T00:00": 1}),
        ("month", {"2026-03-01T00:00": 3, "2026-04-01T00:00": 1}),
    ],
)
def test_days_and_months_are_those_of_rome(store: Store, by: str, expected: dict[str, int]):
    """On 29 March the clock goes forward."""
    instants = [
        datetime.fromisoformat(each)
        for each in (
            "2026-03-28T23:00Z", "2026-03-28T23:59Z", "2026-03-29T22:00Z", "2026-03-31T22:30Z",
        )
    ]  # fmt: skip
    with store.begin() as connection:
        write_entries(connection, entries_of([exchange(arrived_at=each) for each in instants]))
    searched = query(by=by, **{"from": "2026-03-20", "to": "2026-04-05"})

    rows = use_case.read(store, ORGANIZATION, searched, NOW)
    of_all = use_case.read(store, None, searched, NOW)

    begun = {
        (row.hour if by == "hour" else row.hour.astimezone(ROME)).strftime("%Y-%m-%dT%H:%M"):
        row.exchanges for row in rows
    }  # fmt: skip
    assert begun == expected
    assert [row[1:] for row in of_all] == [row[1:] for row in rows]


@pytest.mark.parametrize(
    "dates",
    [{"from": "2026-04-05", "to": "2026-04-01"}, {"from": "2020-01-01", "to": "2026-01-01"}],
)
def test_empty_or_too_long_window_is_refused(store: Store, dates: dict[str, str]):
    """An answer has some thousand rows at most."""
    with pytest.raises(Malformed):
        use_case.read(store, ORGANIZATION, query(**dates), NOW)
