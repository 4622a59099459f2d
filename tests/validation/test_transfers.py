"""The transfers of a position: accounts, stamps, ids and their sum."""

from typing import Any

import pytest

from gpd_soap.validation.finding import FieldError
from tests.validation.bodies import BANK, HASH, POSTAL, STAMP, body, changed, option, transfer
from tests.validation.checking import converted, errors, warnings


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
def test_invalid_iban_is_refused(field: str, iban: str, rule: str, expected: str):
    """Its form, its Italian length or its check digits are wrong."""
    refused = errors(changed(body(), f"paymentOption.0.transfer.0.{field}", iban))

    assert refused == (FieldError(f"paymentOption[0].transfer[0].{field}", rule, expected),)


@pytest.mark.parametrize(
    "accounts",
    [{"iban": BANK}, {"iban": BANK, "postalIban": POSTAL}, {"iban": None, "postalIban": POSTAL},
     {"iban": None, "stamp": STAMP}, {"iban": "DE89370400440532013000"}],
)  # fmt: skip
def test_transfer_to_a_bank_a_postal_account_or_for_a_stamp_is_accepted(accounts: dict[str, Any]):
    """A postal account needs no bank account."""
    assert errors(body(option(1, transfer(**accounts)))) == ()


@pytest.mark.parametrize(
    "accounts",
    [{"iban": None}, {"stamp": STAMP}, {"iban": None, "postalIban": POSTAL, "stamp": STAMP}],
)
def test_transfer_without_or_with_both_account_and_stamp_is_refused(accounts: dict[str, Any]):
    """The schema has a choice of one of them."""
    expected = FieldError(
        "paymentOption[0].transfer[0]", "account-or-stamp", "an IBAN, or a stamp alone"
    )

    assert errors(body(option(1, transfer(**accounts)))) == (expected,)


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
def test_invalid_stamp_is_refused(field: str, value: str, rule: str, expected: str):
    """The type is 01, the province two letters, and the hash canonical base64."""
    content = body(option(1, transfer(iban=None, stamp={**STAMP, field: value})))

    assert errors(content) == (
        FieldError(f"paymentOption[0].transfer[0].stamp.{field}", rule, expected),
    )


@pytest.mark.parametrize("value", ["A" * 4, "A" * 72, HASH])
def test_hash_at_the_length_limits_is_accepted(value: str):
    """The limits are 4 and 72 characters."""
    assert (
        errors(body(option(1, transfer(iban=None, stamp={**STAMP, "hashDocument": value})))) == ()
    )


@pytest.mark.parametrize("value", ["0", "6", "01", 6, 1.0])
def test_transfer_id_that_is_no_digit_from_1_to_5_is_refused(value: object):
    """GPD takes the digit as a text or as a number."""
    content = changed(body(), "paymentOption.0.transfer.0.idTransfer", value)
    expected = "'1', '2', '3', '4' or '5'"

    assert errors(content) == (
        FieldError("paymentOption[0].transfer[0].idTransfer", "choice", expected),
    )


def test_repeated_transfer_id_or_missing_first_transfer_is_refused():
    """Without transfer 1, no payment to a postal account is possible."""
    again = errors(body(option(1, transfer(1), transfer(1))))
    none = errors(body(option(1, transfer(2), transfer(3))))

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


def test_transfers_in_another_order_are_accepted():
    """Their ids number them."""
    position = converted(body(option(1, transfer(2), transfer(1))))

    assert [transfer.number for transfer in position.options[0].transfers] == [2, 1]


def test_transfers_that_do_not_sum_to_the_amount_are_refused():
    """The sum is one cent more or less."""
    expected = FieldError("paymentOption[0].amount", "sum", "the sum of the transfers' amounts")

    assert errors(body(option(1, transfer(), amount=999))) == (expected,)
    assert errors(body(option(1, transfer(), amount=1001))) == (expected,)


@pytest.mark.parametrize("code", ["7777777777", "777777777777", "7777777777A", "", "\u0667" * 11])
def test_beneficiary_code_without_eleven_digits_is_refused(code: str):
    """The digits are ASCII."""
    content = changed(body(), "paymentOption.0.transfer.0.organizationFiscalCode", code)
    field = "paymentOption[0].transfer[0].organizationFiscalCode"

    assert errors(content) == (FieldError(field, "organization-code", "11 digits"),)


def test_bank_account_as_postal_account_warns():
    """The IBAN is valid, but perhaps in the wrong field."""
    content = body(option(1, transfer(iban=None, postalIban=BANK)))

    assert warnings(content) == (
        FieldError(
            "paymentOption[0].transfer[0].postalIban", "postal-iban", "an account of Poste Italiane"
        ),
    )
