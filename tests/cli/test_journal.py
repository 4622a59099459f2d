"""`gpd-soap journal`: search, show and purge by command."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, select

from gpd_soap.cli.journal import journal as command
from gpd_soap.clock import utc_now
from gpd_soap.store import tables
from gpd_soap.store.journal.partitions import PARTITIONS
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from tests.api.office import ENTRY, ORGANIZATION, prepare
from tests.conftest import KINDS, FreshDatabase
from tests.validation.bodies import OTHER, iuv, nav

NOW = utc_now()
KEPT = [
    ENTRY._replace(id=1, arrived_at=NOW - timedelta(hours=2)),
    ENTRY._replace(id=2, arrived_at=NOW - timedelta(hours=1), nav=nav(2), iuv=iuv(2), outcome="KO",
                   fault="PAA_SEMANTICA", organization=OTHER),
    ENTRY._replace(id=3, arrived_at=NOW - timedelta(days=400)),
]  # fmt: skip
OLD = [ENTRY._replace(id=4, arrived_at=NOW - timedelta(days=800)),
       ENTRY._replace(id=5, arrived_at=NOW - timedelta(days=1200))]  # fmt: skip


@pytest.fixture(params=KINDS)
def database(
    request: pytest.FixtureRequest, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A database that the commands use, with entries of today, of last year and before."""
    url = fresh_database(request.param, prepare)
    store = Store(url)
    with store.begin() as connection:
        connection.execute(delete(tables.journal))
        write_entries(connection, KEPT + OLD)
    store.close()
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    return url


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(command, arguments)


def left(url: str) -> list[int]:
    """The numbers of the stored entries, the newest first."""
    store, entry = Store(url), tables.journal.c
    with store.begin() as connection:
        numbers = list(connection.execute(select(entry.id).order_by(entry.at.desc())).scalars())
    store.close()
    return numbers


@pytest.mark.usefixtures("database")
def test_search_prints_a_line_for_each_entry():
    """The newest entry comes first, and each line ends with the entry's id."""
    lines = run("search").output.splitlines()

    assert [line.split("  ")[1:] for line in lines] == [
        ["paSendRTV2", OTHER, nav(2), "PAA_SEMANTICA", "1.234 ms",
         "receipt: kept as applied", KEPT[1].key.reference],
        ["paSendRTV2", ORGANIZATION, nav(1), "OK", "1.234 ms",
         "receipt: kept as applied", KEPT[0].key.reference],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--limit", "1"], [2]),
        (["--organization", ORGANIZATION], [1]),
        (["--from", "2000-01-01", "--limit", "3"], [2, 1, 3]),
        (["--from", "2000-01-01", "--to", f"{NOW - timedelta(days=399):%Y-%m-%d}"], [3, 4, 5]),
        (["--operation", "paSendRT"], []),
        (["--outcome", "KO"], [2]),
        (["--fault", "PAA_SEMANTICA"], [2]),
        (["--nav", nav(1)], [1]),
        (["--iuv", iuv(2)], [2]),
        (["--iuv", iuv(2), "--organization", OTHER], [2]),
        (["--receipt-id", "r-1"], [2, 1]),
        (["--psp", "ABI00001"], []),
        (["--station", "15376371009_01"], [2, 1]),
    ],
)
@pytest.mark.usefixtures("database")
def test_search_prints_the_entries_that_match_a_filter(arguments: list[str], expected: list[int]):
    """With --json, each line is an entry as the API returns it."""
    printed = run("search", "--json", *arguments)

    assert printed.exit_code == 0, printed.output
    entries = [json.loads(line) for line in printed.output.splitlines()]
    assert [int(entry["id"][14:], 16) for entry in entries] == expected
    assert all(entry["caller"] == "192.0.2.1" for entry in entries)


@pytest.mark.usefixtures("database")
def test_show_prints_an_entry_one_field_on_a_line():
    """The id is the one that a search printed."""
    shown = run("show", run("search", "--nav", nav(2)).output.split()[-1])

    assert f"numeroAvviso: {nav(2)}\n" in shown.output
    assert "decision: receipt: kept as applied\n" in shown.output
    assert "soapAction" not in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "--nav", "12"], "nav: pattern: expected 18 digits"),
        (["search", "--from", "soon"], "from: date"),
        (["search", "--from", "2026-02-02", "--to", "2026-02-01"], "to: range"),
        (["search", "--organization", "12"], "expected 11 digits"),
        (["search", "--limit", "0"], "not in the range"),
        (["show", "12"], "expected the id of an entry"),
        (["show", "0" * 30], "no entry has this id"),
        (["purge", "--older-than", "24"], "expected months"),
        (["purge", "--older-than", "0m"], "expected months"),
        (["purge", "--older-than", "23m"], "--force"),
        (["purge", "--older-than", "12m", "--dry-run"], "--force"),
    ],
)
def test_invalid_option_is_named_and_changes_nothing(
    database: str, arguments: list[str], message: str
):
    """The exit code is not 0, so that a script sees the failure."""
    refused = run(*arguments)

    assert refused.exit_code != 0
    assert message in refused.output
    assert left(database) == [2, 1, 3, 4, 5]


def test_purge_removes_entries_older_than_its_limit(database: str):
    """The limit is 24 months, and --force alone allows less."""
    assert run("purge", "--dry-run").output.startswith("2 entries")
    assert left(database) == [2, 1, 3, 4, 5]

    assert run("purge", "--older-than", "36m").output.startswith("1 entries")
    assert left(database) == [2, 1, 3, 4]
    assert run("purge").output.startswith("1 entries")
    assert left(database) == [2, 1, 3]
    assert run("purge", "--older-than", "12m", "--force").output.startswith("1 entries")
    assert left(database) == [2, 1]


def test_purge_creates_the_partitions_of_coming_months(database: str):
    """PostgreSQL has partitions, and SQLite has none."""
    assert run("purge").exit_code == 0

    store = Store(database)
    with store.begin() as connection:
        on_postgresql = connection.dialect.name == "postgresql"
        names = set(connection.execute(PARTITIONS).scalars()) if on_postgresql else None
    store.close()
    assert names is None or f"journal_{NOW:%Y_%m}" in names
