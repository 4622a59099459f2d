"""`gpd-soap retention`: what is kept and how long, and the persons that are forgotten."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from gpd_soap.cli.main import main
from gpd_soap.cli.retention.commands import KINDS
from gpd_soap.store import tables
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store import samples
from tests.store.samples import ORGANIZATION, option, position, receipt

OURS = ("--organization", ORGANIZATION)
LONG_AGO = months_before(datetime.now(UTC), 130)


@pytest.fixture
def store(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database that the commands use: a position of long ago and its receipt, and one open."""
    url = fresh_database("sqlite", samples.prepare)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    with closing(Store(url)) as made:
        samples.add(made, position("old", option(1)))
        samples.add(made, position("open", option(2, switch_to_expired=False)))
        samples.take(made, receipt(1), LONG_AGO)
        with made.begin() as connection:
            for table in (tables.position, tables.payment_option):
                connection.execute(update(table).values(updated_at=LONG_AGO))
            connection.execute(update(tables.position).values(created_at=LONG_AGO))
        return made


def command(*arguments: str, typed: str | None = None) -> Result:
    """Runs the command."""
    return CliRunner().invoke(main, ["retention", *arguments], input=typed)


def names(store: Store) -> set[str]:
    """Returns the names of the debtors."""
    with store.reading() as connection:
        return set(connection.execute(select(tables.position.c.debtor_full_name)).scalars())


@pytest.mark.usefixtures("store")
def test_report_says_what_is_due_and_on_what_ground():
    """A line for each kind of each organization."""
    everything, ours = command("report"), command("report", *OURS)

    lines = ours.output.splitlines()
    assert [line.split(":")[0].split()[1] for line in lines] == list(KINDS)
    assert everything.output.startswith(ours.output)
    assert len(everything.output.splitlines()) == 2 * len(KINDS)
    [of_positions] = [line for line in lines if " positions: " in line]
    assert f"2 rows; the oldest of {LONG_AGO:%Y-%m-%d}, until " in of_positions
    assert "; 1 due; 0 forgotten; kept 120m: claims" in of_positions


def test_run_forgets_what_is_due_and_the_report_counts_it(store: Store):
    """A dry run prints the same numbers first."""
    dry, done, report = command("run", "--dry-run"), command("run"), command("report", *OURS)

    for output, ending in ((dry.output, "would be forgotten"), (done.output, "forgotten")):
        assert f"{ORGANIZATION} positions: 1 from before " in output
        assert output.count(f" {ending}\n") == 5
    assert "files were cleaned" in done.output
    assert "files were cleaned" not in dry.output
    assert names(store) == {"FORGOTTEN", "Maria Esempio"}
    assert report.output.count("; 0 due; 1 forgotten; ") == 2


@pytest.mark.usefixtures("store")
def test_term_that_is_set_is_obeyed_and_the_default_comes_back():
    """The longest term keeps what the default would not."""
    longer = command("set", "positions", "200m", *OURS)
    shown = command("run", "--dry-run")
    default = command("set", "positions", "default", *OURS)
    gone = command("run", "--dry-run")

    assert (longer.exit_code, default.exit_code) == (0, 0), longer.output
    assert f"{ORGANIZATION} positions: 0 from" in shown.output
    assert f"{ORGANIZATION} positions: 1 from" in gone.output


@pytest.mark.usefixtures("store")
def test_term_that_is_too_short_or_unreadable_is_refused():
    """The reason is printed, and nothing is set."""
    short, other = command("set", "receipts", "119m", *OURS), command("set", "events", "2y", *OURS)
    unknown = command("set", "events", "2m", "--organization", samples.STRANGER)

    assert (short.exit_code, "120 months at least" in short.output) == (1, True)
    assert (other.exit_code, "such as 24m" in other.output) == (2, True)
    assert unknown.exit_code == 1


def test_forget_reads_the_code_from_standard_input_and_says_what_stays(store: Store):
    """The code is in no list of processes."""
    code = position("P").debtor.code
    dry = command("forget", *OURS, "--dry-run", typed=f"{code}\n")
    done = command("forget", *OURS, typed=f"{code}\n")
    empty = command("forget", *OURS, "--debtor-code", " ")

    assert "closed positions: 1 can be forgotten" in dry.output
    assert "closed positions: 1 forgotten" in done.output
    assert "receipts beyond their term: 1 forgotten" in done.output
    assert "open positions: 1 stay" in done.output
    assert names(store) == {"FORGOTTEN", "Maria Esempio"}
    assert empty.exit_code == 2


def test_kinds_of_the_command_are_those_of_the_terms():
    """A kind that the command does not know could not be set."""
    assert tuple(KINDS) == tuple(map(str, TermKind))
