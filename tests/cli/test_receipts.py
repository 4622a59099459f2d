"""`gpd-soap receipts`: lists, raw messages, decisions, and refusals on one line."""

import csv
import getpass
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.receipts import receipts as command
from gpd_soap.store.database import background
from gpd_soap.store.store import Store
from tests.api.office import ORGANIZATION, BackOffice, Clock, prepare
from tests.api.paying import NOBODYS, WAITING, keep, message, quarantined, send
from tests.conftest import FreshDatabase
from tests.validation.bodies import body, iuv, nav, option

OURS = ("--organization", ORGANIZATION)
PSP = "PSPDIESEMPIO"


def filled(url: str) -> None:
    """Create a database with a paid notice, a receipt without notice, and more."""
    prepare(url)
    store = Store(url)
    office = BackOffice(store, Clock())
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, message(1, "r-1", paymentDateTime="2026-03-16T09:00:00")) == "OK"
    keep(office)
    store.close()


@pytest.fixture
def database(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new database like that, which the commands use."""
    url = fresh_database("sqlite", filled)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    yield url
    # WHY: the journal is written when a command's process ends, and here no process ends.
    background._flush_at_exit()


@pytest.fixture
def office(database: str) -> Iterator[BackOffice]:
    """A back office over it."""
    store = Store(database)
    yield BackOffice(store, Clock())
    store.close()


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(command, arguments)


@pytest.mark.usefixtures("database")
def test_list_prints_a_line_for_each_receipt():
    """The latest comes first, without the debtor; standard error shows the count."""
    dates = ("--from", "2026-03-01", "--to", "2026-03-31")
    listed = run("list", *OURS, *dates)

    assert listed.exit_code == 0, listed.output
    assert listed.stdout.splitlines() == [
        f"2026-03-16T10:00:00  {iuv(90)}  10.00  {PSP}  unmatched  r-90",
        f"2026-03-16T09:00:00  {iuv(1)}  10.00  {PSP}  applied  r-1",
    ]
    assert listed.stderr == "2 in all\n"
    assert run("list", *OURS, *dates, "--iuv", iuv(1)).stdout.count("\n") == 1
    assert run("list", *OURS, *dates, "--debtor", "ANOTHER").stdout == ""
    assert run("list", *OURS, *dates, "--psp", PSP).stdout == listed.stdout
    assert run("list", *OURS, *dates, "--psp", "ANOTHER").stdout == ""


@pytest.mark.usefixtures("database")
def test_list_is_printed_as_csv():
    """The file has the PSP's name."""
    listed = run("list", *OURS, "--from", "2026-03-01", "--to", "2026-03-31", "--csv")

    rows = list(csv.DictReader(io.StringIO(listed.stdout)))
    assert [(row["iuv"], row["amount"], row["psp"], row["status"]) for row in rows] == [
        (iuv(90), "10.00", PSP, "unmatched"), (iuv(1), "10.00", PSP, "applied"),
    ]  # fmt: skip


@pytest.mark.usefixtures("database")
def test_case_is_resolved_with_an_outcome_and_listed_by_it():
    """The outcome is of a closed list."""
    closed = run("resolve", "r-90", *OURS, "--note", "Restituito", "--outcome", "refunded")

    assert "resolved.outcome: refunded\n" in closed.output
    assert "r-90" in run("worklist", *OURS, "--outcome", "refunded").stdout
    assert run("worklist", *OURS, "--outcome", "credited").stdout == ""
    assert run("resolve", "r-90", *OURS, "--note", "x", "--outcome", "lost").exit_code == 2


@pytest.mark.usefixtures("database")
def test_worklist_prints_a_line_for_each_case():
    """Without --organization, the messages that name no registered one are printed."""
    ours, others = run("worklist", *OURS), run("worklist")

    assert ours.stdout == (
        f"2026-03-16T10:00:00  unmatched  {nav(90)}  10.00  r-90  no notice of this number\n"
    )
    assert quarantined(NOBODYS) in others.stdout
    assert run("worklist", *OURS, "--kind", "double").stdout == ""


@pytest.mark.usefixtures("database")
def test_raw_writes_the_bytes_of_the_message(tmp_path: Path):
    """They go to standard output, or to a file."""
    file = tmp_path / "receipt.xml"

    assert run("raw", "r-90", *OURS).stdout_bytes == WAITING
    assert run("raw", quarantined(NOBODYS), "--output", str(file)).exit_code == 0
    assert file.read_bytes() == NOBODYS


@pytest.mark.usefixtures("database")
def test_case_is_resolved_once_by_the_user_of_the_machine():
    """A second attempt is refused, with another name too."""
    closed = run("resolve", "r-90", *OURS, "--note", "Restituito")
    assert f"resolved.by: {getpass.getuser()}\nresolved.note: Restituito\n" in closed.output
    assert run("worklist", *OURS).stdout == ""
    assert "(resolved)" in run("worklist", *OURS, "--resolved", "true").stdout

    again = run("resolve", "r-90", *OURS, "--note", "Restituito", "--by", "Ada")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.startswith("Error: The case is not open: ")


def test_rematch_with_a_notice_number_pays_that_notice(office: BackOffice):
    """The case that it prints is the one that `show` prints."""
    office.create(body(option(2), iupd="MEANT"), "?toPublish=true")

    matched = run("rematch", "r-90", *OURS, "--nav", nav(2), "--by", "Ada")

    assert matched.exit_code == 0, matched.output
    assert "resolved.by: Ada\n" in matched.stdout
    assert run("show", "r-90", *OURS).stdout == matched.stdout
    assert office.status("MEANT") == "PAID"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["show", "r-2", *OURS], 1, "Case not found"),
        (["show", "r-90"], 1, "Case not found"),
        (["raw", "r-2", *OURS], 1, "Case not found"),
        (["rematch", "r-90", *OURS], 1, "No notice matches the case"),
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
@pytest.mark.usefixtures("database")
def test_refused_command_prints_its_reason_to_standard_error(
    arguments: list[str], status: int, message: str
):
    """Nothing is written to standard output."""
    refused = run(*arguments)

    assert (refused.exit_code, refused.stdout) == (status, "")
    assert message in refused.stderr


def test_case_is_opened_on_the_receipt_of_a_paid_notice(office: BackOffice):
    """It has its cause; a second time, a wrong cause and an unknown receipt are refused."""
    arguments = ("open", "r-1", *OURS, "--by", "Anna", "--cause")
    opened = run(*arguments, "paid-by-mistake", "--note", "per il fratello")

    assert opened.exit_code == 0, opened.output
    assert "kind: review" in opened.stdout
    assert "reasons: opened by a person: paid-by-mistake" in opened.stdout
    assert "opened.by: Anna" in opened.stdout
    assert "opened.note: per il fratello" in opened.stdout
    again = run(*arguments, "wrong-amount")
    assert (again.exit_code, "The receipt has a case" in again.stderr) == (1, True)
    assert run(*arguments, "lost").exit_code == 2
    assert "required" in run("open", "r-90", *OURS, "--cause", "other").stderr
    assert run("open", "nothing", *OURS, "--cause", "wrong-amount").exit_code == 1
    assert "r-1" in run("worklist", *OURS, "--kind", "review").stdout
    assert office.get(f"/organizations/{ORGANIZATION}/receipts/r-1").body["kind"] == "review"
