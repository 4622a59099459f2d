"""`gpd-soap node`: what is printed, and which exit code says how it went."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from tests.messages import build
from tests.simulator.endpoints import DUE, GOOD, NAV, NO, SEND2, VERIFY, Said, institution, silently

NOWHERE = "http://127.0.0.1:1/partner"


def run(*arguments: str) -> Result:
    """Run a command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["node", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_a_payable_notice_is_exit_code_0():
    """One line, and all well."""
    with institution(GOOD) as made:
        result = run("verify", NAV, "--url", made.url)

    assert result.exit_code == 0
    assert result.output.count("\n") == 1
    assert "100.00 EUR" in result.output


@pytest.mark.parametrize("said", [NO, Said(b"", 500), Said(b"", manner=silently)])
def test_anything_else_is_exit_code_1_and_one_line(said: Said):
    """Refused, rejected, not reached: never a traceback."""
    with institution({**GOOD, VERIFY: said}) as made:
        result = run("verify", NAV, "--url", made.url)

    assert result.exit_code == 1
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("command", [["verify", NAV], ["pay", NAV], ["probe"]])
def test_nobody_there_is_exit_code_1(command: list[str]):
    """A network's problem is told in a line."""
    result = run(*command, "--url", NOWHERE)

    assert result.exit_code == 1
    assert "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE: Connection refused" in result.output


def test_each_step_of_a_payment_has_its_line():
    """Verify, getPayment, and each receipt with its id."""
    with institution(GOOD) as made:
        result = run("pay", NAV, "--url", made.url, "--times", "2", "--receipt-id", "c0ffee")

    assert result.exit_code == 0
    assert [text.split()[0] for text in result.output.splitlines()] == [
        VERIFY,
        "paGetPaymentV2",
        SEND2,
        SEND2,
    ]
    assert result.output.count("OK  receipt c0ffee  [") == 2


def test_a_receipt_id_is_new_each_time():
    """Unless it is given, so that one payment is not another."""
    with institution(GOOD) as made:
        for _ in range(2):
            run("pay", NAV, "--url", made.url)

    first, second = (body.partition(b"<receiptId>")[2][:32] for body in made.bodies(SEND2))
    assert first.isalnum()
    assert first != second


def test_the_messages_are_shown_on_request():
    """As they travel, out and in."""
    with institution(GOOD) as made:
        result = run("verify", NAV, "--url", made.url, "--show")

    assert f"<noticeNumber>{NAV}</noticeNumber>" in result.output
    assert DUE.body.decode().strip() in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "123"],
        ["verify", NAV, "--url", "nowhere"],
        ["verify", NAV, "--organization", "7"],
        ["verify", NAV, "--broker", ""],
        ["verify", NAV, "--station", "\x01"],
        ["verify", NAV, "--ca", __file__],
        ["verify", NAV, "--url", "https://127.0.0.1:1/", "--ca", __file__],
        ["pay", NAV, "--times", "0"],
        ["pay", NAV, "--transfer-type", "CASH"],
        ["pay", NAV, "--receipt-id", ""],
        ["replay"],
        ["replay", "/nowhere/at/all.xml"],
    ],
)
def test_what_cannot_be_asked_is_exit_code_2(arguments: list[str]):
    """The caller's mistake, not the institution's."""
    result = run(*arguments)

    assert result.exit_code == 2, result.output
    assert "Error: " in result.output


def test_a_replay_ends_with_its_count(tmp_path: Path):
    """One line for each file, the sum, and 1 if one failed."""
    ask = build.asked(VERIFY, build.claim() + build.qr(NAV))
    for name in ("good", "bad"):
        (tmp_path / f"{name}.xml").write_text(ask, encoding="utf-8")
    (tmp_path / "good.answer.xml").write_bytes(DUE.body)
    (tmp_path / "bad.answer.xml").write_bytes(NO.body)
    with institution(GOOD) as made:
        good = run("replay", str(tmp_path / "good.xml"), "--url", made.url)
        both = run("replay", *map(str, sorted(tmp_path.glob("*.xml"))), "--url", made.url)

    assert (good.exit_code, both.exit_code) == (0, 1)
    assert good.output.splitlines()[-1] == "1 OK, 0 FAIL, 0 without an answer on file"
    assert both.output.splitlines()[-1] == "1 OK, 1 FAIL, 0 without an answer on file"


def test_the_probe_says_yes_or_no():
    """Positive is exit code 0."""
    with institution(GOOD) as made:
        result = run("probe", "--url", made.url)

    assert result.exit_code == 1
    assert result.output.startswith("probe negative")


def test_help_loads_nothing_heavy():
    """Whoever asks for help does not wait for a SOAP client."""
    program = (
        "import sys; from gpd_soap.cli.main import main; main(['node', 'pay', '--help'],"
        " standalone_mode=False);"
        "sys.exit(' '.join({'zeep', 'requests', 'lxml', 'spyne'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
