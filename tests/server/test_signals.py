"""Signals at any instant of a start: each is obeyed, and no stop waits for its time limit."""

import re
import subprocess
import sys
import time

import pytest

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from tests.ports import free_port

#: Steps from a worker's fork until it has waited for requests several times.
WORKER_STEPS = 400
#: Steps from a master's first signal handler until it waits for signals.
MASTER_STEPS = 1400


def ended(sort: str, signal: str, steps: int = 0, every: int = 1) -> str:
    """Run a server of `tests.server.stopping` to its end, which must be good; return its output."""
    command = [sys.executable, "-m", "tests.server.stopping", sort, f"127.0.0.1:{free_port()}"]
    done = subprocess.run(
        [*command, signal, str(steps), str(every)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
    )  # fmt: skip

    assert (done.returncode, "Traceback" in done.stdout) == (0, False), done.stdout[-3000:]
    return done.stdout


@pytest.mark.parametrize(
    ("signal", "every"), [("SIGTERM", 2), ("SIGQUIT", 10), ("SIGINT", 20), ("SIGABRT", 10)]
)
def test_worker_obeys_a_signal_at_any_step_of_its_start(signal: str, every: int) -> None:
    """Gunicorn's own worker loses those that come between the fork and its handlers."""
    output = ended("workers", signal, WORKER_STEPS, every)

    codes = set(re.findall(r"exited with code (\d+)", output))
    assert output.count("Booting worker") == WORKER_STEPS // every + 1
    assert codes == ({"1"} if signal == "SIGABRT" else set())


@pytest.mark.parametrize(("signal", "every"), [("SIGTERM", 40), ("SIGHUP", 100), ("SIGQUIT", 100)])
def test_master_obeys_a_signal_at_any_step_of_its_start(signal: str, every: int) -> None:
    """A reload that is ordered too early is done later, and a stop is done at once."""
    output = ended("masters", signal, MASTER_STEPS, every)

    codes = re.findall(r"^\d+ (-?\d+)$", output, re.MULTILINE)
    assert codes == ["0"] * (MASTER_STEPS // every)
    if signal == "SIGHUP":
        assert output.count("Hang up: Master") == len(codes)


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGQUIT", "SIGINT"])
def test_signal_does_not_end_a_worker_that_has_ended_its_work(signal: str) -> None:
    """The interpreter takes the handlers away before the process is gone."""
    output = ended("leaving", signal)

    assert "Worker exiting" in output
    assert "was sent" not in output


def test_stop_does_not_wait_for_a_reload() -> None:
    """After a reload, gunicorn waits as long as a drain lasts for the old workers to leave."""
    began = time.monotonic()
    ended("reload", "SIGQUIT")

    assert time.monotonic() - began < DRAIN_SECONDS


def test_stop_does_not_wait_for_every_worker_to_start() -> None:
    """The workers that were not started yet are not needed."""
    assert ended("many", "SIGTERM", 200).count("Booting worker") < 100


def test_new_master_obeys_a_stop_that_comes_before_its_program() -> None:
    """The first master goes on, until it is stopped itself."""
    output = ended("upgrade", "SIGTERM")

    assert output.count("the new master has ended") == 1
    assert output.count("Listening at") == 1


def test_master_whose_program_is_gone_serves_on() -> None:
    """Gunicorn's own copy of the master would stop the workers of the first."""
    output = ended("upgrade", "SIGUSR1")

    assert output.count("the new master has ended") == 1
    assert output.count("Shutting down: Master") == 1
