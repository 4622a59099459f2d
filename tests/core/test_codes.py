"""Codes: which values are refused, which only warn, and that no text repeats a value."""

from __future__ import annotations

from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.codes import (
    COUNTRIES,
    is_postal_iban,
    problem_with_country,
    problem_with_email,
    problem_with_fiscal_code_pa,
    problem_with_iban,
    problem_with_taxonomy,
    warning_for_fiscal_code,
)

# The examples in the documentation of the standards.
BANK = "IT60X0542811101000000123456"
BRITISH = "GB82WEST12345698765432"

# Invented codes of no person; the check letters were computed by hand.
PERSONS = ["AAAAAA00A00A000I", "AAAAAA00A00A00LL", "ZZZZZZ99H70Z999P"]
COMPANIES = ["00000000000", "12345678903"]


def italian(bban: str) -> str:
    """Return an Italian IBAN with a right checksum for any 23 characters."""
    number = "".join(str(int(c, 36)) for c in bban + "IT")
    return f"IT{98 - int(number + '00') % 97:02d}{bban}"


def mistyped(text: str, index: int, step: int) -> str:
    """Return a text with one digit changed."""
    return text[:index] + str((int(text[index]) + step) % 10) + text[index + 1 :]


POSTAL = italian("A0760100000000000000000")


@pytest.mark.parametrize("iban", [BANK, BRITISH, POSTAL, italian("Z9999999999ABCDEFGHIJKL")])
def test_valid_iban_is_accepted(iban: str) -> None:
    """An Italian or foreign IBAN is accepted, with or without letters in the account."""
    assert problem_with_iban(iban) is None


@given(st.integers(2, 26).filter(lambda n: n != 4), st.integers(1, 9))
def test_iban_with_one_wrong_digit_is_refused(index: int, step: int) -> None:
    """Modulo 97 finds one wrong digit, and the text does not give the right checksum."""
    assert problem_with_iban(mistyped(BANK, index, step)) == (
        "the checksum of the IBAN (mod 97) does not match"
    )


@pytest.mark.parametrize(
    ("iban", "problem"),
    [("", "expected an IBAN"), (BANK.lower(), "capital"), ("IT60 X054 2811 1010", "capital"),
     (BANK + "\n", "capital"), ("\uff29T60X0542811101000000123456", "capital"),
     ("IT60X05428111010000001234567890123456", "capital"),
     (BANK[:-1], "27 characters for an Italian IBAN, found 26"), (BANK + "0", "found 28"),
     ("IT0000000000000000000000000", "a letter"), ("IT60X05428A1101000000123456", "10 digits")],
)  # fmt: skip
def test_iban_of_wrong_shape_is_refused(iban: str, problem: str) -> None:
    """The text names what is wrong: characters, length, or the Italian CIN, ABI and CAB."""
    assert problem in str(problem_with_iban(iban))


def test_iban_checksum_outside_02_to_98_is_refused() -> None:
    """Modulo 97 alone would accept 01 for 98 and 99 for 02."""
    right = next(italian(f"A{n:022d}") for n in range(999) if italian(f"A{n:022d}")[2:4] == "98")
    assert problem_with_iban(right) is None
    assert problem_with_iban("IT01" + right[4:]) is not None


def test_only_italian_iban_with_abi_07601_is_postal() -> None:
    """The code 07601 counts only as the ABI of an Italian IBAN of the right length."""
    assert is_postal_iban(POSTAL)
    assert not is_postal_iban(BANK)
    assert not is_postal_iban(italian("A0542807601000000000000"))
    assert not is_postal_iban("SM" + POSTAL[2:])
    assert not is_postal_iban(POSTAL[:-1])


@pytest.mark.parametrize("code", ["77777777777", "00000000000"])
def test_organization_code_of_eleven_digits_is_accepted(code: str) -> None:
    """The usual test organization is accepted although its check digit is wrong."""
    assert problem_with_fiscal_code_pa(code) is None


@pytest.mark.parametrize(
    "code", ["", "7777777777", "777777777777", "7777777777a", "77777777777\n", "\u0667" * 11]
)
def test_organization_code_of_other_shape_is_refused(code: str) -> None:
    """Other lengths, letters, white space and digits outside ASCII are refused."""
    assert problem_with_fiscal_code_pa(code) == "expected 11 digits"


