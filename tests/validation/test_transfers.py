"""The transfers of a position: where each goes, what is a stamp, and what they sum to."""

from typing import Any

import pytest

from gpd_soap.validation.finding import FieldError
from tests.validation.bodies import BANK, HASH, POSTAL, STAMP, body, changed, option, share
from tests.validation.checking import errors, taken, warnings


@pytest.mark.parametrize("field", ["iban", "postalIban"])
@pytest.mark.parametrize(
    ("iban", "rule", "expected"),
    [
        ("IT60X0542811101000000123457", "iban-checksum", "an IBAN whose check digits are right"),
        ("IT83X0760103200000000123456", "iban-checksum", "an IBAN whose check digits are right"),
        (
            "it60x0542811101000000123456",
            "iban",
            "an IBAN: 2 capital letters, 2 digits, 11 to 30 capital letters or digits",
        ),
        ("IT60X054281110100000012345", "iban", "27 characters for an Italian IBAN, found 26"),
        ("", "iban", "an IBAN: 2 capital letters, 2 digits, 11 to 30 capital letters or digits"),
    ],
)
def test_an_account_that_cannot_be_credited_is_refused(
    field: str, iban: str, rule: str, expected: str
):
    """By shape, Italian length or checksum."""
    refused = errors(changed(body(), f"paymentOption.0.transfer.0.{field}", iban))

    assert refused == (FieldError(f"paymentOption[0].transfer[0].{field}", rule, expected),)


@pytest.mark.parametrize(
    "accounts",
    [{"iban": BANK}, {"iban": BANK, "postalIban": POSTAL}, {"iban": None, "postalIban": POSTAL},
     {"iban": None, "stamp": STAMP}, {"iban": "DE89370400440532013000"}],
)  # fmt: skip
def test_a_share_goes_to_a_bank_to_the_post_to_either_or_for_a_stamp(accounts: dict[str, Any]):
    """The five ways; a postal account needs no bank's."""
    assert errors(body(option(1, share(**accounts)))) == ()


@pytest.mark.parametrize(
    "accounts",
    [{"iban": None}, {"stamp": STAMP}, {"iban": None, "postalIban": POSTAL, "stamp": STAMP}],
)
def test_a_share_that_goes_nowhere_or_both_ways_is_refused(accounts: dict[str, Any]):
    """The contract has one choice: account or stamp."""
    expected = FieldError(
        "paymentOption[0].transfer[0]", "account-or-stamp", "an IBAN, or a stamp alone"
    )

    assert errors(body(option(1, share(**accounts)))) == (expected,)


@pytest.mark.parametrize(
    ("field", "value", "rule", "expected"),
    [
        ("stampType", "02", "choice", "'01'"),
        ("provincialResidence", "rm", "province", "2 capital letters"),
        ("provincialResidence", "ROM", "province", "2 capital letters"),
        ("hashDocument", "abc", "length", "a length of at least 4"),
        ("hashDocument", "A" * 76, "length", "a length of at most 72"),
        ("hashDocument", "abcde", "base64", "base64 text"),
        ("hashDocument", "ab\ncd=", "base64", "base64 text"),
        ("hashDocument", "YR==", "base64", "base64 text"),
        ("hashDocument", "èèèè", "base64", "base64 text"),
    ],
)
def test_a_stamp_is_as_the_contract_wants_it(field: str, value: str, rule: str, expected: str):
    """Type 01, a province, and base64 that is written in the one way."""
    content = body(option(1, share(iban=None, stamp={**STAMP, field: value})))

    assert errors(content) == (
        FieldError(f"paymentOption[0].transfer[0].stamp.{field}", rule, expected),
    )


@pytest.mark.parametrize("value", ["A" * 4, "A" * 72, HASH])
def test_a_hash_of_four_to_seventy_two_characters_is_taken(value: str):
    """The limits themselves pass."""
    assert errors(body(option(1, share(iban=None, stamp={**STAMP, "hashDocument": value})))) == ()


@pytest.mark.parametrize("value", ["0", "6", "01", 1])
def test_a_transfer_is_named_by_a_digit_from_one_to_five(value: object):
    """As text, as GPD has it."""
    content = changed(body(), "paymentOption.0.transfer.0.idTransfer", value)
    expected = "'1', '2', '3', '4' or '5'"

    assert errors(content) == (
        FieldError("paymentOption[0].transfer[0].idTransfer", "choice", expected),
    )


def test_transfers_have_different_ids_and_one_of_them_is_the_first():
    """Of two alike the second is refused; without a first nothing can be postal."""
    again = errors(body(option(1, share(1), share(1))))
    none = errors(body(option(1, share(2), share(3))))

    assert again == (
        FieldError(
            "paymentOption[0].transfer[1].idTransfer",
            "duplicate",
            "an id that no other transfer has",
        ),
    )
    assert none == (
        FieldError(
            "paymentOption[0].transfer", "first-transfer", 'a transfer whose idTransfer is "1"'
        ),
    )


def test_transfers_may_come_in_any_order():
    """Their ids say which is which."""
    assert [t.number for t in taken(body(option(1, share(2), share(1)))).options[0].transfers] == [
        2,
        1,
    ]


def test_transfers_sum_to_the_amount():
    """A cent more or less is refused."""
    expected = FieldError("paymentOption[0].amount", "sum", "the sum of the transfers' amounts")

    assert errors(body(option(1, share(), amount=999))) == (expected,)
    assert errors(body(option(1, share(), amount=1001))) == (expected,)


@pytest.mark.parametrize("code", ["7777777777", "777777777777", "7777777777A", "", "\u0667" * 11])
def test_a_beneficiary_is_named_by_eleven_digits(code: str):
    """ASCII ones."""
    content = changed(body(), "paymentOption.0.transfer.0.organizationFiscalCode", code)
    field = "paymentOption[0].transfer[0].organizationFiscalCode"

    assert errors(content) == (FieldError(field, "organization-code", "11 digits"),)


def test_a_postal_account_of_a_bank_warns():
    """It is a good IBAN, but perhaps in the wrong place."""
    content = body(option(1, share(iban=None, postalIban=BANK)))

    assert warnings(content) == (
        FieldError(
            "paymentOption[0].transfer[0].postalIban", "postal-iban", "an account of Poste Italiane"
        ),
    )
