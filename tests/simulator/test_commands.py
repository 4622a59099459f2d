"""`gpd-soap node`: its output and its exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from tests.messages import build
from tests.simulator.endpoints import (
    DUE,
    GOOD,
    NAV,
    NO,
    SEND2,
    VERIFY,
    Scripted,
    institution,
    silent,
)

NOWHERE = "http://127.0.0.1:1/partner"


def run(*arguments: str) -> Result:
    """Run a command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["node", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_verify_of_a_payable_notice_ends_with_0():
    """The output is one line with the amount."""
    with institution(GOOD) as made:
        result = run("verify", NAV, "--url", made.url)

    assert result.exit_code == 0
    assert result.output.count("\n") == 1
    assert "100.00 EUR" in result.output


@pytest.mark.parametrize("scripted", [NO, Scripted(b"", 500), Scripted(b"", manner=silent)])
def test_verify_that_fails_ends_with_1_and_one_line(scripted: Scripted):
    """The notice is refused, the answer rejected or the endpoint unreachable."""
    with institution({**GOOD, VERIFY: scripted}) as made:
        result = run("verify", NAV, "--url", made.url)

    assert result.exit_code == 1
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("command", [["verify", NAV], ["pay", NAV], ["probe"]])
def test_command_with_an_unreachable_endpoint_ends_with_1(command: list[str]):
    """One line names the cause."""
    result = run(*command, "--url", NOWHERE)

    assert result.exit_code == 1
    assert "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE: Connection refused" in result.output


def test_pay_prints_a_line_for_each_step():
    """They are verify, getPayment, and each receipt with its id."""
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


def test_pay_without_a_receipt_id_uses_a_new_one():
    """Two payments are not taken for a repetition."""
    with institution(GOOD) as made:
        for _ in range(2):
            run("pay", NAV, "--url", made.url)

    first, second = (body.partition(b"<receiptId>")[2][:32] for body in made.bodies(SEND2))
    assert first.isalnum()
    assert first != second


def test_verify_with_show_prints_both_messages():
    """They are printed as they are sent and received."""
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
def test_command_with_unusable_arguments_ends_with_2(arguments: list[str]):
    """Exit code 1 always means a failure of the endpoint."""
    result = run(*arguments)

    assert result.exit_code == 2, result.output
    assert "Error: " in result.output


def test_replay_prints_a_line_for_each_file_and_the_counts(tmp_path: Path):
    """It ends with 1 if one file failed."""
    ask = build.soap_request(VERIFY, build.claim() + build.qr(NAV))
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


def test_probe_with_a_negative_answer_ends_with_1():
    """The output says that the probe was negative."""
    with institution(GOOD) as made:
        result = run("probe", "--url", made.url)

    assert result.exit_code == 1
    assert result.output.startswith("probe negative")


def test_help_imports_no_large_library():
    """The help does not wait for the import of a SOAP client."""
    program = (
        "import sys; from gpd_soap.cli.main import main; main(['node', 'pay', '--help'],"
        " standalone_mode=False);"
        "sys.exit(' '.join({'zeep', 'requests', 'lxml', 'spyne'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
