"""What a text in a search box is taken for, and names without accents, case and blanks."""

import pytest

from gpd_soap.core.searching.folding import BASES, fold
from gpd_soap.core.searching.text_kinds import TextKind, readings

NAV, IUV = "347000000000000124", "47000000000000124"
OURS = "77777777777"
SLIP = f"codfase=NBPA;18{NAV}12000000123456100000010000389" + f"61P1{OURS}FRSSMRA00A01A000A"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (NAV, TextKind.NOTICE, NAV),
        ("3470 0000 0000 0001 24", TextKind.NOTICE, NAV),
        (" 347.000-000 000000124\n", TextKind.NOTICE, NAV),
        (IUV, TextKind.IUV, IUV),
        ("01 2345 6789 01234", TextKind.IUV, "012345678901234"),
        (OURS, TextKind.FISCAL_CODE, OURS),
        ("rssmra00a01a000a", TextKind.FISCAL_CODE, "RSSMRA00A01A000A"),
        ("RSS MRA 00A01 A000A", TextKind.FISCAL_CODE, "RSSMRA00A01A000A"),
        ("rssmramlampamlma", TextKind.FISCAL_CODE, "RSSMRAMLAMPAMLMA"),
        (f"q.{'0' * 64}", TextKind.CASE, f"q.{'0' * 64}"),
        ("TARI-2027-1", TextKind.IUPD, "TARI-2027-1"),
        ("rossi mar", TextKind.NAME, "rossi mar"),
        ("Œuvre Dœ", TextKind.NAME, "Œuvre Dœ"),
    ],
)
def test_text_is_taken_for_this_first(text: str, kind: TextKind, value: str):
    """The most likely reading comes first, with the value to look up."""
    first = readings(text)[0]

    assert (first.kind, first.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [f"PAGOPA|002|{NAV}|{OURS}|10000", f"pagopa|002|{NAV}|{OURS}|10000 ", SLIP, SLIP.upper()],
)
def test_scanned_code_is_a_notice_and_nothing_else(text: str):
    """Both codes of a printed notice name the organization too."""
    [only] = readings(text)

    assert (only.kind, only.value, only.organization) == (TextKind.NOTICE, NAV, OURS)


def test_text_without_blanks_can_be_a_position_a_receipt_and_a_name():
    """Each is looked up."""
    kinds = [reading.kind for reading in readings("ROSSI")]

    assert kinds == [TextKind.IUPD, TextKind.RECEIPT, TextKind.NAME]


@pytest.mark.parametrize("text", ["", "  ", "..", "x", "1234 5"])
def test_text_that_can_be_nothing_has_no_reading_of_a_notice(text: str):
    """Such a text is no number of ours."""
    assert [r for r in readings(text) if r.kind in (TextKind.NOTICE, TextKind.IUV)] == []


def test_wrong_check_digits_are_a_warning():
    """The number is looked up all the same."""
    [right], [wrong] = readings(NAV)[0].warnings or ["-"], readings(NAV[:-1] + "5")[0].warnings

    assert right == "-"
    assert "24" in wrong


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("D'Amicò  Zoë", "DAMICOZOE"),
        ("D\u2019AMICO'", "DAMICO"),
        ("Müller-Weiß", "MULLERWEISS"),
        ("Zoe\u0301", "ZOE"),
        ("Łukasz Đorđević", "LUKASZDORDEVIC"),
    ],
)
def test_name_is_folded(name: str, folded: str):
    """Accents, case, blanks, hyphens and apostrophes make no difference."""
    assert fold(name) == folded


def test_each_letter_with_an_accent_has_one_letter_without():
    """PostgreSQL translates one letter into one."""
    assert {len(each) for pair in BASES.items() for each in pair} == {1}
    assert len(BASES) > 150
