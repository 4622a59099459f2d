"""Reading is answered while another process holds SQLite's write lock."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import insert, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from gpd_soap.cli.main import main
from gpd_soap.monitoring.scrape import METRICS
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import READY
from tests.api.office import ENTRY, ORGANIZATION, ROUTE, BackOffice
from tests.api.operations import OFFER, OPERATIONS, SERVICE
from tests.api.paying import keep

ORGANIZATION_OPTION = ("--organization", ORGANIZATION)
READING = (
    ("db", "check"),
    ("organization", "list"),
    ("station", "list"),
    ("station", "list", *ORGANIZATION_OPTION),
    ("service", "list", *ORGANIZATION_OPTION),
    ("key", "list"),
    ("check", "--json"),
    ("receipts", "list", *ORGANIZATION_OPTION),
    ("receipts", "worklist", *ORGANIZATION_OPTION),
    ("receipts", "show", "r-90", *ORGANIZATION_OPTION),
    ("receipts", "raw", "r-90", *ORGANIZATION_OPTION),
    ("journal", "search", *ORGANIZATION_OPTION),
    ("journal", "show", ENTRY.key.reference),
    ("journal", "purge", "--dry-run"),
    ("purge", "--dry-run"),
    ("retention", "report"),
    ("audit",),
    ("audit", "--kind", "all", "--notice", ENTRY.nav),
    ("history", "POSIZIONE-1", *ORGANIZATION_OPTION),
    ("search", "POSIZIONE-1", *ORGANIZATION_OPTION),
    ("journal", "tally", *ORGANIZATION_OPTION),
    ("documents", "list", *ORGANIZATION_OPTION),
    ("operator", "list"),
    ("jobs", "list"),
    ("loads", "list", *ORGANIZATION_OPTION),
    ("health",),
)
#: Commands that change something, or do not use our database.
OTHERS = {
    *(("db", "grant"), ("db", "restored"), ("help", "settings"), ("help", "exit-codes")),
    *(("db", "upgrade"), ("demo",), ("serve",), ("load",), ("key", "create"), ("key", "revoke")),
    *((group, "put") for group in ("organization", "station", "service")),
    *((group, "remove") for group in ("organization", "station", "service")),
    *(("station", "serve"), ("station", "withdraw")),
    *(("loads", name) for name in ("send", "answer", "lines", "rows", "load")),
    *(("loads", name) for name in ("cancel", "resume", "undo")),
    *(("receipts", name) for name in ("claim", "release", "open")),
    *(("receipts", "resolve"), ("receipts", "rematch")),
    *(("retention", name) for name in ("set", "run", "forget")),
    *(("events", name) for name in ("list", "follow")),
    *(("work",), ("loads", "show"), *(("jobs", name) for name in ("show", "retry", "cancel"))),
    *(("deliver",), ("notice",), ("notices",), ("receipt",), ("organization", "printing")),
    *(("documents", name) for name in ("get", "verify", "sweep", "move")),
    *(("operator", name) for name in ("check-provider", "remove-identity", "remove-passkey")),
    *(("position", "restore"), ("operator", "show")),
    *(("operator", name) for name in ("invite", "suspend", "resume", "reset", "end-sessions")),
    *(("node", name) for name in ("verify", "options", "pay", "probe", "replay")),
}


@contextmanager
def other_writer(store: Store) -> Iterator[None]:
    """Hold a transaction of another process that has written and does not end."""
    file = make_url(str(store.engine.url)).database
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE organization SET name = name")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def filled(quick: BackOffice) -> BackOffice:
    """A back office in which every operation finds something to show."""
    quick.create(query="?toPublish=true")
    keep(quick)
    assert quick.put(SERVICE, OFFER, key=quick.key(Role.ADMIN)).status == 201
    # WHY: reports show the last use of keys and the exchanges, which threads write a moment later.
    assert quick.store.access_trail.flush()
    assert quick.store.journal.flush()
    return quick


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command below this one."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, *path, name)
    else:
        yield path


def test_every_get_is_answered_while_another_process_writes(filled: BackOffice):
    """The key, the list and its total are read without the write lock."""
    admin = filled.key(Role.ADMIN, keys.ALL_ORGANIZATIONS)
    paths = [each.path for each in OPERATIONS if each.method == "GET"]
    before = {path: filled.get(path, key=admin).status for path in paths}

    with other_writer(filled.store):
        during = {path: filled.get(path, key=admin).status for path in paths}

    assert during == before
    assert set(during.values()) == {200}


def test_health_and_metrics_are_answered_while_another_process_writes(filled: BackOffice):
    """The metrics hold the time of the last probe."""
    filled.store.remember_probe(ROUTE, filled.clock())
    key_of_every_organization = filled.key(Role.READER, keys.ALL_ORGANIZATIONS)

    with other_writer(filled.store):
        scraped, ready = (
            filled.get(METRICS, key=key_of_every_organization),
            filled.get(READY, key=""),
        )

    assert (scraped.status, ready.status) == (200, 200)
    assert b"gpd_probe_age_seconds" in scraped.body
    assert b"gpd_receipts" in scraped.body


def test_every_command_is_listed_as_reading_or_changing():
    """A new command must be added to one of the lists above."""
    all_commands = set(commands(main))
    reading = {path for path in all_commands if any(each[: len(path)] == path for each in READING)}

    assert reading | OTHERS == all_commands
    assert reading & OTHERS == set()


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_reading_command_succeeds_while_another_process_writes(
    filled: BackOffice, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    """Its exit status and output are the same as without the other process."""
    url = filled.store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    before = CliRunner().invoke(main, command)

    with other_writer(filled.store):
        during = CliRunner().invoke(main, command)

    assert before.exit_code == (1 if command[0] == "check" else 0), before.output
    assert (during.exit_code, during.stdout) == (before.exit_code, before.stdout)


def test_write_in_a_reading_transaction_is_an_error(store: Store):
    """The next writing transaction succeeds."""
    row = {"fiscal_code": "12345678901"}
    with pytest.raises(SQLAlchemyError), store.reading() as connection:
        connection.execute(insert(tables.broker), row)

    with store.begin() as connection:
        connection.execute(insert(tables.broker), row)


def test_pooled_connection_writes_after_a_reading_transaction(store: Store):
    """The node face takes its connections from the same pool."""
    assert read_only(store, lambda c: c.execute(text("SELECT 1")).scalar_one()) == 1

    store.quarantine("77777777777", "paSendRTV2", "broken", b"<none/>", ENTRY.arrived_at)
    changed = store._connections.write(
        lambda session: session.run("UPDATE organization SET name = name")
    )

    assert changed is None
