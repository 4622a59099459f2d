"""Texts as slip and paper carry them: nothing is cut in silence, and any text is printable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.features.documents.cleaning import (
    SLIP_CHARACTERS,
    Change,
    is_printed,
    paper_change,
    slip_change,
    to_paper,
    to_slip,
)


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("D\u2019Angelo", "D'ANGELO"),
        ("Rossi \u2013 Bianchi", "ROSSI - BIANCHI"),
        ("«Casa» “mia”", " CASA   MIA "),
        ("Straße", "STRASSE"),
        ("Łódź Ødegård Đoković", "LODZ ODEGARD DOKOVIC"),
        ("12 €", "12 EUR"),
        ("a\tb\nc", "A B C"),
        ("ŉandú", " NANDU"),
        ("Χρήστος", 7 * " "),
        ("#panic()", " PANIC  "),
    ],
)
def test_slip_has_letters_that_the_counter_reads(text: str, slip: str):
    """Accents fall, signs become blanks, and the length counts after that."""
    assert to_slip(text, 20) == slip.ljust(20)


def test_text_is_cut_after_it_was_lengthened():
    """Forty sharp s make eighty letters, of which forty stay."""
    assert to_slip(40 * "ß", 40) == 40 * "S"


@given(st.text(max_size=200), st.integers(1, 120))
def test_slip_field_has_its_width_and_known_characters(text: str, width: int):
    """No text breaks the positions of the code."""
    field = to_slip(text, width)

    assert len(field) == width
    assert set(field) <= SLIP_CHARACTERS


@given(st.text(max_size=400), st.integers(10, 140))
def test_text_on_paper_is_printable_and_within_its_length(text: str, limit: int):
    """Every character of it is in our fonts."""
    shown = to_paper(text, limit)

    assert len(shown) <= limit
    assert all(map(is_printed, shown))
    assert shown == " ".join(shown.split())


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("Tassa sui rifiuti", 90, "Tassa sui rifiuti"),
        ("Tassa sui rifiuti urbani", 20, "Tassa sui rifiuti…"),
        ("Precipitevolissimevolmente", 10, "Precipite…"),
        ("Rossi\u202eMario\u200b", 70, "RossiMario"),
        ("a\x00b\x1bc", 70, "abc"),
        ("Nguyễn", 70, "Nguyen"),
        ("山田", 70, "??"),
        ("10\u00a0€", 70, "10 €"),
        (10_000 * "x", 90, 89 * "x" + "…"),
        ("№ 5", 70, "No 5"),
    ],
)
def test_text_on_paper_is_cut_after_a_word_without_invisible_characters(
    text: str, limit: int, shown: str
):
    """It is cut after a word, and invisible characters are left out."""
    assert to_paper(text, limit) == shown


def test_change_is_reported_with_both_texts():
    """What a reader of paper or slip cannot see is named; upper case alone is not."""
    assert slip_change("name", "Cinà", "CINA   ") == Change("name", "Cinà", "CINA")
    assert slip_change("name", "Rossi", "ROSSI  ") is None
    assert paper_change("name", "Rossi", "Rossi") is None
    assert paper_change("name", "Ros\x00si", "Rossi") == Change("name", "Ros\x00si", "Rossi")
