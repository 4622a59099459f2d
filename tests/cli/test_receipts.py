"""`gpd-soap receipts`: lines to read and to cut, bytes as they came, refusals in a line."""

import getpass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.receipts import receipts as command
from gpd_soap.store.store import Store
from tests.api.office import ORGANIZATION, BackOffice, Clock, prepare
from tests.api.paying import NOBODYS, WAITING, keep, message, quarantined, send
from tests.validation.bodies import body, iuv, nav, option

OURS = ("--organization", ORGANIZATION)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BackOffice:
    """A database that the commands find, with a paid notice, a receipt that waits, and more."""
    url = f"sqlite:///{tmp_path / 'receipts.db'}"
    prepare(url)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    opened = BackOffice(Store(url), Clock())
    opened.create(body(option(1)), "?toPublish=true")
    assert send(opened, message(1, "r-1", paymentDateTime="2026-03-16T09:00:00")) == "OK"
    keep(opened)
    return opened


def run(*told: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(command, told)


@pytest.mark.usefixtures("office")
def test_the_list_has_a_line_for_each_receipt():
    """The latest first, without the debtor; the count goes elsewhere."""
    dates = ("--from", "2026-03-01", "--to", "2026-03-31")
    listed = run("list", *OURS, *dates)

    assert listed.exit_code == 0, listed.output
    assert listed.stdout.splitlines() == [
        f"2026-03-16T10:00:00  {iuv(90)}  10.00  unmatched  r-90",
        f"2026-03-16T09:00:00  {iuv(1)}  10.00  applied  r-1",
    ]
    assert listed.stderr == "2 in all\n"
    assert run("list", *OURS, *dates, "--iuv", iuv(1)).stdout.count("\n") == 1
    assert run("list", *OURS, *dates, "--debtor", "ANOTHER").stdout == ""


@pytest.mark.usefixtures("office")
def test_the_worklist_has_a_line_for_each_case():
    """An organization's, or what names none of ours."""
    ours, nobodys = run("worklist", *OURS), run("worklist")

    assert ours.stdout == (
        f"2026-03-16T10:00:00  unmatched  {nav(90)}  10.00  r-90  no notice of this number\n"
    )
    assert quarantined(NOBODYS) in nobodys.stdout
    assert run("worklist", *OURS, "--kind", "double").stdout == ""


@pytest.mark.usefixtures("office")
def test_the_message_is_written_as_it_came(tmp_path: Path):
    """To a file, or to be piped on."""
    kept = tmp_path / "receipt.xml"

    assert run("raw", "r-90", *OURS).stdout_bytes == WAITING
    assert run("raw", quarantined(NOBODYS), "--output", str(kept)).exit_code == 0
    assert kept.read_bytes() == NOBODYS


@pytest.mark.usefixtures("office")
def test_a_case_is_closed_by_whoever_sits_there():
    """Or by who is named; once."""
    closed = run("resolve", "r-90", *OURS, "--note", "Restituito")
    assert f"resolved.by: {getpass.getuser()}\nresolved.note: Restituito\n" in closed.output
    assert run("worklist", *OURS).stdout == ""
    assert "(resolved)" in run("worklist", *OURS, "--resolved", "true").stdout

    again = run("resolve", "r-90", *OURS, "--note", "Restituito", "--by", "Ada")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.startswith("Error: The case is not open: ")


def test_a_receipt_is_matched_by_hand(office: BackOffice):
    """And then shown as it is."""
    office.create(body(option(2), iupd="MEANT"), "?toPublish=true")

    matched = run("rematch", "r-90", *OURS, "--nav", nav(2), "--by", "Ada")

    assert matched.exit_code == 0, matched.output
    assert "resolved.by: Ada\n" in matched.stdout
    assert run("show", "r-90", *OURS).stdout == matched.stdout
    assert office.status("MEANT") == "PAID"


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        (["show", "r-2", *OURS], 1, "Not found the case"),
        (["show", "r-90"], 1, "Not found the case"),
        (["raw", "r-2", *OURS], 1, "Not found the case"),
        (["rematch", "r-90", *OURS], 1, "The case has found no notice"),
        (["rematch", "r-90", *OURS, "--nav", "x"], 2, "nav: "),
        (["rematch", quarantined(NOBODYS)], 1, "PAA_ID_DOMINIO_ERRATO"),
        (["resolve", "r-90", *OURS, "--note", ""], 2, "note: length"),
        (["resolve", "r-90", *OURS, "--note", "a", "--by", "a\nb"], 2, "printable"),
        (["resolve", "r-90", *OURS], 2, "--note"),
        (["list", *OURS, "--from", "yesterday"], 1, "Invalid date range"),
        (["list", *OURS, "--page", "-1"], 2, "pageNum"),
        (["list"], 2, "--organization"),
        (["worklist", "--organization", "7"], 2, "11 digits"),
        (["worklist", *OURS, "--page", "-1"], 2, "page: range"),
    ],
)
@pytest.mark.usefixtures("office")
def test_what_cannot_be_done_is_told_in_a_line(told: list[str], status: int, said: str):
    """And nothing is written where output is expected."""
    refused = run(*told)

    assert (refused.exit_code, refused.stdout) == (status, "")
    assert said in refused.stderr
