"""A schedule that fails again and again is seen: by metrics, health and the check."""

from datetime import timedelta

from gpd_soap.contract.schema import Schema
from gpd_soap.features.check import configured
from gpd_soap.monitoring.health import Health
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.store import statistics
from gpd_soap.store.jobs import schedules
from gpd_soap.usecases.jobs.job import Job
from tests.usecases.jobs.harness import KIND, Harness

MINUTE = timedelta(minutes=1)


def fails(_attempt: Job) -> str:
    """Do as a handler that meets an error each time."""
    raise ValueError("Anna Inventata")


def metric(harness: Harness) -> str:
    """Return the metric of the schedule, as a scrape has it."""
    text = Metrics().text(statistics.read(harness.store), harness.clock()).decode()
    [line] = [each for each in text.splitlines() if each.startswith("gpd_schedule_failures{")]
    return line


def seen(harness: Harness) -> tuple[list[str], list[str]]:
    """Return what health says of schedules, and what the check finds."""
    facts = [str(each) for each in Health(harness.store, Schema())() if each.name == "schedules"]
    with harness.store.reading() as connection:
        findings = list(configured.of_work(schedules.failing(connection)))
    return facts, [str(each) for each in findings]


def test_schedule_that_fails_each_time_is_named_with_its_failures(harness: Harness):
    """Two failures are those of a failover; after the first success nothing is left of them."""
    worker = harness.worker(fails, every=MINUTE)
    worker.begin_schedules()
    assert metric(harness) == f'gpd_schedule_failures{{schedule="{KIND}"}} 0.0'
    for failures in range(1, 5):
        assert worker.once() == 1
        harness.later(minutes=1)
        assert metric(harness) == f'gpd_schedule_failures{{schedule="{KIND}"}} {failures}.0'
        assert bool(seen(harness)[0]) == bool(seen(harness)[1]) == (failures >= schedules.FAILING)

    facts, warnings = seen(harness)
    assert facts == [f"schedules: OK ({KIND} failed 4 times in a row)"]
    assert f"schedule {KIND}" in warnings[0]
    assert "it failed 4 times in a row: ValueError" in warnings[0]
    assert "Anna" not in f"{facts} {warnings}"

    assert harness.worker(lambda _attempt: "done", every=MINUTE).once() == 1
    assert metric(harness) == f'gpd_schedule_failures{{schedule="{KIND}"}} 0.0'
    assert seen(harness) == ([], [])


def test_running_attempt_is_no_failure_and_one_that_ended_silently_is(harness: Harness):
    """A worker that was killed leaves no reason."""
    worker = harness.worker(fails, every=MINUTE)
    worker.begin_schedules()
    for failures in range(4):
        [job] = worker._due()
        assert worker._leased(*job) is not None
        assert metric(harness).endswith(f" {failures}.0")
        harness.later(minutes=2)

    assert seen(harness)[1] != []
