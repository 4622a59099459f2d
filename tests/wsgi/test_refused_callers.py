"""Refused callers: every one is counted, and a flood of them fills no log."""

import json
import logging
import ssl

import pytest

from gpd_soap.monitoring.logs import JsonLines
from gpd_soap.wsgi.refused_callers import LINES, LINES_SECONDS, TEXTS, Reason, RefusedCallers


class Seconds:
    """A clock of seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    """The log lines as they are written."""
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


@pytest.mark.parametrize("reason", Reason)
def test_refusal_is_counted_and_logged_with_what_to_look_at(
    reason: Reason, caplog: pytest.LogCaptureFixture
) -> None:
    """The line has the name on the certificate, so that an operator sees a rotation."""
    counted: list[str] = []
    RefusedCallers(counted.append).refuse(reason, "forwarder-next.example")

    [line] = lines(caplog)
    assert counted == [reason.value]
    assert line["level"] == "warning"
    assert line["message"] == f"a caller is refused: {TEXTS[reason]}"
    assert (line["reason"], line["detail"]) == (reason.value, "forwarder-next.example")


def test_flood_is_counted_completely_and_logged_in_part(caplog: pytest.LogCaptureFixture) -> None:
    """The next line says how many had none."""
    counted: list[str] = []
    seconds = Seconds()
    refused = RefusedCallers(counted.append, seconds)
    for _ in range(1000):
        refused.refuse(Reason.NAME, "somebody")
    seconds.now += LINES_SECONDS
    refused.refuse(Reason.NAME, "somebody")
    refused.refuse(Reason.NAME, "somebody")

    assert len(counted) == 1002
    assert len(caplog.records) == LINES + 2
    assert lines(caplog)[LINES]["refused_without_a_line"] == str(1000 - LINES)
    assert "refused_without_a_line" not in lines(caplog)[LINES + 1]


def test_detail_from_a_caller_is_bounded_and_escaped(caplog: pytest.LogCaptureFixture) -> None:
    """A certificate may hold any text."""
    RefusedCallers().refuse(Reason.NAME, "\n\x1b" + "x" * 9000)

    assert len(JsonLines().format(caplog.records[0]).splitlines()) == 1
    assert len(lines(caplog)[0]["detail"]) == 64


def test_failed_handshake_has_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    """OpenSSL's own words say what is wrong with a certificate."""
    caplog.set_level(logging.WARNING)
    counted: list[str] = []
    refused = RefusedCallers(counted.append)
    invalid = ssl.SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED")
    invalid.verify_message = "certificate revoked"
    without = ssl.SSLError(1, "")
    without.reason = "PEER_DID_NOT_RETURN_A_CERTIFICATE"
    other = ssl.SSLError(1, "")
    other.reason = "WRONG_VERSION_NUMBER"
    for error in (invalid, without, other):
        refused.refuse_handshake(error)

    assert counted == ["certificate", "no certificate", "handshake"]
    assert [line["detail"] for line in lines(caplog)] == [
        "certificate revoked", "", "wrong version number",
    ]  # fmt: skip
