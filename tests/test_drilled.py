"""`make test` leaves the drills out and says so, `make drills` runs them, and CI runs both."""

import re
import subprocess
import sys
from pathlib import Path

from tests import drilled

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
#: The tests of the hook and of the expression, without a test of the program.
COLLECT = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m"]
ROOMS = sorted({file.partition("/")[0] for file in drilled.FILES})


def recipe(target: str) -> str:
    """Return the commands of a target of the Makefile."""
    [commands] = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    return str(commands)


def files(expression: str) -> set[str]:
    """Return the files of the tests that this expression chooses, in the rooms with drills."""
    collected = subprocess.run(
        [sys.executable, *COLLECT, expression, *(f"tests/{room}" for room in ROOMS)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    ).stdout  # fmt: skip
    return set(re.findall(r"^tests/(.+?\.py)::", collected, re.MULTILINE))


def test_drills_are_the_tests_of_the_listed_files_and_the_others_run_in_make_test() -> None:
    """No test is left out by both commands, and each listed file has one."""
    [chosen] = re.findall(r"-m (\w+)", recipe("drills"))
    [others] = re.findall(r'-m "(.+)"', recipe("tests"))

    left = files(others)

    assert files(chosen) == {*drilled.FILES}
    assert not left & {*drilled.FILES}
    assert {"drills/test_serial.py", "bench/test_notices.py", "fuzz/test_fuzz.py"} <= left


def test_make_test_says_at_its_end_that_the_drills_did_not_run() -> None:
    """After the tests, which are its last part, a line names the command that runs them."""
    assert '\t@echo "The drills did not run: make drills runs them."\n' in recipe("tests")
    assert re.search(r"^test: .* tests$", MAKEFILE, re.MULTILINE)


def test_ci_runs_both_commands() -> None:
    """Every test runs before a change is merged."""
    assert "make test && make drills" in (ROOT / ".ci" / "run").read_text("utf-8")
