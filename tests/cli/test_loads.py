"""Loads of files on the command line."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.clock import utc_now
from gpd_soap.store.store import Store
from gpd_soap.usecases.jobs.worker import Worker
from gpd_soap.usecases.loads.work import kinds
from tests.conftest import FreshDatabase
from tests.store.samples import ORGANIZATION, OTHER, prepare
from tests.usecases.loads.files import as_csv, line
from tests.usecases.loads.harness import LoadHarness


def run(url: str, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments, env={"GPD_DATABASE_URL": url})


def test_loads_are_listed_and_shown(fresh_database: FreshDatabase):
    """The errors are shown line by line, without any value of the file."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    file = as_csv([line(1), line(2, codice_fiscale="0123456789")])
    load = LoadHarness(store).tried(file, "tari.csv")
    store.close()

    listed = run(url, "loads", "list", "--organization", ORGANIZATION)
    as_json = run(url, "loads", "list", "--organization", ORGANIZATION, "--json")
    shown = run(url, "loads", "show", load.id, "--organization", ORGANIZATION)
    missing = run(url, "loads", "show", load.id, "--organization", OTHER)

    assert listed.stdout.startswith(load.id)
    assert listed.stdout.rstrip().endswith("trialled  ready 1 present 0 refused 1  tari.csv")
    assert json.loads(as_json.stdout)["cents"] == 12850
    assert "state: trialled" in shown.stdout
    assert "line 3: fiscalCode: code-length: 16 characters, or 11 digits" in shown.stdout
    assert "0123456789" not in shown.stdout
    assert (missing.exit_code, "loads list" in missing.output) == (1, True)


def test_file_is_sent_tried_stored_and_taken_back(fresh_database: FreshDatabase, tmp_path: Path):
    """Each command does one step, and a worker what follows; the audit has each change."""
    url, file = fresh_database("sqlite", prepare), tmp_path / "tari.csv"
    lines = [line(1, scadenza="30/04/2199"), line(2, scadenza="30/04/2199", codice_fiscale="0123")]
    file.write_bytes(as_csv(lines).read())
    ours = ("--organization", ORGANIZATION)

    def step(*arguments: str) -> dict[str, str]:
        done = run(url, "loads", *arguments, *ours)
        assert done.exit_code == 0, done.output
        store = Store(url)
        Worker(store, kinds(), utc_now, lambda: 0.5).once()
        store.close()
        shown = run(url, "loads", "show", load or done.stdout.split()[1], *ours).stdout
        return dict(each.partition(": ")[::2] for each in shown.splitlines())

    load = ""
    tried = step("send", str(file))
    load = tried["id"]
    assert (tried["state"], tried["ready"], tried["name"]) == ("trialled", "1", "tari.csv")
    refused = run(url, "loads", "lines", load, "--refused", *ours).stdout
    assert refused.startswith("line 3: fiscalCode: ")
    assert b"0123" in run(url, "loads", "rows", load, *ours).stdout_bytes

    other = run(url, "loads", "load", load, *ours, "--reading", "other")
    assert (other.exit_code, "by another reading" in other.stderr) == (1, True)
    assert step("load", load, "--reading", tried["reading"])["state"] == "loaded"
    stored = run(url, "loads", "lines", load, *ours).stdout
    assert stored == "line 2: loaded: TARI-000001\nline 3: refused: -\n"
    assert step("undo", load, "--way", "withdraw")["taken_back"] == "{'refused': 1, 'withdrawn': 1}"
    for name in ("cancel", "resume"):
        again = run(url, "loads", name, load, *ours)
        assert (again.exit_code, again.stderr.count("\n")) == (1, 1)
    audit = run(url, "audit", *ours).stdout
    assert all(f"loads {each}" in audit for each in ("send", "load", "undo"))


def test_file_that_does_not_say_its_unit_is_answered(fresh_database: FreshDatabase, tmp_path: Path):
    """The load waits meanwhile; a file of another kind is refused on one line."""
    url, file = fresh_database("sqlite", prepare), tmp_path / "tari.csv"
    file.write_bytes(as_csv([line(1, importo="1250")]).read())
    ours = ("--organization", ORGANIZATION)
    sent = run(url, "loads", "send", str(file), *ours)
    answered = run(url, "loads", "answer", sent.stdout.split()[1], *ours, "--amounts", "cents")

    assert "state: received\n" in sent.stdout
    assert "state: trial\n" in answered.stdout
    assert "amounts: cents\n" in answered.stdout
    file.write_bytes(b"%PDF-1.7")
    refused = run(url, "loads", "send", str(file), *ours)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "this is a PDF" in refused.stderr
