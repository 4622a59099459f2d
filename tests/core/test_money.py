"""Money: every amount is written and read back, and every other text is refused."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.money import MAX_CENTS, MIN, from_wire, to_wire

amounts = st.integers(0, MAX_CENTS)


@given(amounts)
def test_every_amount_is_read_back_unchanged(cents: int) -> None:
    """Every amount from zero to the limit is written and read back."""
    assert from_wire(to_wire(cents)) == cents


@given(amounts)
def test_every_amount_is_written_in_the_contracts_form(cents: int) -> None:
    """The text has the pattern of stAmount and no leading zero."""
    assert re.fullmatch(r"(0|[1-9][0-9]{0,8})\.[0-9]{2}", to_wire(cents))


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0.00"), (MIN, "0.01"), (99, "0.99"), (100, "1.00"), (1250, "12.50"),
     (MAX_CENTS, "999999999.99")],
)  # fmt: skip
def test_limits_of_amounts_are_written_exactly(cents: int, text: str) -> None:
    """The limits of stAmount and stAmountNotZero have these texts."""
    assert to_wire(cents) == text
    assert from_wire(text) == cents


@pytest.mark.parametrize("cents", [-1, -100, MAX_CENTS + 1])
def test_amount_beyond_the_contract_is_not_written(cents: int) -> None:
    """A negative amount and one above the limit raise ValueError."""
    with pytest.raises(ValueError, match="expected 0 to"):
        to_wire(cents)


def test_float_is_not_written() -> None:
    """Even a whole float raises ValueError."""
    with pytest.raises(ValueError, match="float"):
        to_wire(1250.0)  # type: ignore[arg-type]  # a float is refused


@given(amounts, st.integers(0, 40), st.text(" \t\r\n"), st.text(" \t\r\n"))
def test_leading_zeros_and_xml_white_space_are_accepted(
    cents: int, zeros: int, before: str, after: str
) -> None:
    """XML Schema collapses white space of an xsd:decimal before its pattern applies."""
    assert from_wire(before + "0" * zeros + to_wire(cents) + after) == cents


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", ".50", "12", "12.", "12.5", "12.505", "12,50", "+12.50", "-12.50", "1 2.50",
     "1,200.00", "1e2.00", "12.50 EUR", "0x1.00", "NaN", "INF", "1_0.00", "1000000000.00",
     "\u0661\u0662.\u0665\u0660", "\uff11\uff12.50", "\u00b2.00", "12.50\u00a0", "\u200912.50",
     "12.50\n1", "12.50\x00"],
)  # fmt: skip
def test_amount_of_other_form_is_refused(text: str) -> None:
    """Signs, separators, other counts of digits and characters outside ASCII are refused."""
    with pytest.raises(ValueError, match="amount: expected"):
        from_wire(text)


@given(st.text())
def test_any_text_is_an_amount_or_raises_value_error(text: str) -> None:
    """Any text gives an amount within the limits or a ValueError."""
    with suppress(ValueError):
        assert 0 <= from_wire(text) <= MAX_CENTS


def test_million_zeros_are_read_without_delay() -> None:
    """The pattern does not backtrack over leading zeros."""
    assert from_wire("0" * 1_000_000 + "1.00") == 100
    with pytest.raises(ValueError, match="amount: expected"):
        from_wire("0" * 1_000_000)
