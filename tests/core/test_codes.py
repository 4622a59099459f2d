"""Codes: what keeps a value out, what only warns, and that nothing personal is repeated."""

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

# The examples printed in the standards' own documentation.
BANK = "IT60X0542811101000000123456"
BRITISH = "GB82WEST12345698765432"

# Invented: nobody is called A, L or Z; the check letters were computed by hand.
PERSONS = ["AAAAAA00A00A000I", "AAAAAA00A00A00LL", "ZZZZZZ99H70Z999P"]
COMPANIES = ["00000000000", "12345678903"]


def italian(bban: str) -> str:
    """Make an Italian IBAN with a right checksum for any 23 characters."""
    number = "".join(str(int(c, 36)) for c in bban + "IT")
    return f"IT{98 - int(number + '00') % 97:02d}{bban}"


def mistyped(text: str, place: int, step: int) -> str:
    """Change one digit of a text."""
    return text[:place] + str((int(text[place]) + step) % 10) + text[place + 1 :]


POSTAL = italian("A0760100000000000000000")


@pytest.mark.parametrize("iban", [BANK, BRITISH, POSTAL, italian("Z9999999999ABCDEFGHIJKL")])
def test_a_good_iban_is_let_in(iban: str) -> None:
    """Italian or not, with letters in the account or not."""
    assert problem_with_iban(iban) is None


@given(st.integers(2, 26).filter(lambda n: n != 4), st.integers(1, 9))
def test_one_mistyped_digit_of_an_iban_is_noticed(place: int, step: int) -> None:
    """Modulo 97 tells it, and the answer does not say how to mend the checksum."""
    assert problem_with_iban(mistyped(BANK, place, step)) == (
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
def test_an_iban_of_the_wrong_shape_is_kept_out(iban: str, problem: str) -> None:
    """Characters, length and, for Italy, the places of CIN, ABI and CAB."""
    assert problem in str(problem_with_iban(iban))


def test_checksums_outside_02_to_98_are_kept_out() -> None:
    """Modulo 97 alone would take 01 for 98 and 99 for 02."""
    right = next(italian(f"A{n:022d}") for n in range(999) if italian(f"A{n:022d}")[2:4] == "98")
    assert problem_with_iban(right) is None
    assert problem_with_iban("IT01" + right[4:]) is not None


def test_a_postal_account_is_an_italian_iban_of_poste_italiane() -> None:
    """ABI 07601 in its place, and nowhere else."""
    assert is_postal_iban(POSTAL)
    assert not is_postal_iban(BANK)
    assert not is_postal_iban(italian("A0542807601000000000000"))
    assert not is_postal_iban("SM" + POSTAL[2:])
    assert not is_postal_iban(POSTAL[:-1])


@pytest.mark.parametrize("code", ["77777777777", "00000000000"])
def test_an_organization_code_has_eleven_digits(code: str) -> None:
    """The usual test organization is let in, its check digit being wrong."""
    assert problem_with_fiscal_code_pa(code) is None


@pytest.mark.parametrize(
    "code", ["", "7777777777", "777777777777", "7777777777a", "77777777777\n", "\u0667" * 11]
)
def test_anything_else_is_no_organization_code(code: str) -> None:
    """Ten, twelve, letters, white space, digits that are not ASCII."""
    assert problem_with_fiscal_code_pa(code) == "expected 11 digits"


@pytest.mark.parametrize("code", [*PERSONS, *COMPANIES, "ANONIMO"])
def test_a_good_fiscal_code_gives_no_warning(code: str) -> None:
    """A person's (also with omocodia), a company's, and the word for a debtor not known."""
    assert warning_for_fiscal_code(code) is None


@pytest.mark.parametrize("code", PERSONS)
@given(letter=st.sampled_from(ascii_uppercase), place=st.sampled_from([*range(6), 15]))
def test_one_mistyped_letter_of_a_person_is_warned_of(code: str, letter: str, place: int) -> None:
    """Every letter counts differently in its place."""
    other = code[:place] + letter + code[place + 1 :]
    assert (warning_for_fiscal_code(other) is None) == (other == code)


@pytest.mark.parametrize("code", PERSONS[::2])
@given(place=st.sampled_from([6, 7, 9, 10, 12, 13, 14]), step=st.integers(1, 9))
def test_one_mistyped_digit_of_a_person_is_warned_of(code: str, place: int, step: int) -> None:
    """Every digit counts differently in its place."""
    other = mistyped(code, place, step)
    assert warning_for_fiscal_code(other) == "the check letter does not match"


@given(st.sampled_from(COMPANIES), st.integers(0, 10), st.integers(1, 9))
def test_one_mistyped_digit_of_a_company_is_warned_of(code: str, place: int, step: int) -> None:
    """Luhn's digit tells any single wrong one."""
    assert warning_for_fiscal_code(mistyped(code, place, step)) == "the check digit does not match"


@pytest.mark.parametrize("code", ["77777777777", "", "AA", PERSONS[0].lower(), "AAAAAA00I00A000I"])
def test_a_doubtful_code_only_warns_and_is_not_repeated(code: str) -> None:
    """The usual test organization, shapes of nothing, small letters, a month that is none."""
    warning = warning_for_fiscal_code(code)
    assert warning
    assert not code or code not in warning


@pytest.mark.parametrize("code", ["0101002IM", "9/0101002IM/", "9/0101100IM", "x", "y" * 140])
def test_a_taxonomy_code_of_any_usual_shape_is_let_in(code: str) -> None:
    """Bare or between slashes, and whatever else transferCategory can carry."""
    assert problem_with_taxonomy(code) is None


@pytest.mark.parametrize(
    "code", ["", " ", "y" * 141, " 0101002IM", "0101002IM ", "01\n02", "0\x00"]
)
def test_a_taxonomy_code_that_no_message_can_carry_is_kept_out(code: str) -> None:
    """Empty, too long, spaces at the ends, control characters."""
    assert str(problem_with_taxonomy(code)).startswith("expected")


def test_a_country_is_one_of_the_249_of_the_standard() -> None:
    """Capitals, two letters, and assigned."""
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert problem_with_country("IT") is None
    for code in ("", "it", "ITA", "XX", "ZZ", "EU", "UK", "IT "):
        assert problem_with_country(code)


@pytest.mark.parametrize(
    "address", ["a@b", "nobody@example.invalid", "a.b+c_d-e@x-y.example", "a@b." + "c" * 252]
)
def test_an_address_of_the_contracts_pattern_is_let_in(address: str) -> None:
    """Up to 256 characters; the domain needs no point."""
    assert problem_with_email(address) is None


@pytest.mark.parametrize(
    "address",
    ["", "@", "a@", "@b", "a b@c", "a@b.", "a@b..c", "a@b_c", "prova%example.invalid", "a@b@c",
     "\u00e8@example.invalid", "a@b\n", "a@b." + "c" * 253],
)  # fmt: skip
def test_any_other_address_is_kept_out(address: str) -> None:
    """What stEMail refuses would spoil a whole answer."""
    assert str(problem_with_email(address)).startswith("expected")


@given(st.text())
def test_any_text_is_judged_without_a_crash(text: str) -> None:
    """Import reads what strangers wrote."""
    for judge in (
        problem_with_iban, problem_with_fiscal_code_pa, warning_for_fiscal_code,
        problem_with_taxonomy, problem_with_country, problem_with_email, is_postal_iban,
    ):  # fmt: skip
        judge(text)
