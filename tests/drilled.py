"""The tests that `make test` leaves out: drills of tens of seconds, and those that need Chromium.

`make drills` runs the short forms of the drills, of the bench and of the fuzz.  It runs a server
under load, the image, and the commands that set up an empty machine.  It sends generated positions
and requests to both faces and to the console, and many large messages.  It tries every change
between the steps of a receipt, and makes the files from npm again.
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
#: The drills among the tests of other files.
DRILLS = (
    "api/test_accepted.py::test_random_position_is_answered_at_the_node_or_refused_without_trace",
    "attacks/test_xml.py::test_memory_after_many_large_messages_is_as_before",
    "deploy/test_by_the_letter.py::test_commands_lead_from_an_empty_machine_to_an_answer",
    "e2e/test_privacy.py::test_log_of_a_busy_server_has_no_personal_data_or_secret",
)


def mark(items: list[pytest.Item]) -> None:
    """Mark the drills and the tests in Chromium; called once they are collected."""
    for item in items:
        if item.path in PATHS or _name(item) in DRILLS:
            item.add_marker("drill")
        elif item.path == OWN_CHROMIUM or CHROMIUM in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def _name(item: pytest.Item) -> str:
    """Return the file of a test and its name, without its parameters."""
    return f"{item.path.relative_to(TESTS)}::{item.name.partition('[')[0]}"
