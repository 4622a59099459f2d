"""`gpd-soap purge`: what has been kept for its term is removed, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Table, func, insert, select

from gpd_soap.cli.main import main
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store import purge as batches
from gpd_soap.store import tables
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import Change
from gpd_soap.store.database.transaction import in_transaction
from gpd_soap.store.journal import tally
from gpd_soap.store.journal.entries import entries_of
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.purge import Kind
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.record import unrecorded
from gpd_soap.usecases.purge import Terms, run
from tests.api.office import ORGANIZATION
from tests.conftest import FreshDatabase
from tests.store import samples
from tests.store.journal.test_writer import exchange

HOUR = timedelta(hours=1)
TERMS = Terms(24, 24, 120, timedelta(minutes=30))
PURGED = {Kind.REQUESTS: tables.request, Kind.DEMANDS: tables.demand,
          Kind.QUARANTINE: tables.quarantine, Kind.AUDIT: tables.audit,
          Kind.JOBS: tables.job, Kind.TALLY: tables.tally,
          Kind.FILES: tables.load_file}  # fmt: skip


def fill(store: Store, now: datetime) -> None:
    """Store two rows of each kind: one just within its term, and one just beyond it."""
    day, ten_years, two_years = now - 24 * HOUR, months_before(now, 120), months_before(now, 24)
    requests = [
        {"key_id": "k", "name": str(n), "digest": "d", "asked_at": day + n * HOUR, "status": 200,
         "headers": {}, "body": b"Maria Esempio"} for n in (-1, 1)
    ]  # fmt: skip
    demands = [
        {"organization": ORGANIZATION, "digest": str(n), "nav": "3", "answered_at": day + n * HOUR}
        for n in (-1, 1)
    ]
    resolved = {-1: ten_years - HOUR, 1: ten_years + HOUR, 2: None}
    messages = [
        {"organization": ORGANIZATION, "digest": str(n), "primitive": "paSendRT", "reason": "r",
         "received_at": ten_years - HOUR, "last_received_at": ten_years - HOUR, "copies": 1,
         "raw": b"<r/>", "resolved_at": instant} for n, instant in resolved.items()
    ]  # fmt: skip
    changes = [
        Change(ORGANIZATION, two_years + n * HOUR, "k", "K", "PUT", "/", 200, NOT_GIVEN)
        for n in (-1, 1)
    ]
    month = now - 30 * 24 * HOUR
    jobs = [
        {"organization": ORGANIZATION, "id": f"{state} {n}", "kind": "k", "payload": {},
         "state": state, "is_cancelled": False, "actor_kind": "key", "actor": "k",
         "created_at": month, "ended_at": month + n * HOUR}
        for state, n in (("done", -1), ("done", 1), ("dead", -1))
    ]  # fmt: skip
    two_weeks = now - 14 * 24 * HOUR
    pieces = [
        {"organization": ORGANIZATION, "load": "l", "part": "sent", "number": n + 1,
         "content": b"Maria Esempio", "stored_at": two_weeks + n * HOUR} for n in (-1, 1)
    ]  # fmt: skip
    entries = [
        exchange(arrived_at=ten_years + n * HOUR, organization=ORGANIZATION) for n in (-1, 1)
    ]
    with store.begin() as connection:
        connection.execute(insert(tables.job), jobs)
        connection.execute(insert(tables.load_file), pieces)
        tally.add(connection, entries_of(entries))
        connection.execute(insert(tables.request), requests)
        connection.execute(insert(tables.demand), demands)
        connection.execute(insert(tables.quarantine), messages)
        audit.write_change(connection, *changes)


def counts(store: Store) -> dict[str, int]:
    """Rows of each kind."""
    with store.reading() as connection:
        return {
            str(kind): connection.execute(select(func.count()).select_from(table)).scalar_one()
            for kind, table in PURGED.items()
        }


def purge(
    store: Store, now: datetime, terms: Terms = TERMS, *, dry_run: bool = False
) -> dict[str, int]:
    """Run the use case; the number of rows of each kind."""
    purged = run(store, terms, now, unrecorded, dry_run=dry_run)
    return {each.kind: each.rows for each in purged}


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store of each kind of database with old and new rows."""
    store = Store(fresh_database(request.param, samples.prepare))
    fill(store, samples.NOW)
    yield store
    store.close()


