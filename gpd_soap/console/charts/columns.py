"""Upright bars: payments by day with the year before as a line, what falls due, slots of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gpd_soap.console.charts.scale import Mark, Point, Rect, marks, path, rounded

#: The area in which bars stand, in the units of a chart that is 360 wide.
WIDTH, LEFT, TOP, BOTTOM = 360.0, 30.0, 22.0, 132.0
#: The part of its place that a bar fills.
FILLED = 0.8
#: The kinds of bars: an ordinary one, a pale one, the one of now, and one out of the ordinary.
ORDINARY, PALE, NOW, UNUSUAL = "f1", "f2", "f4", "f3"


class Column(NamedTuple):
    """A value of a chart, and the kind of its bar."""

    value: float
    kind: str = ORDINARY


class Columns(NamedTuple):
    """A chart: its bars, the marks of its axis, the middle of each bar, and a line, if any."""

    bars: list[Rect]
    marks: list[Mark]
    middles: list[float]
    line: str
    bottom: float = BOTTOM
    left: float = LEFT
    width: float = WIDTH

    @property
    def last(self) -> Rect:
        """The last bar."""
        return self.bars[-1]


def columns(
    values: Sequence[Column], compared: Sequence[float | None] = (), left: float = LEFT
) -> Columns:
    """Returns the chart of values; `compared` are drawn as a line, one for each value, or none."""
    others = [each for each in compared if each is not None]
    axis = marks(max([*(value.value for value in values), *others], default=0))
    top = axis[-1]
    step = (WIDTH - left) / max(1, len(values))

    def height(value: float) -> float:
        return (BOTTOM - TOP) * value / top

    bars = [
        Rect(
            rounded(left + step * index + step * (1 - FILLED) / 2),
            rounded(BOTTOM - height(value)),
            rounded(step * FILLED),
            rounded(height(value)),
            kind,
        )
        for index, (value, kind) in enumerate(values)
    ]
    middles = [rounded(left + step * (index + 0.5)) for index in range(len(values))]
    points = [
        Point(middle, rounded(BOTTOM - height(value)))
        for middle, value in zip(middles, compared, strict=False)
        if value is not None
    ]
    line = path(points) if len(points) > 1 else ""
    return Columns(
        bars, [Mark(value, rounded(BOTTOM - height(value))) for value in axis], middles, line,
        left=left,
    )  # fmt: skip


#: The height of a chart of percentages, and where its zone of bad ones ends.
SHARE_TOP, SHARE_BOTTOM = 20.0, 90.0


class Slots(NamedTuple):
    """A chart of percentages against a bound, above which a value is bad."""

    bars: list[Rect]
    middles: list[float]
    bound: float
    top: float = SHARE_TOP
    bottom: float = SHARE_BOTTOM


def slots(percentages: Sequence[float], bound: float) -> Slots:
    """Returns the chart of percentages; each bar has a height that can be seen."""
    step, tall = WIDTH / max(1, len(percentages)), SHARE_BOTTOM - SHARE_TOP
    bars = []
    for index, percentage in enumerate(percentages):
        height = rounded(max(1.5, tall * percentage / 100))
        kind = UNUSUAL if percentage > bound else ORDINARY
        bars.append(
            Rect(rounded(step * index + 8), rounded(SHARE_BOTTOM - height), rounded(step - 16),
                 height, kind)
        )  # fmt: skip
    middles = [rounded(step * (index + 0.5)) for index in range(len(percentages))]
    return Slots(bars, middles, rounded(SHARE_BOTTOM - tall * bound / 100))
