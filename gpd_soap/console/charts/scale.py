"""The marks of an axis, and what every chart is made of."""

from __future__ import annotations

from typing import NamedTuple

#: The first digits of a step between two marks.
_STEPS = (1, 2, 2.5, 5, 10)


class Rect(NamedTuple):
    """A bar; `kind` is a class of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    kind: str


class Point(NamedTuple):
    """A place in a chart."""

    x: float
    y: float


class Mark(NamedTuple):
    """A value of an axis, and where it is."""

    value: float
    position: float


def marks(top: float, count: int = 3) -> list[float]:
    """Returns at most this many round numbers, in equal steps, of which the last is at least `top`.

    >>> marks(72), marks(7), marks(0), marks(1230)
    ([25, 50, 75], [5, 10], [1], [500, 1000, 1500])
    """
    if top <= 1:
        return [1]
    power = 1
    while True:
        for first in _STEPS:
            step = first * power
            if step >= 1 and step == int(step) and step * count >= top:
                needed = -(-top // step)
                return [int(step) * each for each in range(1, int(needed) + 1)]
        power *= 10


def rounded(value: float) -> float:
    """Returns a coordinate with one decimal, which is finer than a pixel."""
    return round(value, 1)


def path(points: list[Point]) -> str:
    """Returns the SVG path through points.

    >>> path([Point(1, 2), Point(3.5, 4)])
    'M1 2 L3.5 4'
    """
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