def test_purge_removes_what_is_beyond_its_term_alone(filled: Store):
    """A dry run counts the same and removes nothing; a second run finds nothing."""
    once = {"requests": 1, "demands": 1, "jobs": 1, "quarantine": 1, "audit": 1, "tally": 1}
    once |= {"journal": 0, "events": 0, "files": 1}
    before = counts(filled)

    assert purge(filled, samples.NOW, dry_run=True) == once
    assert counts(filled) == before
    assert purge(filled, samples.NOW) == once
    left = {"requests": 1, "demands": 1, "quarantine": 2, "audit": 1, "jobs": 2, "tally": 1}
    left |= {"files": 1}
    assert counts(filled) == left
    assert purge(filled, samples.NOW) == dict.fromkeys(once, 0)


def test_open_case_is_never_removed(filled: Store):
    """A message that nobody resolved waits for a person, however old it is."""
    purge(filled, samples.NOW + 9999 * 24 * HOUR)

    with filled.reading() as connection:
        left = select(tables.quarantine.c.digest, tables.quarantine.c.resolved_at)
        assert connection.execute(left).all() == [("2", None)]


def test_demand_is_kept_for_its_window(filled: Store):
    """An organization that answers the same notice for a week needs it for a week."""
    terms = TERMS._replace(demand_window=timedelta(days=7))

    assert purge(filled, samples.NOW, terms)["demands"] == 0


def test_purge_that_is_stopped_goes_on_at_the_next_run(
    filled: Store, monkeypatch: pytest.MonkeyPatch
):
    """Each batch is a transaction of its own."""
    monkeypatch.setattr(batches, "CHUNK", 10)
    rows = [
        {"key_id": "k", "name": f"n{n}", "digest": "d", "asked_at": samples.NOW - 99 * HOUR}
        for n in range(35)
    ]
    with filled.begin() as connection:
        connection.execute(insert(tables.request), rows)
    sizes: list[int] = []

    def stop_at_the_third(*arguments: object) -> int:
        if len(sizes) == 2:
            raise KeyboardInterrupt
        sizes.append(in_transaction(*arguments))  # type: ignore[arg-type]  # as called
        return sizes[-1]

    with monkeypatch.context() as patched:
        patched.setattr(batches, "in_transaction", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            purge(filled, samples.NOW)
    left = counts(filled)["requests"]

    assert (sizes, left) == ([10, 10], 37 - 20)
    assert purge(filled, samples.NOW)["requests"] == 16


@pytest.fixture
def database(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database that the command uses."""
    url = fresh_database("sqlite", samples.prepare)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    store = Store(url)
    fill(store, datetime.now(UTC))
    return store


def command(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["purge", *arguments])


def test_command_prints_what_it_removes(database: Store):
    """A line for each kind."""
    dry, done = command("--dry-run"), command()

    for kind in ("requests", "demands", "jobs", "quarantine", "audit", "tally", "files"):
        assert f"{kind}: 1 from before " in dry.output
        assert f"{kind}: 1 from before " in done.output
    assert dry.output.count("would be removed") == done.output.count("removed") == 9
    assert counts(database)["requests"] == 1


@pytest.mark.parametrize("kind", ["journal", "audit", "quarantine", "tally"])
def test_term_below_two_years_is_refused(database: Store, kind: str):
    """It is what pagoPA asks for, and nothing is removed."""
    before = counts(database)
    refused, unreadable = command(f"--{kind}", "23m"), command(f"--{kind}", "2y")

    assert (refused.exit_code, f"{kind}: range: expected 24 months" in refused.output) == (1, True)
    assert (unreadable.exit_code, "such as 24m" in unreadable.output) == (2, True)
    assert counts(database) == before


def test_table_of_each_kind_is_purged_by_its_key():
    """A kind without its table would never be purged."""
    owned: dict[str, Table] = {kind: table for kind, (table, _) in batches.OLD.items()}

    assert owned == PURGED
