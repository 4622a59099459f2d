"""Money: every amount survives the wire, and nothing else comes through."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.money import MAX_CENTS, MIN, from_wire, to_wire

amounts = st.integers(0, MAX_CENTS)


@given(amounts)
def test_every_amount_survives_the_wire(cents: int) -> None:
    """Whatever we can owe, we can say and hear unchanged."""
    assert from_wire(to_wire(cents)) == cents


@given(amounts)
def test_every_amount_is_said_in_the_form_of_the_contract(cents: int) -> None:
    """The pattern of stAmount, and no zero before the first digit of the euros."""
    assert re.fullmatch(r"(0|[1-9][0-9]{0,8})\.[0-9]{2}", to_wire(cents))


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0.00"), (MIN, "0.01"), (99, "0.99"), (100, "1.00"), (1250, "12.50"),
     (MAX_CENTS, "999999999.99")],
)  # fmt: skip
def test_the_usual_and_the_outermost_amounts_are_said_exactly(cents: int, text: str) -> None:
    """Boundaries of stAmount and stAmountNotZero, written out."""
    assert to_wire(cents) == text
    assert from_wire(text) == cents


@pytest.mark.parametrize("cents", [-1, -100, MAX_CENTS + 1])
def test_an_amount_the_contract_cannot_carry_is_never_said(cents: int) -> None:
    """Neither a debt below zero nor one above the limit."""
    with pytest.raises(ValueError, match="expected 0 to"):
        to_wire(cents)


def test_a_float_is_never_said() -> None:
    """Even one that happens to be whole."""
    with pytest.raises(ValueError, match="float"):
        to_wire(1250.0)  # type: ignore[arg-type]


@given(amounts, st.integers(0, 40), st.text(" \t\r\n"), st.text(" \t\r\n"))
def test_leading_zeros_and_xml_white_space_pass(
    cents: int, zeros: int, before: str, after: str
) -> None:
    """An xsd:decimal is collapsed before its pattern is asked."""
    assert from_wire(before + "0" * zeros + to_wire(cents) + after) == cents


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", ".50", "12", "12.", "12.5", "12.505", "12,50", "+12.50", "-12.50", "1 2.50",
     "1,200.00", "1e2.00", "12.50 EUR", "0x1.00", "NaN", "INF", "1_0.00", "1000000000.00",
     "\u0661\u0662.\u0665\u0660", "\uff11\uff12.50", "\u00b2.00", "12.50\u00a0", "\u200912.50",
     "12.50\n1", "12.50\x00"],
)  # fmt: skip
def test_any_other_form_is_refused(text: str) -> None:
    """Signs, separators, other counts of digits, digits and spaces that are not ASCII."""
    with pytest.raises(ValueError, match="amount: expected"):
        from_wire(text)


@given(st.text())
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    """Nothing but ValueError comes out of what a stranger wrote."""
    with suppress(ValueError):
        assert 0 <= from_wire(text) <= MAX_CENTS


def test_a_million_zeros_are_refused_or_read_without_delay() -> None:
    """The pattern never goes back over the zeros."""
    assert from_wire("0" * 1_000_000 + "1.00") == 100
    with pytest.raises(ValueError, match="amount: expected"):
        from_wire("0" * 1_000_000)
