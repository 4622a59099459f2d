"""Loads of files on the command line."""

import json

from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store.samples import ORGANIZATION, OTHER, prepare
from tests.usecases.loads.bed import LoadBed
from tests.usecases.loads.files import as_csv, line


def run(url: str, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments, env={"GPD_DATABASE_URL": url})


def test_loads_are_listed_and_shown(fresh_database: FreshDatabase):
    """With what is wrong, line by line, and without any value of the file."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    file = as_csv([line(1), line(2, codice_fiscale="0123456789")])
    load = LoadBed(store).tried(file, "tari.csv")
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
