"""Figures of the first page and of the station: those of the tally equal the journal."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gpd_soap.core import rome
from gpd_soap.store.journal.entries import Entry, entries_of
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.positions import due as due_dates
from gpd_soap.store.store import Store
from gpd_soap.usecases.figures import days, station, today
from gpd_soap.usecases.figures import many as many_organizations
from tests.store.journal.test_writer import exchange
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    ROUTE,
    add,
    option,
    position,
    receipt,
    take,
    transfer,
)

EXPIRED, UNKNOWN = "PAA_PAGAMENTO_SCADUTO", "PAA_PAGAMENTO_SCONOSCIUTO"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
OPERATIONS = ("paVerifyPaymentNotice", "paGetPaymentV2", "paSendRTV2")


def write(store: Store, *more: dict[str, Any]) -> list[Entry]:
    """Stores an exchange with each of these fields, and returns their entries."""
    entries = entries_of([exchange(number, **fields) for number, fields in enumerate(more)])
    with store.begin() as connection:
        write_entries(connection, entries)
    return entries


def many(store: Store) -> list[Entry]:
    """Stores 600 exchanges of five weeks, some slow, some refused, some of another organization."""
    return write(
        store,
        *(
            {
                "arrived_at": NOW - number * timedelta(hours=1, minutes=24),
                "organization": OTHER if number % 7 == 0 else ORGANIZATION,
                "operation": OPERATIONS[number % 3],
                "seconds": 0.05 * (number % 50),
                "outcome": "KO" if number % 4 == 0 else "OK",
                "fault": (EXPIRED, UNKNOWN)[number % 8 == 0] if number % 4 == 0 else "-",
            }
            for number in range(600)
        ),
    )


def test_figures_of_the_tally_equal_the_journal(store: Store):
    """Speed by day and month, faults today and before, calls by primitive, receipts by day."""
    mine = [entry for entry in many(store) if entry.organization == ORGANIZATION]
    figures_now = station.read(store, ORGANIZATION, NOW)

    month = [entry for entry in mine if entry.arrived_at >= datetime(2026, 2, 28, 23, tzinfo=UTC)]
    by_day = Counter(rome.day_of(entry.arrived_at) for entry in month)
    quick = Counter(rome.day_of(e.arrived_at) for e in month if e.microseconds <= 2_000_000)
    assert [(each.day, each.exchanges, each.within_2_s) for each in figures_now.by_day] == [
        (day, by_day[day], quick[day]) for day in sorted(by_day)
    ]
    assert figures_now.month[1:] == (len(month), sum(quick.values()))
    begun = days.begin_of(rome.day_of(NOW))
    refused = Counter(e.fault for e in mine if e.arrived_at >= begun and e.outcome != "OK")
    assert {each.code: each.today for each in figures_now.faults if each.today} == refused
    windows = [(begun - week * 7 * DAY, NOW + HOUR - week * 7 * DAY) for week in range(1, 5)]
    usual = Counter(
        entry.fault
        for entry in mine
        for first, last in windows
        if first <= entry.arrived_at < last and entry.outcome != "OK"
    )
    assert {each.code: 4 * each.usual for each in figures_now.faults if each.usual} == usual
    last = {operation: max(e.arrived_at for e in mine if e.operation == operation)
            for operation in OPERATIONS}  # fmt: skip
    assert {c.operation: c.last_at for c in figures_now.calls if c.last_at} == last
    accepted = Counter(
        rome.day_of(e.arrived_at) for e in mine if e.operation == "paSendRTV2" and e.outcome == "OK"
    )
    for each in today.payments_by_day(store, ORGANIZATION, NOW):
        assert each.receipts == accepted[each.day]
        assert each.year_before is None


def test_call_shows_the_last_and_the_speed_of_the_last_hours(store: Store):
    """19 of 20 within a bound, and the mean; a primitive that was never called is shown."""
    slow = [{"arrived_at": NOW - MINUTE, "seconds": 0.3}]
    quick = [{"arrived_at": NOW - 2 * MINUTE - n * timedelta(seconds=1)} for n in range(19)]
    write(store, *slow, *quick, {"arrived_at": NOW - 3 * DAY, "operation": "paSendRT"})
    calls = {each.operation: each for each in station.read(store, ORGANIZATION, NOW).calls}

    assert list(calls) == [*station.PRIMITIVES[:4], "paSendRT"]
    assert calls["paVerifyPaymentNotice"][1:] == (NOW - MINUTE, "OK", "-", 20, 16, 100)
    assert calls["paSendRT"][1:5] == (NOW - 3 * DAY, "OK", "-", 0)
    assert calls["paGetPaymentV2"] == station.Call("paGetPaymentV2")


def test_slots_are_of_the_last_half_hour_and_bad_above_half(store: Store):
    """Exactly half is not bad; the slot that has begun is the last."""
    now = NOW + timedelta(minutes=3)
    write(
        store,
        {"arrived_at": NOW + MINUTE, "seconds": 7.5},
        {"arrived_at": NOW + MINUTE, "seconds": 7.0},
        {"arrived_at": NOW - MINUTE, "seconds": 8.0},
        {"arrived_at": NOW - 25 * MINUTE, "seconds": 9.0},
        {"arrived_at": NOW - 26 * MINUTE, "seconds": 9.0},
        {"arrived_at": NOW - MINUTE, "seconds": 9.0, "organization": OTHER},
    )
    slots = station.read(store, ORGANIZATION, now).slots

    assert [slot.begin for slot in slots] == [NOW + n * 5 * MINUTE for n in range(-5, 1)]
    assert [slot[1:] for slot in slots] == [(1, 1), (0, 0), (0, 0), (0, 0), (1, 1), (2, 1)]
    assert [station.is_bad(slot) for slot in slots] == [True, False, False, False, True, False]


def test_fault_is_unusual_if_it_is_many_times_the_usual_one(store: Store):
    """A few are chance."""
    today_ = [
        {"arrived_at": NOW - n * MINUTE, "outcome": "KO", "fault": EXPIRED} for n in range(30)
    ]
    before = [
        {"arrived_at": NOW - week * 7 * DAY - n * MINUTE, "outcome": "KO", "fault": EXPIRED}
        for week in range(1, 5)
        for n in range(5)
    ]
    few = [{"arrived_at": NOW, "outcome": "KO", "fault": UNKNOWN}] * 9
    write(store, *today_, *before, *few)

    expired, unknown = station.read(store, ORGANIZATION, NOW).faults
    assert (expired.code, expired.today, expired.usual) == (EXPIRED, 30, 5.0)
    assert (expired.is_unusual, unknown.is_unusual) == (True, False)


def test_probe_is_that_of_the_organization(store: Store):
    """Another organization's does not count."""
    store.remember_probe(ROUTE, NOW)
    assert station.read(store, ORGANIZATION, NOW).probed_at == NOW
    assert station.read(store, OTHER, NOW).probed_at is None


