"""Notice numbers: the four layouts, the check digits, strict on import and lenient when asked."""

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
    """Draw any number of that many digits, written with its zeros."""
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
def test_check_digits_are_those_of_the_worked_examples(sixteen: str, two: str) -> None:
    """The examples of spec/pagopa-ec.md 4, one for each layout that has check digits."""
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
def test_a_notice_number_is_read_by_its_aux_digit(
    nav: str, aux: int, iuv: str, segregation: str | None
) -> None:
    """What the IUV is, and whether there is a segregation code, in the four layouts."""
    number = NoticeNumber(nav)
    assert (number.aux_digit, number.iuv, number.segregation_code) == (aux, iuv, segregation)


@given(digits(2), serials)
def test_every_number_we_issue_passes_our_own_import(segregation: str, serial: int) -> None:
    """Issue, take apart and put together again: nothing is lost, nothing is found wrong."""
    number = issue(segregation, serial)
    assert problem_with_nav(number.nav) is None
    assert problem_with_iuv(number.iuv) is None
    assert nav_of_iuv(number.iuv) == number.nav
    assert (number.aux_digit, number.segregation_code) == (3, segregation)
    assert int(number.iuv[2:15]) == serial


@given(digits(2), serials, serials)
def test_two_serials_never_give_one_number(segregation: str, one: int, other: int) -> None:
    """Serials are told apart by the number they are issued as."""
    assert (issue(segregation, one) == issue(segregation, other)) == (one == other)


def test_a_number_is_issued_as_in_the_worked_examples() -> None:
    """Segregation 01, 00 and 47 of spec/pagopa-ec.md 4, and the last serial of all."""
    assert issue("01", 1234567890123).nav == "301123456789012316"
    assert issue("00", 1).nav == "300000000000000104"
    assert issue("47", 1).nav == "347000000000000124"
    assert issue("99", 10**13 - 1).nav[:16] == "3999999999999999"


@pytest.mark.parametrize(
    ("segregation", "serial"),
    [("1", 1), ("001", 1), ("", 1), ("a1", 1), ("\u0660\u0661", 1), ("01", -1), ("01", 10**13)],
)
def test_a_part_that_does_not_fit_is_never_issued(segregation: str, serial: int) -> None:
    """A wrong segregation code, or a serial below zero or of 14 digits."""
    with pytest.raises(ValueError, match="expected"):
        issue(segregation, serial)


@given(digits(18))
def test_any_eighteen_digits_can_be_asked_for(nav: str) -> None:
    """Lenient when asked: no aux digit and no check digits stop the reading."""
    number = NoticeNumber(nav)
    assert nav.endswith(number.iuv)
    assert len(number.iuv) == (15 if number.aux_digit == 0 else 17)


@pytest.mark.parametrize("text", NOT_EIGHTEEN_DIGITS)
def test_what_is_not_eighteen_digits_is_no_notice_number(text: str) -> None:
    """Neither constructed nor imported, and digits that are not ASCII are no digits."""
    with pytest.raises(ValueError, match="expected 18 digits"):
        NoticeNumber(text)
    assert problem_with_nav(text) == "expected 18 digits"


@given(digits(2), serials, st.integers(1, 17), st.integers(1, 9))
def test_one_mistyped_digit_is_noticed_on_import(
    segregation: str, serial: int, place: int, step: int
) -> None:
    """Modulo 93 tells any single wrong digit."""
    nav = issue(segregation, serial).nav
    wrong = nav[:place] + str((int(nav[place]) + step) % 10) + nav[place + 1 :]
    assert "check digits" in str(problem_with_nav(wrong))
    assert "check digits" in str(problem_with_iuv(wrong[1:]))


@given(digits(17))
def test_aux_digit_one_has_no_check_digits_to_fail(iuv: str) -> None:
    """Any 17 digits may follow a 1."""
    assert problem_with_nav("1" + iuv) is None


@given(st.sampled_from("456789"), digits(17))
def test_an_aux_digit_without_a_layout_is_not_imported(aux: str, rest: str) -> None:
    """Only 0 to 3 have one."""
    assert problem_with_nav(aux + rest) == f"aux digit 0, 1, 2 or 3 expected, found {aux}"


def test_a_wrong_check_digit_is_told_with_the_right_one() -> None:
    """The number of the Node's own tests, 311111111112222222, is not one we would import."""
    assert problem_with_nav("301123456789012317") == "check digits 16 expected, found 17"
    assert problem_with_iuv("01123456789012317") == "check digits 16 expected, found 17"
    assert problem_with_nav("311111111112222222") is not None


def test_the_number_of_the_probe_is_never_imported_although_its_check_digits_are_right() -> None:
    """Eighteen zeros must stay unknown, or the station would never leave Stand In."""
    assert check_digits(PROBE[:16]) == PROBE[16:]
    assert "probe" in str(problem_with_nav(PROBE))
    assert NoticeNumber(PROBE).aux_digit == 0


@pytest.mark.parametrize("iuv", ["", "123456789012381", "0112345678901231x", "0" * 18])
def test_an_iuv_that_comes_alone_has_seventeen_digits(iuv: str) -> None:
    """The 15 digits of aux 0 lack the application code, so they make no notice number."""
    assert problem_with_iuv(iuv) == "expected 17 digits"
    with pytest.raises(ValueError, match="expected 17 digits"):
        nav_of_iuv(iuv)


@pytest.mark.parametrize("head", ["", "301123456789012", "30112345678901234", "301123456789012x"])
def test_check_digits_are_made_of_sixteen_digits_only(head: str) -> None:
    """Fifteen, seventeen or a letter are refused."""
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
def test_what_is_odd_of_a_number_is_told_by_rule(nav: str, iuv: str | None, rules: list[str]):
    """For an import that may let it pass, and for whoever looks at what is stored."""
    assert [rule for rule, _ in number_warnings(nav, iuv)] == rules
