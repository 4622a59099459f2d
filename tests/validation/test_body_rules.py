"""Bodies of another shape, dates, and findings that come together."""

from datetime import UTC, datetime

import pytest

from gpd_soap.validation.finding import FieldError
from tests.validation.bodies import (
    BANK,
    ORGANIZATION,
    body,
    changed,
    option,
    transfer,
)
from tests.validation.checking import WRONG_NAV, converted, errors, warnings

ENTRY = {"key": "CHIAVE", "value": "valore"}


FULL = body(
    option(1, transfer(transferMetadata=[dict(ENTRY)]), paymentOptionMetadata=[ENTRY]),
    streetName="Via dell'Esempio",
)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (changed(body(), "cognome", "x"), "cognome"),
        (changed(body(), "paymentOption.0.lastPayment", True), "paymentOption[0].lastPayment"),
        (
            changed(body(), "paymentOption.0.transfer.0.IBAN", BANK),
            "paymentOption[0].transfer[0].IBAN",
        ),
        (changed(body(), "RSSMRA00A01A000K", "x"), "?"),
        (changed(body(), "x\x1b[31m", "x"), "?"),
        (changed(body(), "x" * 41, "x"), "?"),
    ],
)
def test_unknown_field_is_named_only_if_it_looks_like_a_name(content: object, field: str):
    """A typing error is shown, and a person's code in place of a name is not."""
    assert errors(content) == (FieldError(field, "unknown-field", "no field of this name"),)


def test_python_names_of_fields_are_refused():
    """Only the names of the JSON are accepted."""
    assert FieldError("full_name", "unknown-field", "no field of this name") in errors(
        body(full_name="Maria")
    )


@pytest.mark.parametrize("content", [None, [], "x", 1, True])
def test_body_that_is_no_object_is_refused(content: object):
    """The finding has no field."""
    assert errors(content) == (FieldError("", "type", "an object"),)


@pytest.mark.parametrize(
    ("field_path", "field", "value", "finding"),
    [
        ("paymentOption", "paymentOption", [], ("count", "at least 1")),
        ("paymentOption", "paymentOption", {}, ("type", "a list")),
        ("paymentOption", "paymentOption", [option()] * 1001, ("count", "at most 1000")),
        ("paymentOption.0", "paymentOption[0]", [], ("type", "an object")),
        ("paymentOption.0.transfer", "paymentOption[0].transfer", [], ("count", "at least 1")),
        (
            "paymentOption.0.transfer",
            "paymentOption[0].transfer",
            [transfer()] * 6,
            ("count", "at most 5"),
        ),
        (
            "paymentOption.0.paymentOptionMetadata",
            "paymentOption[0].paymentOptionMetadata",
            [ENTRY] * 11,
            ("count", "at most 10"),
        ),
        (
            "paymentOption.0.transfer.0.transferMetadata",
            "paymentOption[0].transfer[0].transferMetadata",
            [ENTRY] * 11,
            ("count", "at most 10"),
        ),
    ],
)
def test_list_of_another_length_is_refused(
    field_path: str, field: str, value: object, finding: tuple[str, str]
):
    """There are 1 to 1000 options, 1 to 5 transfers and at most 10 entries of metadata."""
    assert errors(changed(body(), field_path, value)) == (FieldError(field, *finding),)


def test_five_transfers_and_ten_entries_of_metadata_are_accepted():
    """The limits are inclusive."""
    entries = [{"key": f"K{number}", "value": "v"} for number in range(10)]
    both = [transfer(number, transferMetadata=entries) for number in range(1, 6)]

    assert len(converted(body(option(1, *both, paymentOptionMetadata=entries))).options) == 1


def test_null_metadata_is_accepted():
    """It is the same as none, as in GPD."""
    content = body(option(1, transfer(transferMetadata=[]), paymentOptionMetadata=[]))
    content = changed(content, "paymentOption.0.paymentOptionMetadata", None)
    content = changed(content, "paymentOption.0.transfer.0.transferMetadata", None)

    assert converted(content) == converted(body())


@pytest.mark.parametrize(
    ("field_path", "field"),
    [
        ("paymentOption.0.paymentOptionMetadata", "paymentOption[0].paymentOptionMetadata"),
        (
            "paymentOption.0.transfer.0.transferMetadata",
            "paymentOption[0].transfer[0].transferMetadata",
        ),
    ],
)
def test_repeated_or_reserved_metadata_key_is_refused(field_path: str, field: str):
    """The reserved key is GPD's own."""
    twice = errors(changed(body(), field_path, [ENTRY, ENTRY]))
    reserved = errors(changed(body(), field_path, [{"key": "NOTIFICATION_FEE", "value": "1"}]))

    assert twice == (FieldError(f"{field}[1].key", "duplicate", "a key that no other entry has"),)
    assert reserved == (
        FieldError(f"{field}[0].key", "reserved", "a key other than NOTIFICATION_FEE"),
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("nobody", "an e-mail address: name@domain"), ("a@b@c", "an e-mail address: name@domain"),
     ("a" * 250 + "@b.invalid", "at most 256 characters")],
)  # fmt: skip
def test_email_that_no_message_can_carry_is_refused(value: str, expected: str):
    """The pattern and the length are those of the schema."""
    assert errors(body(email=value)) == (FieldError("email", "email", expected),)


