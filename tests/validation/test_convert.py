"""A position in GPD's JSON: accepted and refused values, and the converted position."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from gpd_soap.validation.finding import FieldError
from tests.validation.bodies import (
    BANK,
    HASH,
    ORGANIZATION,
    OTHER,
    POSTAL,
    STAMP,
    body,
    changed,
    iuv,
    nav,
    option,
    transfer,
    without,
)
from tests.validation.checking import NOW, converted, errors

CONTROLS = "text that XML can carry, without control characters"


class Text(NamedTuple):
    """A text field with its path and its lengths; it is optional if `least` is 0."""

    field_path: str
    least: int
    most: int

    @property
    def field(self) -> str:
        """The path of the field in a finding."""
        return re.sub(r"\.([0-9]+)", r"[\1]", self.field_path)


OPTION, TRANSFER = "paymentOption.0", "paymentOption.0.transfer.0"


TEXTS = [
    Text("iupd", 1, 255),
    Text("fiscalCode", 2, 16),
    Text("fullName", 1, 70),
    Text("companyName", 1, 140),
    Text("streetName", 0, 70),
    Text("civicNumber", 0, 16),
    Text("postalCode", 0, 16),
    Text("city", 0, 35),
    Text("province", 0, 35),
    Text("region", 0, 35),
    Text("phone", 0, 35),
    Text("officeName", 0, 140),
    Text(f"{OPTION}.description", 1, 140),
    Text(f"{OPTION}.paymentOptionMetadata.0.key", 1, 140),
    Text(f"{OPTION}.paymentOptionMetadata.0.value", 1, 140),
    Text(f"{TRANSFER}.companyName", 0, 140),
    Text(f"{TRANSFER}.remittanceInformation", 1, 140),
    Text(f"{TRANSFER}.category", 1, 140),
    Text(f"{TRANSFER}.transferMetadata.0.key", 1, 140),
    Text(f"{TRANSFER}.transferMetadata.0.value", 1, 140),
]


each_text = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.field)


ENTRY = {"key": "CHIAVE", "value": "valore"}


FULL = body(
    option(1, transfer(transferMetadata=[dict(ENTRY)]), paymentOptionMetadata=[ENTRY]),
    streetName="Via dell'Esempio",
)


def test_body_with_required_fields_alone_becomes_a_position():
    """It has no address and no plan, and is payable at once."""
    position = converted(body())

    assert (position.organization, position.iupd, position.pay_stand_in) == (
        ORGANIZATION,
        "POSIZIONE-1",
        True,
    )
    assert position.debtor == ("F", "RSSMRA00A01A000K", "Maria Esempio", *[None] * 7)
    assert (position.published_at, position.withdrawn_at) == (NOW, None)
    [one] = position.options
    assert (one.nav, one.iuv, one.amount) == (nav(1), iuv(1), 1000)
    assert (one.plan, one.valid_from, one.switch_to_expired) == (None, None, True)
    assert one.due_at == datetime(2026, 4, 30, 21, 59, 59, 999999, tzinfo=UTC)
    assert one.transfers == (
        (1, 1000, ORGANIZATION, None, BANK, None, None, "Versamento 1", "0101002IM", ()),
    )


def test_every_field_of_gpd_is_converted():
    """Each has our name, and none is lost."""
    both = (
        transfer(1, 700, companyName="Comune", postalIban=POSTAL, transferMetadata=[ENTRY]),
        transfer(2, 300, organizationFiscalCode=OTHER, iban=None, stamp=STAMP),
    )
    one = option(
        1,
        *both,
        nav=nav(1),
        retentionDate="2026-05-31T12:00:00",
        paymentOptionMetadata=[ENTRY],
    )
    content = body(
        one,
        type="G",
        streetName="Via dell'Esempio",
        civicNumber="1/A",
        postalCode="00100",
        city="Roma",
        province="RM",
        region="Lazio",
        country="IT",
        email="nessuno@esempio.invalid",
        phone="+39 000",
        officeName="Ufficio Tributi",
        payStandIn=False,
        switchToExpired=False,
        validityDate="2026-04-01",
    )
    position = converted(content, None)
    [got] = position.options

    assert position.debtor[0] == "G"
    assert position.debtor[3:] == (
        *("Via dell'Esempio", "1/A", "00100", "Roma", "RM", "IT", "nessuno@esempio.invalid"),
    )
    assert (position.region, position.phone) == ("Lazio", "+39 000")
    assert (position.office_name, position.pay_stand_in) == ("Ufficio Tributi", False)
    assert position.published_at is None
    assert got.valid_from == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert got.retention_at == datetime(2026, 5, 31, 10, tzinfo=UTC)
    assert got.switch_to_expired is False
    assert got.metadata == (("CHIAVE", "valore"),)
    assert got.transfers[0][3:6] == ("Comune", BANK, POSTAL)
    assert got.transfers[0].metadata == (("CHIAVE", "valore"),)
    assert got.transfers[1][2:7] == (OTHER, None, None, None, (HASH, "01", "RM"))


@pytest.mark.parametrize(
    "content",
    [{"status": "PAID", "paymentDate": "x"}, {"paymentDate": None, "status": [1]}],
)
def test_read_only_fields_of_gpd_are_ignored(content: dict[str, object]):
    """A client may send back what it has read."""
    sent = body(option(1, fee=0, notificationFee="x"), **content)

    assert converted(sent) == converted(body())


@pytest.mark.parametrize(
    "field", ["iupd", "type", "fiscalCode", "fullName", "companyName", "switchToExpired"]
)
def test_position_without_a_required_field_is_refused(field: str):
    """The fields are those that GPD requires."""
    assert errors(without(body(), field)) == (FieldError(field, "required", "a value"),)


@pytest.mark.parametrize("field", ["amount", "description", "isPartialPayment", "dueDate"])
def test_option_without_a_required_field_is_refused(field: str):
    """The fields are those that GPD requires."""
    refused = errors(without(body(), f"paymentOption.0.{field}"))

    assert refused == (FieldError(f"paymentOption[0].{field}", "required", "a value"),)


@pytest.mark.parametrize("field", ["idTransfer", "amount", "remittanceInformation", "category"])
def test_transfer_without_a_required_field_is_refused(field: str):
    """The fields are those that GPD requires."""
    refused = errors(without(body(), f"paymentOption.0.transfer.0.{field}"))

    assert refused == (FieldError(f"paymentOption[0].transfer[0].{field}", "required", "a value"),)


@each_text
def test_text_at_the_length_limits_is_accepted(text: Text):
    """The limits count characters, not bytes."""
    assert errors(changed(FULL, text.field_path, "è" * text.most)) == ()
    assert errors(changed(FULL, text.field_path, "x" * max(text.least, 1))) == ()


@each_text
def test_text_over_the_length_limit_is_refused(text: Text):
    """It is one character too long."""
    expected = FieldError(text.field, "length", f"a length of at most {text.most}")

    assert errors(changed(FULL, text.field_path, "x" * (text.most + 1))) == (expected,)


@each_text
def test_empty_text_is_refused_only_in_a_required_field(text: Text):
    """In an optional field it is treated as missing, as GPD does."""
    expected = FieldError(text.field, "length", f"a length of at least {text.least}")

    assert errors(changed(FULL, text.field_path, "")) == ((expected,) if text.least else ())


def test_empty_optional_text_becomes_none():
    """No message may have an empty element."""
    assert converted(body(streetName="", email="", country="", officeName="")) == converted(body())


@each_text
@pytest.mark.parametrize(
    "content", ["a\x00b", "a\nb", "a\tb", "a\x1bb", "a\x7fb", "a\x85b", "a\ufffeb", "a\ud800b"]
)
def test_text_with_a_control_character_is_refused(text: Text, content: str):
    """The characters include half a surrogate pair and others that XML cannot carry."""
    finding = FieldError(text.field, "characters", CONTROLS)

    assert errors(changed(FULL, text.field_path, content)) == (finding,)


@each_text
@pytest.mark.parametrize("content", [" ab", "ab ", "\u00a0ab", "ab\u2003", "\tab\r\n"])
def test_text_with_blanks_at_its_ends_is_taken_without_them(text: Text, content: str):
    """Values that are compared must have no invisible part."""
    assert converted(changed(FULL, text.field_path, content)) == converted(
        changed(FULL, text.field_path, "ab")
    )


@each_text
def test_text_is_measured_without_the_blanks_at_its_ends(text: Text):
    """A text of blanks alone is empty."""
    longest = changed(FULL, text.field_path, f" {'x' * text.most} ")

    assert errors(longest) == ()
    assert errors(changed(FULL, text.field_path, "  ")) == errors(
        changed(FULL, text.field_path, "")
    )


@each_text
def test_text_is_taken_in_nfc(text: Text):
    """A letter and its accent are one character, and are measured as one."""
    decomposed = changed(FULL, text.field_path, "e\u0300" * text.most)

    assert converted(decomposed) == converted(changed(FULL, text.field_path, "è" * text.most))


#: Texts of the payer, which no program compares.
PROSE = ("description", "remittanceInformation", "value")


@each_text
@pytest.mark.parametrize(
    "character", ["\u00ad", "\u200b", "\u200f", "\u202e", "\u2028", "\u2066", "\ufe0f", "\ufeff"]
)
def test_invisible_character_is_refused_in_a_name_and_named(text: Text, character: str):
    """Two names that look the same are the same; a sentence may have a soft hyphen."""
    refused = errors(changed(FULL, text.field_path, f"a{character}b"))
    expected = f"text without the invisible character U+{ord(character):04X}"

    if text.field.endswith(PROSE):
        assert refused == ()
    else:
        assert [refusal for refusal in refused if refusal.rule == "characters"] == [
            FieldError(text.field, "characters", expected)
        ]


@each_text
def test_whole_number_is_taken_for_a_text(text: Text):
    """GPD's JSON library takes it too."""
    assert converted(changed(FULL, text.field_path, 12)) == converted(
        changed(FULL, text.field_path, "12")
    )


