"""Leaves out the tests whose programs are missing, where `make test` names the programs.

$WITHOUT_PROGRAMS names them.  Where it is not set, a test without its program fails.
"""

import os
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).with_name("programs.txt")


def needs() -> dict[str, list[str]]:
    """Return for each program the patterns of the tests that need it."""
    lines = PROGRAMS.read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if not line.startswith("#"))
    return {program: tests for program, _, *tests in rows}


def left_out(names: list[str], programs: list[str]) -> set[str]:
    """Return the names of the tests that need one of these programs."""
    known = needs()
    patterns = [pattern for program in programs for pattern in known[program]]
    return {name for name in names if any(fnmatch(name, pattern) for pattern in patterns)}


class Without:
    """A pytest plugin: leaves tests out, and counts them over all of xdist's processes."""

    def __init__(self, programs: list[str]) -> None:
        self._programs = programs
        self._count = 0

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out the tests that need a missing program."""
        names = left_out([item.nodeid for item in items], self._programs)
        out = [item for item in items if item.nodeid in names]
        items[:] = [item for item in items if item.nodeid not in names]
        config.hook.pytest_deselected(items=out)
        self._count = len(out)
        if hasattr(config, "workeroutput"):
            config.workeroutput["without"] = len(out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the count of a process: each of them has collected all tests."""
        self._count = max(self._count, getattr(node, "workeroutput", {}).get("without", 0))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print at the end how many tests did not run, and which programs are missing."""
        lacking = ", ".join(self._programs)
        terminalreporter.write_line(f"{self._count} tests NOT run, for want of {lacking}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin where programs are missing."""
    programs = os.environ.get("WITHOUT_PROGRAMS", "").split()
    if programs:
        config.pluginmanager.register(Without(programs))