@pytest.mark.parametrize("value", ["it", "ITA", "XX"])
def test_country_outside_iso_3166_is_refused(value: str):
    """A country has two capital letters."""
    expected = "an ISO 3166-1 country: 2 capital letters"

    assert errors(body(country=value)) == (FieldError("country", "country", expected),)


def test_bare_due_date_includes_its_day_in_rome():
    """It does in winter and in summer; a date-time without a zone is in Rome."""
    winter = converted(body(option(1, dueDate="2026-12-31"))).options[0].due_at
    summer = converted(body(option(1, dueDate="2026-07-31T12:00:00"))).options[0].due_at
    elsewhere = converted(body(option(1, dueDate="2026-07-31T12:00:00.5Z"))).options[0].due_at

    assert winter == datetime(2026, 12, 31, 22, 59, 59, 999999, tzinfo=UTC)
    assert summer == datetime(2026, 7, 31, 10, tzinfo=UTC)
    assert elsewhere == datetime(2026, 7, 31, 12, 0, 0, 500000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "rule", "expected"),
    [
        (20260430, "type", "a date or a date-time, as text"),
        (None, "type", "a date or a date-time, as text"),
        ("30/04/2026", "date", "a date such as 2026-03-31"),
        ("2026-02-30", "date", "a day that exists, of the years 1 to 9999"),
        ("0026-04-30", "date", "a day of the years 1900 to 2999"),
        ("9999-12-31", "date", "a day of the years 1900 to 2999"),
        ("2026-04-30T25:00:00", "date", "a day and a time that exist, of the years 1 to 9999"),
        ("2026-04-30 10:00:00", "date", "a date such as 2026-03-31"),
        ("2026-04-30T10:00:00." + "1" * 100_000, "type", "a date or a date-time, as text"),
    ],
)
def test_invalid_due_date_is_refused(value: object, rule: str, expected: str):
    """The day must exist, in the form of ISO 8601 and in a plausible year."""
    content = changed(body(), "paymentOption.0.dueDate", value)

    assert errors(content) == (FieldError("paymentOption[0].dueDate", rule, expected),)


def test_dates_in_the_wrong_order_are_refused():
    """The order is validityDate, dueDate, retentionDate; they may be the same day."""
    same = body(option(1, retentionDate="2026-04-30"), validityDate="2026-04-30")
    early = body(option(1), validityDate="2026-05-01")
    short = body(option(1, retentionDate="2026-04-29"))

    assert errors(same) == ()
    assert errors(early) == (
        FieldError("paymentOption[0].dueDate", "due-before-validity", "not before validityDate"),
    )
    assert errors(short) == (
        FieldError("paymentOption[0].retentionDate", "retention-before-due", "not before dueDate"),
    )


def test_position_past_its_due_date_is_accepted():
    """Only the use cases that create and publish refuse it."""
    assert errors(body(option(1, dueDate="1999-12-31"))) == ()


def test_wrong_check_digits_of_fiscal_codes_only_warn():
    """The code of the position's own organization is not checked again."""
    content = body(
        option(1, transfer(1, organizationFiscalCode=ORGANIZATION),
               transfer(2, organizationFiscalCode="88888888888")),
        fiscalCode="RSSMRA00A01A000A",
    )  # fmt: skip

    assert warnings(content) == (
        FieldError("fiscalCode", "fiscal-code", "a code whose check letter is right"),
        FieldError(
            "paymentOption[0].transfer[1].organizationFiscalCode",
            "fiscal-code",
            "a code whose check digit is right",
        ),
    )
    assert warnings(body(fiscalCode="ANONIMO")) == ()


def test_all_findings_come_together_without_values():
    """Two wrong fields give two findings, and neither has the value."""
    content = body(
        option(1, transfer(iban="SEGRETO")), fullName="SEGRETO\x00", RSSMRA00A01A000K="SEGRETO"
    )
    refused = errors(content)

    assert [finding.field for finding in refused] == [
        "fullName",
        "paymentOption[0].transfer[0].iban",
        "?",
    ]
    assert "SEGRETO" not in str(refused)
    assert "RSSMRA" not in str(refused)


def test_findings_of_one_body_are_limited():
    """A body with a hundred thousand errors gets a hundred findings."""
    content = body(**{f"x{'y' * (number % 30)}{number}": 1 for number in range(100_000)})

    assert len(errors(content)) == 100


def test_findings_between_fields_come_together():
    """They are about the sum, ids, dates and numbers of one position."""
    content = body(
        option(1, transfer(1), transfer(1), amount=1, retentionDate="2026-01-01", nav=WRONG_NAV),
        validityDate="2027-01-01",
    )

    assert {finding.rule for finding in errors(content)} == {
        *("sum", "duplicate", "retention-before-due", "due-before-validity"),
        *("check-digits", "nav-iuv"),
    }