@pytest.mark.parametrize("code", [*PERSONS, *COMPANIES, "ANONIMO"])
def test_valid_fiscal_code_gives_no_warning(code: str) -> None:
    """A person's code (also with omocodia), a company's, and ANONIMO give no warning."""
    assert warning_for_fiscal_code(code) is None


@pytest.mark.parametrize("code", PERSONS)
@given(letter=st.sampled_from(ascii_uppercase), index=st.sampled_from([*range(6), 15]))
def test_person_code_with_one_wrong_letter_is_warned_of(code: str, letter: str, index: int) -> None:
    """The check letter depends on every letter and its index."""
    other = code[:index] + letter + code[index + 1 :]
    assert (warning_for_fiscal_code(other) is None) == (other == code)


@pytest.mark.parametrize("code", PERSONS[::2])
@given(index=st.sampled_from([6, 7, 9, 10, 12, 13, 14]), step=st.integers(1, 9))
def test_person_code_with_one_wrong_digit_is_warned_of(code: str, index: int, step: int) -> None:
    """The check letter depends on every digit and its index."""
    other = mistyped(code, index, step)
    assert warning_for_fiscal_code(other) == "a code whose check letter is right"


@given(st.sampled_from(COMPANIES), st.integers(0, 10), st.integers(1, 9))
def test_company_code_with_one_wrong_digit_is_warned_of(code: str, index: int, step: int) -> None:
    """Luhn's check digit finds one wrong digit."""
    warning = warning_for_fiscal_code(mistyped(code, index, step))
    assert warning == "a code whose check digit is right"


@pytest.mark.parametrize("code", ["77777777777", "", "AA", PERSONS[0].lower(), "AAAAAA00I00A000I"])
def test_doubtful_fiscal_code_is_warned_of_without_its_text(code: str) -> None:
    """Test organizations and unknown shapes only warn, and the warning does not repeat them."""
    warning = warning_for_fiscal_code(code)
    assert warning
    assert not code or code not in warning


@pytest.mark.parametrize("code", ["0101002IM", "9/0101002IM/", "9/0101100IM", "x", "y" * 140])
def test_taxonomy_code_of_usual_shape_is_accepted(code: str) -> None:
    """A code is accepted with and without slashes, up to the length of transferCategory."""
    assert problem_with_taxonomy(code) is None


@pytest.mark.parametrize(
    "code", ["", " ", "y" * 141, " 0101002IM", "0101002IM ", "01\n02", "0\x00"]
)
def test_taxonomy_code_that_no_message_can_carry_is_refused(code: str) -> None:
    """Empty and too long codes, spaces at the ends and control characters are refused."""
    assert str(problem_with_taxonomy(code)).startswith("expected")


def test_only_assigned_country_codes_are_accepted() -> None:
    """A country is one of the 249 assigned codes of two capital letters."""
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert problem_with_country("IT") is None
    for code in ("", "it", "ITA", "XX", "ZZ", "EU", "UK", "IT "):
        assert problem_with_country(code)


@pytest.mark.parametrize(
    "address", ["a@b", "nobody@example.invalid", "a.b+c_d-e@x-y.example", "a@b." + "c" * 252]
)
def test_email_of_the_contracts_pattern_is_accepted(address: str) -> None:
    """An address has up to 256 characters, and its domain needs no point."""
    assert problem_with_email(address) is None


@pytest.mark.parametrize(
    "address",
    ["", "@", "a@", "@b", "a b@c", "a@b.", "a@b..c", "a@b_c", "prova%example.invalid", "a@b@c",
     "\u00e8@example.invalid", "a@b\n", "a@b." + "c" * 253],
)  # fmt: skip
def test_email_of_other_pattern_is_refused(address: str) -> None:
    """An address that stEMail refuses would make a whole answer invalid."""
    assert str(problem_with_email(address)).startswith("expected")


@given(st.text())
def test_any_text_is_checked_without_an_exception(text: str) -> None:
    """No check raises, whatever text an import gives it."""
    for check in (
        problem_with_iban, problem_with_fiscal_code_pa, warning_for_fiscal_code,
        problem_with_taxonomy, problem_with_country, problem_with_email, is_postal_iban,
    ):  # fmt: skip
        check(text)
