"""One-time passwords: the vectors of RFC 6238, the window, what an application is given."""

from datetime import UTC, datetime, timedelta

import pytest

from gpd_soap.usecases.people import totp

SECRET = b"12345678901234567890"
AT = datetime(2026, 11, 27, 9, 0, 10, tzinfo=UTC)
#: SPEC: RFC 6238, appendix B, the rows of SHA-1.
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize("second", VECTORS)
def test_code_of_an_instant_is_that_of_the_standard(second: int):
    """The last six of the eight digits are what applications show."""
    step = totp.step_at(datetime.fromtimestamp(second, UTC))

    assert totp.code_of(SECRET, step, 8) == VECTORS[second]
    assert totp.code_of(SECRET, step) == VECTORS[second][2:]


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True),
                                                 (2, False)])  # fmt: skip
def test_code_one_step_away_is_accepted_and_two_are_not(steps: int, *, accepted: bool):
    """Clocks may differ by half a minute."""
    step = totp.step_at(AT) + steps

    matching = totp.matching_step(SECRET, totp.code_of(SECRET, step), AT)

    assert matching == (step if accepted else None)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "\ud800", "\u0661" * 6])
def test_text_that_is_no_code_matches_no_step(text: str):
    """A text of another form is refused without an error."""
    assert totp.matching_step(SECRET, text, AT) is None


def test_blanks_in_a_code_are_ignored():
    """Applications show two groups of three."""
    code = totp.code_of(SECRET, totp.step_at(AT))

    assert totp.matching_step(SECRET, f" {code[:3]} {code[3:]} ", AT) is not None
    assert totp.looks_like_code(f"{code[:3]} {code[3:]}")
    assert not totp.looks_like_code("abcd-efgh")


def test_address_for_an_application_names_issuer_and_operator():
    """The application reads the secret from it."""
    address = totp.enrolment_address(SECRET, "Anna & C.")

    assert address == (
        "otpauth://totp/gpd-soap:Anna%20%26%20C.?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=gpd-soap"
    )
    assert totp.step_at(AT + timedelta(seconds=20)) == totp.step_at(AT) + 1
