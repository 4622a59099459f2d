"""The geometry of charts: what is greater is longer, and nothing leaves the drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.console.charts.columns import BOTTOM, NOW, TOP, WIDTH, Column, columns, slots
from gpd_soap.console.charts.line import percentages
from gpd_soap.console.charts.rows import pairs, parts
from gpd_soap.console.charts.scale import marks

COUNTS = st.integers(0, 10**7)


@given(st.integers(0, 10**9))
def test_marks_reach_the_top_in_equal_steps(top: int):
    """At most three round numbers, of which the first that reaches the top is the last."""
    axis = marks(top)

    assert axis[-1] >= top
    assert 1 <= len(axis) <= 3
    assert all(each == axis[0] * (n + 1) for n, each in enumerate(axis))
    assert len(axis) == 1 or axis[-2] < top


@given(st.lists(COUNTS, min_size=1, max_size=40))
def test_columns_stand_in_the_drawing_and_keep_the_order(values: list[int]):
    """A zero has no height."""
    chart = columns([Column(value) for value in values])

    for bar, value in zip(chart.bars, values, strict=True):
        assert TOP - 0.1 <= bar.y <= BOTTOM
        assert bar.y + bar.height == pytest.approx(BOTTOM, abs=0.11)
        assert bar.x + bar.width <= WIDTH
        assert (bar.height == 0) == (value * (BOTTOM - TOP) / chart.marks[-1].value < 0.05)
    ordered = sorted(zip(values, chart.bars, strict=True), key=lambda each: each[0])
    heights = [bar.height for _, bar in ordered]
    assert heights == sorted(heights)


def test_columns_draw_the_year_before_as_a_line_where_there_is_one():
    """The axis holds the line too, and the last bar is that of now."""
    chart = columns([Column(1), Column(2), Column(3, NOW)], [50, None, 70])
    without = columns([Column(1), Column(2)], [None, None])

    assert chart.line.count("L") == 1
    assert chart.marks[-1].value >= 70
    assert chart.last.kind == NOW
    assert without.line == ""
    assert columns([]).bars == []


def test_slots_are_bad_above_the_bound_alone():
    """Exactly the bound is not bad, and each bar can be seen."""
    chart = slots([0, 50, 50.1, 100], 50)

    assert [bar.kind for bar in chart.bars] == ["f1", "f1", "f3", "f3"]
    assert all(bar.height > 0 for bar in chart.bars)
    assert chart.bars[3].y == chart.top
    assert chart.bars[1].y == chart.bound


@given(st.lists(st.tuples(COUNTS, st.floats(0, 10**6), st.booleans()), max_size=8))
def test_pairs_leave_room_for_their_numbers(values: list[tuple[float, float, bool]]):
    """An unusual value has another kind."""
    chart = pairs(values)

    for row, (_, _, unusual) in zip(chart.rows, values, strict=True):
        assert row.value.x + row.value.width <= 290
        assert row.usual.x + row.usual.width <= 290
        assert (row.value.kind == "f3") == unusual
        assert row.text < chart.legend < chart.height


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), max_size=5))
def test_parts_of_a_row_do_not_overlap_or_leave_the_drawing(values: list[tuple[int, int, int]]):
    """A part of nothing is not drawn, and the smallest has room for its number."""
    chart = parts(values, ("f4", "f5", "f2"))

    for row, given_values in zip(chart.rows, values, strict=True):
        assert [part.value for part in row] == [value for value in given_values if value]
        ends = 0.0
        for part in row:
            assert part.bar.x >= ends
            ends = part.bar.x + part.bar.width
            assert part.bar.width >= 20
        assert ends <= 360.1


@given(st.lists(st.floats(0, 100), min_size=1, max_size=31))
def test_line_of_percentages_holds_every_day_and_the_target(values: list[float]):
    """The lowest point is that of the least value."""
    chart = percentages(values, 98.0)

    assert chart is not None
    assert len(chart.points) == len(values)
    for point in [*chart.points]:
        assert 11.9 <= point.y <= chart.bottom + 0.1
        assert chart.left <= point.x <= chart.right + 0.1
    assert chart.points[chart.lowest].y == max(point.y for point in chart.points)
    assert 12 <= chart.target <= chart.bottom


def test_chart_without_days_has_no_line():
    """A month without a call has no line."""
    assert percentages([], 98.0) is None
