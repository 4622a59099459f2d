"""The tests that `make test` leaves out: drills of tens of seconds, and those that need Chromium.

`make drills` runs the short forms of the drills, of the bench and of the fuzz.  It runs a server
under load, the image, generated requests of the admin face and of the console, and every change
between the steps of a receipt.  It makes the files from npm again.
`make browser` runs the tests of the console in Chromium.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
#: The fixture of a test that opens a page in Chromium; the file whose tests start one themselves.
CHROMIUM, OWN_CHROMIUM = "browser", TESTS / "features/passkeys/test_chromium.py"
#: The files whose tests are drills.
FILES = (
    "api/test_generated_requests.py",
    "api/test_interleaving.py",
    "attacks/test_memory.py",
    "bench/console/test_console.py",
    "bench/test_bench.py",
    "console/test_hostile_fields.py",
    "console/test_rebuilt_assets.py",
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
        elif item.path == OWN_CHROMIUM or CHROMIUM in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
