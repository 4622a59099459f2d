"""The gap that the failover drill reports."""

from tests.drills.watching import OK, UNAVAILABLE, Answer, during, gap


def test_gap_is_the_time_between_two_ok() -> None:
    """It may begin before the interval, end after it, or have no end."""
    answers = [Answer(instant, 0, OK) for instant in (1, 2, 9, 10)] + [Answer(5, 0, UNAVAILABLE)]

    assert gap(answers, 3, 8) == 7
    assert gap(answers, 9.5, 10) == 1
    assert gap(answers, 8, 20) == 10
    assert gap([], 3, 8) == 5
    assert during(answers, 2, 5) == {OK: 1, UNAVAILABLE: 1}