def test_number_of_a_transfer_may_be_a_number():
    """GPD's clients send both."""
    assert converted(body(option(1, transfer(idTransfer=1)))) == converted(body())
    assert converted(changed(body(), "paymentOption.0.iuv", int(iuv(1)))) == converted(body())


@each_text
@pytest.mark.parametrize("content", [1.0, 1.5, True, ["x"], {"x": "y"}])
def test_value_of_another_type_is_refused_for_a_text(text: Text, content: object):
    """Only a whole number is converted to text."""
    finding = FieldError(text.field, "type", "text")

    assert errors(changed(FULL, text.field_path, content)) == (finding,)


@pytest.mark.parametrize(
    ("value", "rule", "expected"),
    [
        ("1000", "type", "a whole number, not in quotes"),
        (1000.5, "type", "a whole number, not in quotes"),
        (float("inf"), "type", "a whole number, not in quotes"),
        (-0.0, "range", "at least 1"),
        (True, "type", "a whole number, not in quotes"),
        (None, "type", "a whole number, not in quotes"),
        (0, "range", "at least 1"),
        (-1, "range", "at least 1"),
        (100_000_000_000, "range", "at most 99999999999"),
        (10**60, "range", "at most 99999999999"),
    ],
)
def test_amount_that_is_not_whole_cents_in_range_is_refused(
    value: object, rule: str, expected: str
):
    """Text, fractions and amounts over the limit of the schema are refused."""
    content = changed(body(), "paymentOption.0.amount", value)

    assert errors(content) == (FieldError("paymentOption[0].amount", rule, expected),)
    content = changed(body(), "paymentOption.0.transfer.0.amount", value)
    assert errors(content) == (FieldError("paymentOption[0].transfer[0].amount", rule, expected),)


