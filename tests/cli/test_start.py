"""The start of a command."""

import gc
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from gpd_soap.cli.main import NEW_OBJECTS, main
from tests.conftest import FreshDatabase, migrated

#: Runs a command, and ends with the names of what it imported in vain.
PROGRAM = """
import sys
from gpd_soap.cli.main import main
main(sys.argv[1:], standalone_mode=False)
in_vain = "alembic mako spyne flask requests gunicorn webauthn gpd_soap.wiring"
sys.exit(" ".join(name for name in in_vain.split() if name in sys.modules) or 0)
"""


def test_command_starts_with_few_runs_of_the_collector():
    """Its imports make many objects and no garbage."""
    before = gc.get_threshold()
    gc.set_threshold(700, *before[1:])
    try:
        done = CliRunner().invoke(main, ["help", "exit-codes"])
        after = gc.get_threshold()
    finally:
        gc.set_threshold(*before)

    assert done.exit_code == 0
    assert after == (NEW_OBJECTS, *before[1:])


@pytest.mark.parametrize("command", [["db", "check"], ["key", "list"], ["jobs", "list"]])
def test_command_of_the_store_imports_the_store_alone(
    command: list[str], fresh_database: FreshDatabase
):
    """It checks the tables first, without what upgrades them, and it serves nothing."""
    url = fresh_database("sqlite", migrated)
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command],
        env={**os.environ, "GPD_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
