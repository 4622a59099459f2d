"""Random tests draw the same examples in each run, and others with `make random`."""

import re
from pathlib import Path

import pytest
from hypothesis import settings

from tests import drawn

TESTS = Path(__file__).parent
MAKEFILE = TESTS.parent / "Makefile"
#: What would set a number or a seed aside from `drawn`.
OWN = re.compile(r"max_examples=(?!drawn\.examples\()|derandomize=|deadline=")


def test_examples_of_make_test_are_the_same_in_each_run():
    """No change is refused for an example that it did not cause."""
    assert settings.default is not None
    assert settings.default.derandomize
    assert (drawn.examples(40), drawn.draws(40).max_examples) == (40, 40)
    assert drawn.seed("a name") == "a name"


def test_examples_of_make_random_are_others_and_more(monkeypatch: pytest.MonkeyPatch):
    """The number of each test grows alike."""
    monkeypatch.setattr(drawn, "ANEW", True)
    drawn.load_profile()
    try:
        usual, forty, seeds = settings.default, drawn.draws(40), {drawn.seed("a") for _ in range(9)}
    finally:
        monkeypatch.undo()
        drawn.load_profile()

    assert usual is not None
    assert (usual.derandomize, usual.max_examples) == (False, drawn.USUAL * drawn.TIMES)
    assert (forty.derandomize, forty.max_examples) == (False, 40 * drawn.TIMES)
    assert len(seeds) == 9
    assert settings.default is not None
    assert settings.default.derandomize is not drawn.ANEW


def test_random_test_has_no_number_or_seed_of_its_own():
    """A number that stands in the test would be the same with `make random`."""
    own = {
        str(path.relative_to(TESTS)): OWN.findall(path.read_text("utf-8"))
        for path in TESTS.rglob("*.py")
        if path.name not in ("drawn.py", "test_drawn.py")
    }

    assert {name: each for name, each in own.items() if each} == {}


def test_make_random_runs_the_random_tests_and_the_fuzz():
    """Both with a seed of the moment."""
    [recipe] = re.findall(r"^random:.*\n((?:\t.*\n)+)", MAKEFILE.read_text("utf-8"), re.MULTILINE)

    assert "DRAWN_ANEW=1 $(BIN)/pytest" in recipe
    assert "-m random" in recipe
    assert re.search(r"tests\.fuzz .*--seed \"\$\$\(date \+%s\)\"", recipe)
