"""How a run goes: dry, in batches, beside another one, and the traces that it leaves."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gpd_soap.core.event import EventType
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.events.write import write
from gpd_soap.store.retention import positions as batches
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.record import CommandRecord
from gpd_soap.usecases.retention.keep import By, keep
from tests.conftest import FreshDatabase
from tests.store import samples
from tests.store import test_organization as law
from tests.store.samples import NOW, ORGANIZATION, option, position, receipt
from tests.store.test_organization import Runs, wrong
from tests.usecases.retention.running import JOB, LATER, named, read, rows_of, run

runs = law.runs


def test_dry_run_counts_the_same_and_changes_nothing(store: Store):
    """An operator sees what a run would do."""
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))
    watched = (tables.position, tables.payment_option, tables.receipt, tables.event, tables.audit)
    before = [rows_of(store, each) for each in watched]

    counted = run(store, dry_run=True)

    assert counted == {f"{ORGANIZATION} positions": 1, f"{ORGANIZATION} receipts": 1}
    assert [rows_of(store, each) for each in watched] == before
    assert run(store) == counted


def test_run_leaves_events_and_a_row_of_the_audit_without_the_person(store: Store):
    """One event for each position and receipt, one for the run with its counts."""
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))
    with store.begin() as connection:
        connection.execute(tables.event.delete())
    by = By(JOB, CommandRecord("root", "retention run", lambda: LATER))
    list(keep(store, Settings(), LATER, by))

    by_type = {each["type"]: each for each in rows_of(store, tables.event)}
    assert {kind: (each["subject"], each["data"]) for kind, each in by_type.items()} == {
        EventType.POSITION_FORGOTTEN: ("P", {"iupd": "P"}),
        EventType.RECEIPT_FORGOTTEN: (
            "P",
            {"receiptId": "r-1", "nav": samples.nav(1), "iupd": "P"},
        ),
        EventType.RETENTION_FINISHED: ("retention", {"positions": 1, "receipts": 1}),
    }
    assert {(each["actor_kind"], each["actor"]) for each in by_type.values()} == {
        ("job", "retention")
    }
    revision = read(store, "P").progress[0].revision
    assert by_type[EventType.POSITION_FORGOTTEN]["revision"] == revision
    rows = [each for each in rows_of(store, tables.audit) if each["organization"] == ORGANIZATION]
    assert [each["resource"] for each in rows] == ["forgotten: positions 1, receipts 1"]


def test_run_that_is_stopped_goes_on_at_the_next(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Each batch is a transaction of its own, in the order of creation."""
    monkeypatch.setattr(batches, "BATCH", 2)
    samples.add(store, *(position(str(n), option(n), withdrawn_at=NOW) for n in range(1, 6)))
    write_events, calls = write, []

    def stop_at_the_second(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write_events(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("gpd_soap.store.events.write.write", stop_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            run(store)

    assert named(store) == {"3", "4", "5"}
    assert run(store) == {f"{ORGANIZATION} positions": 3}


def test_every_statement_of_forgetting_names_the_organization(store: Store, runs: Runs):
    """A database distributed by organization then sends it to one machine."""
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))
    run(store, dry_run=True)
    run(store)
    lists = {
        "retention.terms.read",
        "retention.terms.organizations",
        "purge._remove",
        "purge.count",
        "journal.purge.count",
        "journal.purge._any",
        "journal.purge._remove",
    }

    assert {name for name in runs if name.startswith("retention.positions")}
    assert {name: each for name, each in wrong(runs).items() if name not in lists} == {}


def test_two_runs_at_a_time_forget_each_position_once(fresh_database: FreshDatabase):
    """What one has locked, the other leaves out."""
    made = Store(fresh_database("postgresql", samples.prepare))
    samples.add(made, *(position(str(n), option(n), withdrawn_at=NOW) for n in range(1, 251)))
    stores = [made, Store(str(made.engine.url))]
    with ThreadPoolExecutor(2) as pool:
        counts = [each.get(f"{ORGANIZATION} positions", 0) for each in pool.map(run, stores)]

    assert sum(counts) == 250
    rows = [each["subject"] for each in rows_of(made, tables.event)
            if each["type"] == EventType.POSITION_FORGOTTEN]  # fmt: skip
    assert len(rows) == len(set(rows)) == 250
    for each in stores:
        each.close()
