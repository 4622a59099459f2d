"""Lying bars: a value against what is usual, and parts of a sum beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gpd_soap.console.charts.columns import ORDINARY, PALE, UNUSUAL
from gpd_soap.console.charts.scale import Rect, rounded

#: Where bars begin and how long the longest is; its number stands behind it.
LEFT, LONGEST = 136.0, 150.0
#: The heights of a pair of bars, and of a row of parts.
PAIR, PART = 31.0, 32.0
#: LIMIT: units; a part that is there at all has room for its number, and parts stand apart.
NARROWEST, GAP = 22.0, 2.0


class Pair(NamedTuple):
    """A value and what is usual, in one row; `text` is where their words and the number stand."""

    value: Rect
    usual: Rect
    text: float
    behind: float


class Pairs(NamedTuple):
    """A chart of pairs; the legend stands at `legend`."""

    rows: list[Pair]
    legend: float
    height: float


def pairs(values: Sequence[tuple[float, float, bool]]) -> Pairs:
    """Returns the chart of values, what is usual of each, and whether each is out of the ordinary.

    LIMIT: the number behind the longest bar has 60 units.
    """
    greatest = max([1.0, *(max(value, usual) for value, usual, _ in values)])
    rows = []
    for index, (value, usual, unusual) in enumerate(values):
        y = 6 + PAIR * index
        long, short = (_length(each, greatest) for each in (value, usual))
        kind = UNUSUAL if unusual else ORDINARY
        rows.append(
            Pair(
                Rect(LEFT, y, long, 14, kind),
                Rect(LEFT, y + 15, short, 7, PALE),
                y + 11,
                rounded(LEFT + long + 6),
            )
        )
    legend = PAIR * len(values) + 18
    return Pairs(rows, legend, legend + 14)


class Part(NamedTuple):
    """A part of a row: its bar, its number, and where the number stands."""

    bar: Rect
    value: int
    middle: float


class Parts(NamedTuple):
    """A chart of rows made of parts; `texts` are where the words of each row stand."""

    rows: list[list[Part]]
    texts: list[float]
    legend: float
    height: float


def parts(values: Sequence[Sequence[int]], kinds: Sequence[str]) -> Parts:
    """Returns the chart of rows whose parts have these kinds; a part of nothing is left out."""
    total = max([1, *(sum(row) for row in values)])
    free = 360 - LEFT - len(kinds) * (NARROWEST + GAP)
    rows = []
    for index, row in enumerate(values):
        x, drawn = LEFT, []
        for value, kind in zip(row, kinds, strict=True):
            if value:
                width = rounded(NARROWEST + free * value / total)
                y = 4 + PART * index
                drawn.append(Part(Rect(x, y, width, 22, kind), value, rounded(x + width / 2)))
                x = rounded(x + width + GAP)
        rows.append(drawn)
    texts = [19 + PART * index for index in range(len(values))]
    legend = PART * len(values) + 16
    return Parts(rows, texts, legend, legend + 16)


def _length(value: float, greatest: float) -> float:
    return rounded(max(1.0, LONGEST * value / greatest))