def test_amount_with_an_empty_fraction_is_whole_cents():
    """JavaScript and Java write 1000.0 for a computed number."""
    content = changed(body(), f"{OPTION}.amount", 1e3)

    assert converted(changed(content, f"{TRANSFER}.amount", 1000.0)) == converted(body())


@pytest.mark.parametrize("amount", [1, 99_999_999_999])
def test_smallest_and_largest_amount_are_accepted(amount: int):
    """They are one cent and the maximum of stAmount."""
    assert converted(body(option(1, transfer(amount=amount)))).options[0].amount == amount


@pytest.mark.parametrize("value", ["true", 1, 0, None])
@pytest.mark.parametrize(
    ("field_path", "field"),
    [("switchToExpired", "switchToExpired"), ("payStandIn", "payStandIn"),
     ("paymentOption.0.isPartialPayment", "paymentOption[0].isPartialPayment")],
)  # fmt: skip
def test_value_of_another_type_is_refused_for_a_boolean(field_path: str, field: str, value: object):
    """No value is converted to a boolean."""
    expected = FieldError(field, "type", "true or false, not in quotes")

    assert errors(changed(body(), field_path, value)) == (expected,)


@pytest.mark.parametrize("value", ["H", "f", "", 1])
def test_debtor_type_other_than_f_and_g_is_refused(value: object):
    """Lower case is refused too."""
    assert errors(changed(body(), "type", value)) == (FieldError("type", "choice", "'F' or 'G'"),)
