"""The tests that `make test` leaves out: drills of tens of seconds, and those that need Chromium.

`make drills` runs the short forms of the drills, of the bench and of the fuzz, a server under load,
the image, and generated requests of the admin face.  `make browser` runs the tests of the console
in Chromium.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
#: The fixture of every test that opens a page in Chromium.
CHROMIUM = "browser"
#: The files whose tests are drills.
FILES = (
    "api/test_generated_requests.py",
    "attacks/test_memory.py",
    "bench/console/test_console.py",
    "bench/test_bench.py",
    "deploy/test_image.py",
    "drills/test_crash.py",
    "drills/test_exhaustion.py",
    "drills/test_failover.py",
    "drills/test_jobs.py",
    "drills/test_restore.py",
    "drills/test_starts.py",
    "e2e/test_upgrade.py",
    "fuzz/test_many_inputs.py",
)
PATHS = {TESTS / file for file in FILES}


def mark(items: list[pytest.Item]) -> None:
    """Mark the drills and the tests in Chromium; called once they are collected."""
    for item in items:
        if item.path in PATHS:
            item.add_marker("drill")
        elif CHROMIUM in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
