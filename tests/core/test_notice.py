"""Notice numbers: the four layouts and the check digits, on import and in requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.notice import (
    PROBE,
    NoticeNumber,
    check_digits,
    issue,
    nav_of_iuv,
    number_warnings,
    problem_with_iuv,
    problem_with_nav,
)


def digits(length: int) -> st.SearchStrategy[str]:
    """Return a strategy of texts of that many digits."""
    return st.text("0123456789", min_size=length, max_size=length)


serials = st.integers(0, 10**13 - 1)

NOT_EIGHTEEN_DIGITS = [
    "", "30112345678901231", "3011234567890123160", "30112345678901231x", " 30112345678901231",
    "301123456789012316\n", "+01123456789012316", "\u0663" + "0" * 17, "\u00b2" + "0" * 17,
]  # fmt: skip


@pytest.mark.parametrize(
    ("sixteen", "two"),
    [("3011234567890123", "16"), ("3000000000000001", "04"), ("3470000000000001", "24"),
     ("0121234567890123", "81"), ("2123456789012345", "44")],
)  # fmt: skip
def test_check_digits_are_the_first_16_digits_modulo_93(sixteen: str, two: str) -> None:
    """The examples of SACI cover each layout that has check digits."""
    assert check_digits(sixteen) == two
    assert problem_with_nav(sixteen + two) is None


@pytest.mark.parametrize(
    ("nav", "aux", "iuv", "segregation"),
    [("301123456789012316", 3, "01123456789012316", "01"),
     ("300000000000000104", 3, "00000000000000104", "00"),
     ("347000000000000124", 3, "47000000000000124", "47"),
     ("012123456789012381", 0, "123456789012381", None),
     ("112345678901234567", 1, "12345678901234567", None),
     ("212345678901234544", 2, "12345678901234544", None)],
)  # fmt: skip
def test_aux_digit_determines_iuv_and_segregation_code(
    nav: str, aux: int, iuv: str, segregation: str | None
) -> None:
    """Each of the four layouts gives its IUV, and only aux digit 3 a segregation code."""
    number = NoticeNumber(nav)
    assert (number.aux_digit, number.iuv, number.segregation_code) == (aux, iuv, segregation)


@given(digits(2), serials)
def test_issued_number_passes_the_checks_of_import(segregation: str, serial: int) -> None:
    """An issued number gives back its parts, and its IUV gives back the number."""
    number = issue(segregation, serial)
    assert problem_with_nav(number.nav) is None
    assert problem_with_iuv(number.iuv) is None
    assert nav_of_iuv(number.iuv) == number.nav
    assert (number.aux_digit, number.segregation_code) == (3, segregation)
    assert int(number.iuv[2:15]) == serial


@given(digits(2), serials, serials)
def test_different_serials_give_different_numbers(segregation: str, one: int, other: int) -> None:
    """Two issued numbers are equal only if their serials are."""
    assert (issue(segregation, one) == issue(segregation, other)) == (one == other)


def test_issued_number_has_the_layout_of_aux_digit_3() -> None:
    """Segregation codes 01, 00 and 47, and the last serial, give these numbers."""
    assert issue("01", 1234567890123).nav == "301123456789012316"
    assert issue("00", 1).nav == "300000000000000104"
    assert issue("47", 1).nav == "347000000000000124"
    assert issue("99", 10**13 - 1).nav[:16] == "3999999999999999"


@pytest.mark.parametrize(
    ("segregation", "serial"),
    [("1", 1), ("001", 1), ("", 1), ("a1", 1), ("\u0660\u0661", 1), ("01", -1), ("01", 10**13)],
)
def test_number_with_a_part_that_does_not_fit_is_not_issued(segregation: str, serial: int) -> None:
    """A malformed segregation code and a serial out of range raise ValueError."""
    with pytest.raises(ValueError, match="expected"):
        issue(segregation, serial)


@given(digits(18))
def test_any_eighteen_digits_are_a_notice_number(nav: str) -> None:
    """A request may name any aux digit and any check digits."""
    number = NoticeNumber(nav)
    assert nav.endswith(number.iuv)
    assert len(number.iuv) == (15 if number.aux_digit == 0 else 17)


@pytest.mark.parametrize("text", NOT_EIGHTEEN_DIGITS)
def test_text_that_is_not_eighteen_digits_is_refused(text: str) -> None:
    """Other lengths and digits outside ASCII are refused in a request and on import."""
    with pytest.raises(ValueError, match="expected 18 digits"):
        NoticeNumber(text)
    assert problem_with_nav(text) == "expected 18 digits"


@given(digits(2), serials, st.integers(1, 17), st.integers(1, 9))
def test_number_with_one_wrong_digit_is_not_imported(
    segregation: str, serial: int, index: int, step: int
) -> None:
    """Modulo 93 finds one wrong digit."""
    nav = issue(segregation, serial).nav
    wrong = nav[:index] + str((int(nav[index]) + step) % 10) + nav[index + 1 :]
    assert "check digits" in str(problem_with_nav(wrong))
    assert "check digits" in str(problem_with_iuv(wrong[1:]))


@given(digits(17))
def test_number_with_aux_digit_1_needs_no_check_digits(iuv: str) -> None:
    """Any 17 digits may follow a 1."""
    assert problem_with_nav("1" + iuv) is None


@given(st.sampled_from("456789"), digits(17))
def test_number_with_aux_digit_above_3_is_not_imported(aux: str, rest: str) -> None:
    """Only 0 to 3 have a layout."""
    assert problem_with_nav(aux + rest) == f"aux digit 0, 1, 2 or 3 expected, found {aux}"


def test_problem_with_check_digits_names_the_right_ones() -> None:
    """The number of the Node's own tests, 311111111112222222, is refused too."""
    assert problem_with_nav("301123456789012317") == "check digits 16 expected, found 17"
    assert problem_with_iuv("01123456789012317") == "check digits 16 expected, found 17"
    assert problem_with_nav("311111111112222222") is not None


