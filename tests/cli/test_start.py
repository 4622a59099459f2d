"""The start of a command."""

import gc

from click.testing import CliRunner

from gpd_soap.cli.main import NEW_OBJECTS, main


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