def test_money_of_today_counts_what_was_taken_for_us(store: Store):
    """Yesterday counts until the same time; a refused payment is no money."""
    add(store, position("P", option(1), option(2)))
    take(store, receipt(1), NOW - HOUR)
    take(store, receipt(1, receipt_id="again", digest="again"), NOW - HOUR)
    take(store, receipt(7, amount=250), NOW - MINUTE)
    take(store, receipt(2, outcome="KO"), NOW - MINUTE)
    take(store, receipt(8, amount=500), NOW - DAY - HOUR)
    take(store, receipt(9, amount=700), NOW - DAY + HOUR)

    money = today.money_today(store, ORGANIZATION, NOW)
    assert money.today == (3, 20250)
    assert money.yesterday == (1, 500)
    assert today.money_today(store, OTHER, NOW).today == (0, 0)


def test_amounts_that_fall_due_are_those_of_payable_notices(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    """They are counted by day of Rome and by week, without drafts, paid and withdrawn ones."""
    ends = [rome.end_of_day(rome.day_of(NOW) + n * DAY) for n in range(60)]
    add(
        store,
        position("A", option(1, due_at=ends[0])),
        position("B", option(2, transfer(amount=300), due_at=ends[2])),
        position("C", option(3, due_at=ends[2])),
        position("D", option(4, due_at=ends[2]), published_at=None),
        position("E", option(5, due_at=ends[2]), withdrawn_at=NOW),
        position("F", option(6, due_at=ends[2])),
        position("G", option(7, due_at=ends[9])),
        position("H", option(8, due_at=ends[57])),
    )
    take(store, receipt(6))

    week, weeks = today.due_soon(store, ORGANIZATION, NOW)
    assert week.days == [(date(2026, 3, 16), 1, 10000), (date(2026, 3, 18), 2, 10300)]
    assert (week.notices, week.amount, week.more) == (3, 20300, False)
    assert [each.notices for each in weeks.days] == [3, 1, 0, 0, 0, 0, 0, 0]
    assert weeks.days[1].day == date(2026, 3, 23)
    assert not weeks.more
    monkeypatch.setattr(due_dates, "MOST", 6)
    week, weeks = today.due_soon(store, ORGANIZATION, NOW)
    assert (week.more, weeks.more) == (False, True)
    monkeypatch.setattr(due_dates, "MOST", 2)
    week, weeks = today.due_soon(store, ORGANIZATION, NOW)
    assert (week.more, week.notices, weeks.more) == (True, 2, True)


def test_same_time_of_other_days_follows_the_clock_of_rome():
    """The hour that has begun counts whole, the last one until midnight."""
    before_summer, after = date(2026, 3, 28), date(2026, 3, 30)
    instant = datetime(2026, 3, 30, 7, 30, tzinfo=UTC)  # 9:30 in Rome
    assert days.until_same_time(instant, [after, before_summer]) == [
        (datetime(2026, 3, 29, 22, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=UTC)),
        (datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 28, 9, tzinfo=UTC)),
    ]
    late = datetime(2026, 3, 30, 21, 59, tzinfo=UTC)
    assert days.until_same_time(late, [after])[0][1] == datetime(2026, 3, 30, 22, tzinfo=UTC)


def test_briefs_are_of_each_organization_by_itself(store: Store):
    """Cases with the oldest, today's money, the hour of the last call; page by page."""
    add(store, position("P", option(1)))
    take(store, receipt(1), NOW - HOUR)
    take(store, receipt(7, amount=250), NOW - 2 * HOUR)
    take(store, receipt(8, amount=50), NOW - 2 * DAY)
    write(store, {"arrived_at": NOW - MINUTE})

    [first, second], following = many_organizations.briefs(store, None, NOW)
    assert first[1:] == (2, NOW - 2 * DAY, (2, 10250), NOW - HOUR)
    assert second[1:] == (0, None, (0, 0), None)
    assert following is None
    assert [row.organization.code for row in (first, second)] == [ORGANIZATION, OTHER]
    [only], _ = many_organizations.briefs(store, (OTHER,), NOW)
    assert only.organization.code == OTHER
    assert many_organizations.briefs(store, None, NOW, OTHER) == ([], None)
