"""The order of the tests: those that wait long begin first, spread over the processes.

A process that got a drill last would be alone with it at the end.
"""

import os
from collections.abc import Iterable
from typing import Protocol, TypeVar

#: Tests that take long, most of it waiting, and their seconds on two quiet cores.
LONG = {
    "drills/test_failover.py::test_receipts_survive_the_loss_of_the_primary": 155,
    "drills/test_crash.py::test_question_is_answered_during_blows_that_kill_nothing": 85,
    "drills/test_crash.py::test_receipts_survive_kills_of_any_process": 55,
    "bench/test_bench.py::test_benchmark_runs_and_every_answer_under_load_is_right": 35,
    "deploy/test_image.py::test_program_of_the_image_runs_and_brings_no_installer": 30,
    "api/test_generated_requests.py::test_description_holds_for_generated_requests": 30,
    "e2e/test_upgrade.py::test_upgrade_under_load_loses_no_receipt": 25,
    "fuzz/test_many_inputs.py::test_fuzz_of_many_inputs_has_no_finding": 20,
    "e2e/test_first_day.py::test_readme_commands_lead_from_an_empty_folder_to_a_receipt": 20,
    "drills/test_exhaustion.py::test_receipt_is_stored_once_whatever_runs_out": 15,
    "drills/test_clock.py::test_clock_that_jumps_back_loses_no_message": 10,
    "drills/test_restore.py::test_restore_to_the_instant_before_a_mistake_has_every_receipt": 10,
    "drills/test_starts.py::test_workers_that_start_under_load_answer_every_request": 10,
    "drills/test_jobs.py::test_jobs_survive_kills_of_any_process": 10,
}


class Test(Protocol):
    """A test, with its name."""

    @property
    def nodeid(self) -> str:
        """Return the name: its file, its function, its parameters."""


T = TypeVar("T", bound=Test)


def processes() -> int:
    """Return how many processes of xdist run the tests; one without xdist."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def seconds(name: str) -> int:
    """Return the seconds of a long test, 0 of another one."""
    return LONG.get(name.partition("[")[0].removeprefix("tests/"), 0)


def spread(tests: Iterable[T], among: int) -> list[T]:
    """Return the tests in an order whose parts each begin with some of the long tests.

    xdist's `worksteal` gives each process an equal part, and those that are done take from the end
    of another's.
    """
    tests = list(tests)
    hands: list[list[T]] = [[] for _ in range(among)]
    loads = [0] * among
    for test in sorted((each for each in tests if seconds(each.nodeid)), key=_longest_first):
        least = loads.index(min(loads))
        hands[least].append(test)
        loads[least] += seconds(test.nodeid)
    others = [each for each in tests if not seconds(each.nodeid)]
    ordered: list[T] = []
    for number, hand in enumerate(hands):
        size = (len(tests) - len(ordered)) // (among - number)
        filling = max(0, size - len(hand))
        ordered += [*hand, *others[:filling]]
        del others[:filling]
    return [*ordered, *others]


def _longest_first(test: Test) -> tuple[int, str]:
    return -seconds(test.nodeid), test.nodeid