def test_number_of_the_probe_is_not_imported() -> None:
    """Eighteen zeros must stay unknown, or the station would never leave Stand In."""
    assert check_digits(PROBE[:16]) == PROBE[16:]
    assert "probe" in str(problem_with_nav(PROBE))
    assert NoticeNumber(PROBE).aux_digit == 0


@pytest.mark.parametrize("iuv", ["", "123456789012381", "0112345678901231x", "0" * 18])
def test_iuv_without_number_and_without_17_digits_is_refused(iuv: str) -> None:
    """The 15 digits of aux digit 0 lack the application code, so they give no notice number."""
    assert problem_with_iuv(iuv) == "expected 17 digits"
    with pytest.raises(ValueError, match="expected 17 digits"):
        nav_of_iuv(iuv)


@pytest.mark.parametrize("head", ["", "301123456789012", "30112345678901234", "301123456789012x"])
def test_check_digits_of_other_than_16_digits_are_refused(head: str) -> None:
    """Fifteen and seventeen digits and a letter raise ValueError."""
    with pytest.raises(ValueError, match="first 16 digits"):
        check_digits(head)


@pytest.mark.parametrize(
    ("nav", "iuv", "rules"),
    [
        ("301123456789012316", "01123456789012316", []),
        ("301123456789012316", None, []),
        ("301123456789012317", "01123456789012317", ["check-digits"]),
        ("301123456789012316", "01123456789012399", ["nav-iuv"]),
        ("901123456789012316", "1", ["aux-digit", "nav-iuv"]),
        ("012123456789012381", "123456789012381", []),
    ],
)
def test_number_warnings_name_the_broken_rules(nav: str, iuv: str | None, rules: list[str]):
    """A lenient import and a check of stored numbers report these rules."""
    assert [rule for rule, _ in number_warnings(nav, iuv)] == rules
