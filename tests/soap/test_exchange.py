"""The record of an exchange: what of a message may be in it."""

from datetime import UTC, datetime

import pytest

from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.soap.exchange import Exchange

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("77777777777", "77777777777"),
        ("7777777777", NOT_GIVEN),
        ("777777777777", NOT_GIVEN),
        ("RSSMRA80A01", NOT_GIVEN),
        ("\u0667" * 11, NOT_GIVEN),
        ("\u00b2" * 11, NOT_GIVEN),
        ("\uff17" * 11, NOT_GIVEN),
        ("", NOT_GIVEN),
    ],
)  # fmt: skip
def test_organization_is_recorded_if_it_is_a_code(text: str, recorded: str) -> None:
    """Digits of other scripts are no code, and any other text may be a person's name."""
    exchange = Exchange(b"", None, "", "10.0.0.1", NOW, 0.0, organization=text)

    assert exchange.record(200).organization == recorded
