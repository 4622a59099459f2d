"""The collector of garbage: it runs during the tests, and does not visit what stays."""

import gc
import importlib

import pytest

from tests.garbage import NEW_OBJECTS, uncollected


def test_collector_runs_during_the_tests():
    """A test would not notice a file that nobody closes."""
    assert gc.isenabled()
    assert gc.get_threshold()[0] == NEW_OBJECTS


def test_collector_does_not_visit_the_tests():
    """They stay until the process ends."""
    assert gc.get_freeze_count() > 100_000


def test_collector_runs_again_where_the_tests_cannot_be_imported():
    """Nothing is collected meanwhile."""

    def importing() -> None:
        with uncollected():
            states.append(gc.isenabled())
            importlib.import_module("tests.none")

    states: list[bool] = []
    with pytest.raises(ModuleNotFoundError):
        importing()

    assert [*states, gc.isenabled()] == [False, True]
