"""What an attempt means, and when the next one is due."""

from datetime import UTC, datetime, timedelta

import pytest

from gpd_soap.features.webhooks import schedule
from gpd_soap.features.webhooks.schedule import Health, Outcome, Reply

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def half() -> float:
    """Returns the number with which a wait is not changed."""
    return 0.5


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((200, 201, 202, 204, 299), Outcome.DONE),
        ((None, 301, 302, 307, 401, 403, 404, 408, 429, 502, 503, 504), Outcome.DOWN),
        ((410,), Outcome.GONE),
        ((400, 409, 413, 415, 422, 500, 418, 505, 451), Outcome.REFUSED),
    ],
)
def test_status_has_one_meaning(statuses: tuple[int | None, ...], outcome: Outcome):
    """No answer is a failure of the receiver."""
    assert {schedule.classify(Reply(each)) for each in statuses} == {outcome}


def test_refusal_in_a_success_is_of_the_event():
    """One format puts faults into a 200."""
    assert schedule.classify(Reply(200, accepted=False)) is Outcome.REFUSED


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_throttles(status: int):
    """The receiver is held until then, and no event is set aside."""
    reply = Reply(status, retry_after="120")

    decision = schedule.decide(Health(), reply, 0, NOW, half)

    assert decision.outcome is Outcome.THROTTLED
    assert decision.health.next_at == NOW + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("99999999999999999999", 3600),
        ("86400", 3600),
        ("Fri, 27 Nov 2026 08:10:00 GMT", 600),
        ("Fri, 27 Nov 2026 07:00:00 GMT", 1),
        ("Fri, 27 Nov 2026 08:10:00 -0000", 600),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_a_wait_of_a_second_to_an_hour(text: str, seconds: int | None):
    """Seconds and dates are read, and anything else is no wait."""
    wait = schedule.retry_after(text, NOW)

    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_waits_for_a_receiver_double_until_an_hour():
    """The first is five seconds."""
    waits = [schedule.wait_of_receiver(n, half).total_seconds() for n in range(12)]

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert schedule.wait_of_receiver(100_000, half) == HOUR


@pytest.mark.parametrize(("random", "seconds"), [(0.0, 4), (0.999999, 6)])
def test_wait_differs_by_twenty_percent(random: float, seconds: int):
    """Receivers behind one proxy are not tried at one instant."""
    wait = schedule.wait_of_receiver(0, lambda: random).total_seconds()

    assert wait == pytest.approx(seconds, abs=0.001)


def test_attempts_at_an_event_are_those_of_standard_webhooks():
    """They take 75 hours, 35 minutes and 5 seconds in all."""
    waits = [schedule.wait_of_event(n, half) for n in range(11)]

    assert waits[-1] is None
    total = sum((each for each in waits if each is not None), timedelta())
    assert total == timedelta(hours=75, minutes=35, seconds=5)


def test_fifth_refusal_without_success_holds_the_receiver():
    """Not all of its events are set aside."""
    health, outcomes = Health(), []
    for _ in range(6):
        decision = schedule.decide(health, Reply(500), 0, NOW, half)
        outcomes.append(decision.outcome)
        health = decision.health

    assert outcomes == [Outcome.REFUSED] * 4 + [Outcome.DOWN] * 2
    assert health.next_at == NOW + timedelta(seconds=10)


def test_refusal_with_a_hundred_parked_events_holds_the_receiver():
    """The events that wait for a parked one count too."""
    assert schedule.decide(Health(), Reply(500), 99, NOW, half).outcome is Outcome.REFUSED
    assert schedule.decide(Health(), Reply(500), 100, NOW, half).outcome is Outcome.DOWN


def test_success_forgets_every_failure():
    """The next failure begins with the first wait."""
    ill = Health(NOW - HOUR, 9, 4, NOW)

    assert schedule.decide(ill, Reply(204), 0, NOW, half).health == Health()


def test_five_days_of_failure_suspend():
    """The hour before they do not."""
    health = Health(NOW, 3)
    days = timedelta(days=5)

    assert not schedule.decide(health, Reply(None), 0, NOW + days - HOUR, half).suspend
    assert schedule.decide(health, Reply(None), 0, NOW + days, half).suspend
