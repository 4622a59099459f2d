"""The tests that wait long begin first, and no process gets most of them."""

import ast
from pathlib import Path
from typing import NamedTuple

from tests.order import LONG, seconds, spread

TESTS = Path(__file__).parent


class Named(NamedTuple):
    """A test that has a name alone."""

    nodeid: str


MANY = [Named(f"tests/core/test_x.py::test_{n}") for n in range(1000)]
LONGS = [Named(f"tests/{name}[{n}]") for name in LONG for n in range(2)]


def parts(tests: list[Named], among: int) -> list[list[Named]]:
    """Return the part of each process, as xdist divides them."""
    divided, left = [], tests
    for number in range(among):
        size = len(left) // (among - number)
        divided.append(left[:size])
        left = left[size:]
    return divided


def test_long_tests_are_spread_evenly_and_begin_each_part():
    """The part of each process takes about as long as that of another."""
    for among in (1, 2, 3, 4, 5):
        divided = parts(spread([*MANY, *LONGS], among), among)
        loads = [sum(seconds(each.nodeid) for each in part) for part in divided]

        assert max(loads) - min(loads) <= max(LONG.values()) / 2
        for part in divided:
            lengths = [seconds(each.nodeid) for each in part]
            assert lengths == sorted(lengths, reverse=True)


def test_spreading_keeps_every_test_once_and_the_order_of_short_ones():
    """Tests of a module stay together, because they share what the module made."""
    for among in (1, 3, 7):
        ordered = spread([*MANY, *LONGS], among)

        assert sorted(ordered) == sorted([*MANY, *LONGS])
        assert [each for each in ordered if each in MANY] == MANY


def test_fewer_tests_than_processes_are_kept():
    """A run of two long tests in four processes has both."""
    assert sorted(spread(LONGS[:2], 4)) == sorted(LONGS[:2])


def test_long_test_exists():
    """A renamed test would no longer begin first."""
    for name in LONG:
        file, _, function = name.partition("::")
        tree = ast.parse((TESTS / file).read_text("utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
