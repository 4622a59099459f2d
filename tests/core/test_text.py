"""Texts as they are taken: trimmed, normalized, without invisible characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.text import clean, invisible, spellings

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (" a b ", "a b"),
        ("\t\r\na\n", "a"),
        ("\u00a0a\u3000", "a"),
        (" \u00a0 ", ""),
        ("e\u0300", "è"),
        ("a\x1f", "a\x1f"),
        ("\u200ba", "\u200ba"),
        ("a\u2028", "a\u2028"),
    ],
)
def test_blanks_at_the_ends_are_dropped_and_letters_composed(text: str, cleaned: str):
    """A control or an invisible character is no blank, and is refused elsewhere."""
    assert clean(text) == cleaned


@given(texts)
def test_cleaned_text_stays_as_it_is(text: str):
    """It is in NFC, and so is every spelling of it."""
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert {clean(each) for each in spellings(cleaned)} == {cleaned}


@pytest.mark.parametrize(
    ("text", "code_point"),
    [
        ("Perù", None),
        ("\U0001f600", None),
        ("a b", None),
        ("a\u00adb", "U+00AD"),
        ("a\u200bb\u202e", "U+200B"),
        ("\u2029", "U+2029"),
        ("\u3164", "U+3164"),
        ("a\U000e0041", "U+E0041"),
        ("\u2764\ufe0f", "U+FE0F"),
    ],
)
def test_first_invisible_character_is_named_by_its_code_point(text: str, code_point: str | None):
    """Formats, separators, fillers and variation selectors have no glyph."""
    assert invisible(text) == code_point
