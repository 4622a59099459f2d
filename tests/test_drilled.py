"""`make test` leaves drills and Chromium out and says so, two commands run them, CI runs all."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests import drilled
from tests.without import left_out

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def recipe(target: str) -> str:
    """Return the commands of a target of the Makefile."""
    [commands] = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    return str(commands)


class Item(NamedTuple):
    """A test that has a path, markers and a name alone."""

    path: Path
    markers: list[str]
    fixturenames: tuple[str, ...] = ()
    name: str = "test_of_it"

    def add_marker(self, marker: str) -> None:
        """Keep a marker."""
        self.markers.append(marker)


def test_drills_are_the_tests_of_the_listed_files() -> None:
    """Each listed file exists, and no other test is left out."""
    items = [Item(path, []) for path in (ROOT / "tests").rglob("test_*.py")]

    drilled.mark(items)  # type: ignore[arg-type]  # the part of a test that is used

    marked = {
        str(each.path.relative_to(drilled.TESTS)): each.markers for each in items if each.markers
    }
    chromium = marked.pop(str(drilled.OWN_CHROMIUM.relative_to(drilled.TESTS)))
    assert chromium == ["browser"]
    assert marked == {file: ["drill"] for file in drilled.FILES}


def test_drill_of_another_file_is_named_with_its_file() -> None:
    """Each drill is there with any parameters, and its neighbours are no drills."""
    for drill in drilled.DRILLS:
        file, _colons, name = drill.partition("::")
        path = drilled.TESTS / file
        marked, other = Item(path, [], (), f"{name}[sqlite]"), Item(path, [])

        drilled.mark([marked, other])  # type: ignore[list-item]  # the part of a test that is used

        assert (marked.markers, other.markers) == (["drill"], [])
        assert f"def {name}(" in path.read_text("utf-8")


def test_test_is_of_the_browser_if_it_opens_a_page() -> None:
    """A drill is none, whatever it opens."""
    page, drill = (
        Item(drilled.TESTS / file, [], ("browser",)) for file in ("a.py", "bench/test_bench.py")
    )

    drilled.mark([page, drill])  # type: ignore[list-item]  # the part of a test that is used

    assert (page.markers, drill.markers) == (["browser"], ["drill"])


def test_test_in_chromium_is_among_those_that_need_it() -> None:
    """A machine without Chromium names it, and does not fail."""
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider",
         "-m", "browser", "tests/console", "tests/features/passkeys"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    ).stdout  # fmt: skip
    names = re.findall(r"^tests/.+?::\S+", collected, re.MULTILINE)

    assert names
    assert {*names} == left_out(names, ["chromium", "chromium-headless-shell"])


def test_each_command_runs_what_the_others_leave_out() -> None:
    """A drill is collected by one, and another test of its folder by another."""
    drill, other = "tests/drills/test_starts.py", "tests/drills/test_watching.py"
    chosen = {command: re.findall(r"-m (?:(\w+)|\"(.+)\")", recipe(command))
              for command in ("drills", "browser", "tests")}  # fmt: skip

    assert chosen == {
        "drills": [("drill", "")],
        "browser": [("browser", "")],
        "tests": [("", "not drill and not browser and not verapdf")],
    }
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider",
         "-m", "drill", drill, other],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    ).stdout  # fmt: skip
    assert set(re.findall(r"^(tests/.+?\.py)::", collected, re.MULTILINE)) == {drill}


def test_make_test_says_at_its_end_what_did_not_run() -> None:
    """After the tests, which are its last part, a line names the commands that run the others."""
    line = "Chromium and the drills did not run: make browser and make drills run them."
    assert f'\t@echo "{line}"\n' in recipe("tests")
    assert re.search(r"^test: .* tests$", MAKEFILE, re.MULTILINE)


def test_ci_runs_every_command() -> None:
    """Every test runs before a change is merged."""
    assert "make test && make browser && make drills" in (ROOT / ".ci" / "run").read_text("utf-8")
