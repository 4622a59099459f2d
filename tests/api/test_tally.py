"""The tally of exchanges, over the API and by the command."""

import csv
import io
from datetime import timedelta

from click.testing import CliRunner

from gpd_soap.cli.main import main
from gpd_soap.store.journal.entries import entries_of
from gpd_soap.store.journal.writer import write_entries
from tests.api.office import ORGANIZATION, BackOffice
from tests.store.journal.test_writer import exchange
from tests.store.samples import NOW

TALLY = f"/organizations/{ORGANIZATION}/tally"
WINDOW = "?from=2026-03-16&to=2026-03-17"


def fill(office: BackOffice) -> None:
    """Writes the exchanges of two days."""
    records = [
        exchange(number, arrived_at=NOW + timedelta(hours=number), seconds=number)
        for number in range(1, 25)
    ]
    with office.store.begin() as connection:
        write_entries(connection, entries_of(records))


def test_tally_is_read_by_day_and_by_hour(office: BackOffice):
    """A row says how many answers took how long."""
    fill(office)

    days = office.get(f"{TALLY}{WINDOW}").body["tally"]
    hours = office.get(f"{TALLY}{WINDOW}&by=hour").body["tally"]

    assert [(row["begin"], row["exchanges"]) for row in days] == [
        ("2026-03-16T00:00:00", 13), ("2026-03-17T00:00:00", 11),
    ]  # fmt: skip
    assert [days[0][f"within{bound}"] for bound in ("1s", "2s", "7s")] == [1, 2, 7]
    assert days[0]["averageMs"] == 7000
    assert len(hours) == 24
    assert office.get(f"{TALLY}?from=2026-03-17&to=2026-03-16").status == 400
    assert office.get(f"{TALLY}?by=year").status == 400


def test_command_prints_the_tally(office: BackOffice):
    """It prints lines, or a CSV file."""
    fill(office)
    window = ["--from", "2026-03-16", "--to", "2026-03-17", "--organization", ORGANIZATION]
    environment = {
        "GPD_DATABASE_URL": office.store.engine.url.render_as_string(hide_password=False)
    }
    lines = CliRunner().invoke(main, ["journal", "tally", *window], env=environment)
    table = CliRunner().invoke(main, ["journal", "tally", "--csv", *window], env=environment)

    assert (lines.exit_code, table.exit_code) == (0, 0), lines.output
    assert [line.split("  ")[0] for line in lines.stdout.splitlines()] == [
        "2026-03-16T00:00:00", "2026-03-17T00:00:00",
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert [(row["exchanges"], row["within2s"], row["fault"]) for row in rows] == [
        ("13", "2", ""), ("11", "0", ""),
    ]  # fmt: skip
