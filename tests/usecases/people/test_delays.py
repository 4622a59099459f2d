"""Delays after failures grow, have an end, and are forgotten."""

from datetime import timedelta

import pytest

from gpd_soap.store.people.attempts import Count
from gpd_soap.usecases.people.delays import RULES, Kind, delay, failed, wait
from tests.usecases.people.people import NOW

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("kind", Kind)
def test_delay_grows_with_each_failure_to_its_end(kind: Kind):
    """It doubles from one second, and no number of failures locks for ever."""
    rule = RULES[kind]
    delays = [delay(rule, failures) for failures in range(rule.free + 12)]

    assert delays[: rule.free] == [timedelta()] * rule.free
    assert delays[rule.free : rule.free + 3] == [SECOND, 2 * SECOND, 4 * SECOND]
    assert delays == sorted(delays)
    assert delay(rule, 10**9) == rule.longest <= timedelta(minutes=15)


def test_wait_passes_with_the_clock():
    """After a delay of four seconds, an attempt three seconds later waits one more."""
    rule = RULES[Kind.ACCOUNT]
    count = Count(rule.free + 2, NOW)

    assert wait(rule, count, NOW) == 4 * SECOND
    assert wait(rule, count, NOW + 3 * SECOND) == SECOND
    assert wait(rule, count, NOW + 4 * SECOND) <= timedelta()
    assert wait(rule, count, NOW - 100 * SECOND) == 4 * SECOND


def test_failures_are_forgotten_after_an_hour():
    """The next failure is the first again."""
    rule = RULES[Kind.ACCOUNT]
    later = NOW + rule.remembered

    assert failed(rule, Count(50, NOW), later - SECOND).failures == 51
    assert failed(rule, Count(50, NOW), later) == Count(1, later)
    assert wait(rule, Count(50, NOW), later) == timedelta()
