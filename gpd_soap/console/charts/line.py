"""A line of percentages by day, against a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gpd_soap.console.charts.scale import Mark, Point, path, rounded

LEFT, RIGHT, TOP, BOTTOM = 42.0, 348.0, 12.0, 108.0
#: The lowest values of the axis; the first that is below every value is taken.
LOWEST = (97, 95, 90, 80, 50, 0)


class RatioChart(NamedTuple):
    """A chart of percentages: the line, its lowest and its last point, the marks, the target."""

    line: str
    points: list[Point]
    marks: list[Mark]
    target: float
    lowest: int
    bottom: float = BOTTOM
    left: float = LEFT
    right: float = RIGHT


def percentages(values: Sequence[float], target: float) -> RatioChart | None:
    """Returns the chart of percentages, one for each day; None without any.

    `lowest` is the place of the least value.
    """
    if not values:
        return None
    least = min(values)
    bottom = next(each for each in LOWEST if each <= min(least, target))
    step = (RIGHT - LEFT) / max(1, len(values) - 1)

    def y(value: float) -> float:
        return rounded(BOTTOM - (BOTTOM - TOP) * (value - bottom) / (100 - bottom))

    points = [Point(rounded(LEFT + step * index), y(value)) for index, value in enumerate(values)]
    middle = 99.0 if bottom == LOWEST[0] else (100.0 + bottom) / 2
    axis = [100.0, middle, float(bottom)]
    shown = [each for each in axis if abs(each - target) >= (100 - bottom) / 8]
    return RatioChart(
        path(points), points, [Mark(each, y(each)) for each in shown], y(target),
        list(values).index(least),
    )  # fmt: skip
