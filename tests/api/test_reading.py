"""What only reads is answered while another holds SQLite's write lock."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import insert, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from gpd_soap.api.app import METRICS
from gpd_soap.cli.main import main
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import READY
from tests.api.office import CLAIM, ENTRY, ORGANIZATION, Office
from tests.api.operations import OFFER, OPERATIONS, SERVICE
from tests.api.paying import keep

OF = ("--organization", ORGANIZATION)
READING = (
    ("db", "check"),
    ("organization", "list"),
    ("station", "list"),
    ("station", "list", *OF),
    ("service", "list", *OF),
    ("key", "list"),
    ("check", "--json"),
    ("receipts", "list", *OF),
    ("receipts", "worklist", *OF),
    ("receipts", "show", "r-90", *OF),
    ("receipts", "raw", "r-90", *OF),
    ("journal", "search", *OF),
    ("journal", "show", ENTRY.key.reference),
    ("journal", "purge", "--dry-run"),
    ("audit",),
    ("health",),
)
#: What changes something, or asks no database of ours.
OTHERS = {
    *(("db", "upgrade"), ("demo",), ("serve",), ("load",), ("key", "create"), ("key", "revoke")),
    *((group, "put") for group in ("organization", "station", "service")),
    *((group, "remove") for group in ("organization", "station", "service")),
    *(("station", "serve"), ("station", "withdraw")),
    *(("receipts", "resolve"), ("receipts", "rematch")),
    *(("node", name) for name in ("verify", "options", "pay", "probe", "replay")),
}


@contextmanager
def writing(store: Store) -> Iterator[None]:
    """Another process's transaction that has written something and does not end."""
    file = make_url(str(store.engine.url)).database
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE organization SET name = name")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def filled(quick: Office) -> Office:
    """An office that has something to show for every operation."""
    quick.create(query="?toPublish=true")
    keep(quick)
    assert quick.put(SERVICE, OFFER, key=quick.key(Role.ADMIN)).status == 201
    return quick


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """The names of every command below this one."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, *path, name)
    else:
        yield path


def test_every_get_is_answered_while_another_writes(filled: Office):
    """The key, the list and its total are read without the write lock."""
    admin = filled.key(Role.ADMIN, keys.EVERY)
    asked = [each.path for each in OPERATIONS if each.method == "GET"]
    before = {path: filled.get(path, key=admin).status for path in asked}

    with writing(filled.store):
        during = {path: filled.get(path, key=admin).status for path in asked}

    assert during == before
    assert set(during.values()) == {200}


def test_what_watches_is_answered_while_another_writes(filled: Office):
    """Health and metrics too, with the last probe."""
    filled.store.remember_probe(CLAIM, filled.clock())
    every = filled.key(Role.READER, keys.EVERY)

    with writing(filled.store):
        scraped, ready = filled.get(METRICS, key=every), filled.get(READY, key="")

    assert (scraped.status, ready.status) == (200, 200)
    assert b"gpd_probe_age_seconds" in scraped.body
    assert b"gpd_receipts" in scraped.body


def test_every_command_is_known_to_read_or_to_change():
    """A new command must come to these tests."""
    there = set(commands(main))
    reading = {path for path in there if any(each[: len(path)] == path for each in READING)}

    assert reading | OTHERS == there
    assert reading & OTHERS == set()


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_is_done_while_another_writes(
    filled: Office, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    """Its exit status is the same as without the other."""
    url = filled.store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    before = CliRunner().invoke(main, command)

    with writing(filled.store):
        during = CliRunner().invoke(main, command)

    assert before.exit_code == (1 if command[0] == "check" else 0), before.output
    assert (during.exit_code, during.stdout) == (before.exit_code, before.stdout)


def test_a_reading_transaction_cannot_write(store: Store):
    """A write in it would wait for others, or take a lock that nobody expects."""
    row = {"fiscal_code": "12345678901"}
    with pytest.raises(SQLAlchemyError), store.reading() as connection:
        connection.execute(insert(tables.broker), row)

    with store.begin() as connection:
        connection.execute(insert(tables.broker), row)


def test_a_connection_that_read_may_write_afterwards_the_short_way(store: Store):
    """The node face takes its connections from the same pool."""
    assert read_only(store, lambda c: c.execute(text("SELECT 1")).scalar_one()) == 1

    store.quarantine("77777777777", "paSendRTV2", "broken", b"<none/>", ENTRY.arrived_at)
    changed = store._connections.write(
        lambda session: session.run("UPDATE organization SET name = name")
    )

    assert changed is None
