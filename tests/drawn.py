"""How random tests draw: the same examples in each run, or others and more with `make random`."""

import os
import secrets

import pytest
from hypothesis import HealthCheck, settings

#: Whether examples are drawn anew; `make random` sets it.
ANEW = bool(os.environ.get("DRAWN_ANEW"))
#: How many times as many examples are then drawn.
TIMES = 10
#: What hypothesis draws for a test that names no number.
USUAL = 100


def examples(number: int) -> int:
    """Return how many examples a test draws that usually draws this number."""
    return number * TIMES if ANEW else number


def draws(number: int) -> settings:
    """Return the settings of a test that usually draws this number of examples."""
    return settings(max_examples=examples(number))


def seed(name: str) -> str:
    """Return the seed of a test's own random numbers: its name, or another in each run."""
    return secrets.token_hex() if ANEW else name


def load_profile() -> None:
    """Make hypothesis draw so in every test; called before the tests are imported."""
    # WHY: derandomized, so that no change is refused for an example that it did not cause; a slow
    # machine is no fault, so neither a deadline nor a check of the drawing's own speed holds.
    settings.register_profile(
        "tests",
        derandomize=not ANEW,
        max_examples=examples(USUAL),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    settings.load_profile("tests")


def mark(items: list[pytest.Item]) -> None:
    """Mark the tests of hypothesis as random; other random tests are marked where they stand."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("random")
