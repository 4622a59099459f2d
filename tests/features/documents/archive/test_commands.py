"""`gpd-soap documents` and `gpd-soap notices`, over the sample data of the demo."""

import csv
import json
from datetime import UTC
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from gpd_soap import demo
from gpd_soap.cli.main import main
from gpd_soap.clock import utc_now
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.rome import ROME
from gpd_soap.features.documents.archive.batch import Request, begin
from gpd_soap.features.documents.archive.job import enqueue_batch, job_of
from gpd_soap.settings import Settings
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, last_load
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase, migrated
from tests.features.documents.archive.buckets import SECRET
from tests.ports import free_port

NUMBERS = {label: nav for nav, label, _ in demo.describe()}
SOMEBODY = Actor(ActorKind.COMMAND, "somebody")
SINGLE, PAID = NUMBERS["a single option"], NUMBERS["paid: its receipt is kept"]


@pytest.fixture
def store(fresh_database: FreshDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return the store of the demo, which the environment names."""
    address = fresh_database("sqlite", migrated)
    monkeypatch.setenv("GPD_DATABASE_URL", address)
    monkeypatch.chdir(tmp_path)
    store = Store(address)
    demo.install(store, utc_now())
    return store


def run(*words: str, text_in: str = "") -> Result:
    """Run the program."""
    return CliRunner().invoke(main, words, input=text_in)


def test_documents_are_listed_returned_and_verified(store: Store):
    """An altered byte is found by the command, after any restart."""
    assert run("notice", SINGLE, "-o", "a.pdf").exit_code == 0
    listed = json.loads(run("documents", "list", "--nav", SINGLE, "--json").output)
    line = run("documents", "list").output
    got = run("documents", "get", listed["id"], "-o", "b.pdf")
    sound = run("documents", "verify")
    with store.begin() as connection:
        connection.execute(text("UPDATE document SET content = content || x'00'"))
    broken = run("documents", "verify", "--no-codes")

    assert (listed["state"], listed["navs"], listed["actorKind"]) == (
        "current",
        [SINGLE],
        "command",
    )
    assert "current" in line
    assert listed["id"] in line
    assert got.exit_code == 0
    assert Path("a.pdf").read_bytes() == Path("b.pdf").read_bytes()
    assert (sound.exit_code, sound.stdout) == (0, "1 documents verified, 0 damaged\n")
    assert broken.exit_code == 1
    assert listed["id"] in broken.stdout
    assert "the bytes do not have their digest" in broken.stdout
    for words in (("documents", "get", listed["id"]), ("notice", SINGLE)):
        refused = run(*words, "-o", "c.pdf")
        assert (refused.exit_code, "lost or changed" in refused.output) == (1, True)
        assert not Path("c.pdf").exists()


@pytest.mark.usefixtures("store")
def test_unknown_document_is_refused():
    """No file is made."""
    refused = run("documents", "get", "0" * 64, "-o", "c.pdf")

    assert (refused.exit_code, "no document with this id" in refused.output) == (1, True)
    assert not Path("c.pdf").exists()


@pytest.mark.usefixtures("store")
def test_notices_of_a_list_are_files_with_a_table_of_outcomes():
    """The exit code says that one was refused, and a second run writes the same files."""
    ended = run("notices", "--list", "-", "-o", "out", text_in=f"{SINGLE}\n\n{PAID}\n")
    batch = ended.stdout.split()[1].rstrip(":")
    again = run("notices", "--resume", batch, "-o", "again")
    with Path("out/outcomes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert (ended.exit_code, again.exit_code) == (1, 1)
    assert "1 released, 1 refused" in ended.stdout
    assert [(row["notice"], bool(row["reason"])) for row in rows] == [(SINGLE, False), (PAID, True)]
    assert Path("out", rows[0]["file"]).read_bytes().startswith(b"%PDF")
    for each in Path("out").iterdir():
        assert Path("again", each.name).read_bytes() == each.read_bytes()


def test_cancelled_batch_is_resumed_by_the_command(store: Store):
    """Who cancels its job by command ends it too."""

    def work(connection: Transaction) -> Batch:
        batch = begin(connection, "77777777777", Request([SINGLE]), SOMEBODY, utc_now())
        enqueue_batch(connection, batch)
        return batch

    def state() -> str:
        batch = read_only(store, lambda c: batches.get(c, begun.organization, begun.id))
        assert batch is not None
        return batch.state

    begun = in_transaction(store, work)
    cancelled = run("jobs", "cancel", job_of(begun))
    between = state()
    resumed = run("notices", "--resume", begun.id, "-o", "out")

    assert (cancelled.stdout, between) == ("cancelled\n", "cancelled")
    assert (resumed.exit_code, "1 released, 0 refused" in resumed.stdout) == (0, True)
    assert state() == "done"


@pytest.mark.usefixtures("store")
def test_notices_of_a_load_and_of_due_dates_are_whole_positions():
    """The demo was one load."""
    load = run("notices", "--load", "last", "-o", "load")
    due = run("notices", "--due", "2020-01-01", "2020-01-02", "-o", "due")

    assert "7 released, 4 refused" in load.stdout
    assert (due.exit_code, "0 released, 0 refused" in due.stdout) == (0, True)


def test_load_is_chosen_by_its_instant_with_any_offset(store: Store):
    """Without an offset the instant is in UTC."""
    with store.reading() as connection:
        instant = last_load(connection, "77777777777")
    assert instant is not None
    in_rome = instant.astimezone(ROME)
    for typed in (in_rome.isoformat(), instant.astimezone(UTC).replace(tzinfo=None).isoformat()):
        assert "7 released, 4 refused" in run("notices", "--load", typed, "-o", "load").stdout


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--load", "last", "--due", "2026-01-01", "2026-01-02"),
        ("--load", "yesterday"),
        ("--due", "2026-01-01", "x"),
        ("--list", "long.txt"),
    ],
)
def test_invalid_choice_is_refused_before_a_folder_is_made(words: tuple[str, ...]):
    """No folder is made."""
    Path("long.txt").write_text(f"{SINGLE}0\n", encoding="utf-8")

    assert run("notices", "-o", "out", *words).exit_code == 2
    assert not Path("out").exists()


@pytest.mark.usefixtures("store")
def test_command_moves_documents_into_a_bucket_and_verifies_them(
    bucket: Settings, monkeypatch: pytest.MonkeyPatch
):
    """The settings are the only place of the secret; a bucket that fails is one line."""
    assert run("notice", SINGLE, "-o", "a.pdf").exit_code == 0
    for name in ("documents", "documents_endpoint", "documents_key_id", "documents_secret"):
        monkeypatch.setenv(f"GPD_{name.upper()}", getattr(bucket, name))
    moved = run("documents", "move")
    verified = run("documents", "verify")
    again = run("documents", "move")
    printed = run("notice", SINGLE, "-o", "b.pdf")
    monkeypatch.setenv("GPD_DOCUMENTS_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    refused = [run("documents", "verify"), run("notice", SINGLE, "-o", "c.pdf")]

    assert (moved.exit_code, moved.output) == (0, "1 documents moved, 0 left\n")
    assert (verified.exit_code, verified.stdout) == (0, "1 documents verified, 0 damaged\n")
    assert again.output == "0 documents moved, 0 left\n"
    assert printed.exit_code == 0
    assert Path("a.pdf").read_bytes() == Path("b.pdf").read_bytes()
    for each in refused:
        assert (each.exit_code, "Storage not available" in each.output) == (1, True), each.output
        assert SECRET not in each.output
    assert not Path("c.pdf").exists()
