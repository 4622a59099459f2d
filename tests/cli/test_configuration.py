"""What is ours, said by commands: the rules of the API, a line for each thing that is done."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests.api.operations import OFFER
from tests.validation.bodies import ORGANIZATION

BROKER, STATION = "15376371009", "15376371009_01"
SETTINGS: Any = OFFER["settings"]
OF = ("--organization", ORGANIZATION)
NOBODY = ("--organization", "12345678901")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new database that the commands find."""
    url = f"sqlite:///{tmp_path / 'configured.db'}"
    store = Store(url)
    migrate.upgrade(store.engine)
    store.close()
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)


def run(*told: str, sent: object = "") -> Result:
    """Run a command; what is not bytes is sent as JSON."""
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return CliRunner().invoke(main, told, input=raw)


def said(*told: str, sent: object = "") -> str:
    """What a command prints that ends well."""
    done = run(*told, sent=sent)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


@pytest.mark.usefixtures("database")
def test_an_organization_is_configured_and_taken_apart_by_commands(tmp_path: Path):
    """Each says in a word what it did, and each list what is there."""
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(SETTINGS))
    numbered = (*OF, "--segregation-code", "47")
    assert said("organization", "put", ORGANIZATION, "--name", "Comune") == "registered"
    assert said("organization", "put", ORGANIZATION, "--name", "Unione") == "changed"
    assert said("station", "put", STATION, "--broker", BROKER) == "registered"
    assert said("station", "serve", STATION, *numbered) == "registered"
    assert said("station", "serve", STATION, *numbered, "--broadcast") == "changed"
    assert said("service", "put", "00001", "00009", str(file), *OF) == "registered"

    assert said("organization", "list") == f"{ORGANIZATION}  Unione"
    assert said("station", "list") == f"{STATION}  {BROKER}"
    assert said("station", "list", *OF) == f"{STATION}  {BROKER}  segregation code 47  broadcast"
    assert said("service", "list", *OF) == "00001  00009  declared"

    assert said("service", "remove", "00001", "00009", *OF) == "removed"
    assert said("station", "withdraw", STATION, *OF) == "withdrawn"
    assert said("station", "remove", STATION) == "removed"
    assert said("organization", "remove", ORGANIZATION) == "removed"
    assert said("organization", "list") == said("station", "list") == ""


@pytest.mark.usefixtures("database")
def test_a_list_ends_where_there_is_no_more():
    """Not with the page of the store that it asks for."""
    for at in range(101):
        assert said("station", "put", f"S{at:03}", "--broker", BROKER) == "registered"

    assert len(said("station", "list").splitlines()) == 101


REFUSED = {
    ("organization", "remove", "12345678901"): "not registered here",
    ("organization", "remove", ORGANIZATION): "stations: in-use: expected none",
    ("station", "remove", "S"): "not registered here",
    ("station", "remove", STATION): "organizations: in-use",
    ("station", "serve", "S", *OF): "not registered here",
    ("station", "serve", STATION, *NOBODY): "not registered here",
    ("station", "withdraw", "S", *OF): "does not serve",
    ("station", "list", *NOBODY): "not registered here",
    ("service", "list", *NOBODY): "not registered here",
    ("service", "remove", "00001", "00009", *OF): "offers no service",
}


@pytest.mark.parametrize(("told", "why"), REFUSED.items(), ids=map(" ".join, REFUSED))
@pytest.mark.usefixtures("database")
def test_what_cannot_be_done_is_said_and_ends_with_one(told: tuple[str, ...], why: str):
    """In the words of the API."""
    said("organization", "put", ORGANIZATION, "--name", "Comune")
    said("station", "put", STATION, "--broker", BROKER)
    said("station", "serve", STATION, *OF)

    refused = run(*told)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert why in refused.stderr


UNUSABLE = {
    ("organization", "put", "1", "--name", "Comune"): "organization-code: expected 11 digits",
    ("organization", "put", ORGANIZATION, "--name", ""): "name: length",
    ("organization", "put", ORGANIZATION, "--name", "a\nb"): "name: characters",
    ("organization", "put", ORGANIZATION, "--name", "a\udc80"): "name: characters",
    ("organization", "remove", "1"): "organization-code",
    ("station", "put", "x" * 36, "--broker", BROKER): "station: length",
    ("station", "put", STATION, "--broker", "x" * 36): "broker: length",
    ("station", "remove", "\udc80"): "station: characters",
    ("station", "list", "--organization", "1"): "organization-code",
    ("station", "serve", STATION, *OF, "--segregation-code", "7"): "segregationCode",
    ("service", "put", "1", "00009", "-", *OF): "idServizio: length",
    ("service", "put", "00001", "00009", "-", *OF): "settings: type: expected an object",
}


@pytest.mark.parametrize(("told", "why"), UNUSABLE.items(), ids=map(ascii, UNUSABLE))
@pytest.mark.usefixtures("database")
def test_what_makes_no_sense_is_said_and_ends_with_two(told: tuple[str, ...], why: str):
    """Before the database is asked."""
    refused = run(*told, sent=[])

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert why in refused.stderr


@pytest.mark.parametrize(
    ("sent", "code", "why"),
    [
        (b"{", 2, "expected JSON"),
        (b"\xff", 2, "expected UTF-8"),
        (b'{"amount": NaN}', 2, "NaN"),
        ({}, 1, "settings: settings: expected description"),
        ({**SETTINGS, "segregationCode": "48"}, 1, "settings.segregationCode: unknown"),
    ],
)
@pytest.mark.usefixtures("database")
def test_settings_that_cannot_work_are_not_kept(sent: object, code: int, why: str):
    """Of a file that is no JSON, or that the kind refuses."""
    said("organization", "put", ORGANIZATION, "--name", "Comune")

    refused = run("service", "put", "00001", "00009", "-", *OF, sent=sent)

    assert refused.exit_code == code
    assert why in refused.stderr
    assert said("service", "list", *OF) == ""


def test_a_database_that_is_not_ready_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With what to do about it."""
    monkeypatch.setenv("GPD_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.delenv("GPD_CONFIG", raising=False)

    refused = run("organization", "list")

    assert refused.exit_code == 1
    assert "gpd-soap db upgrade" in refused.stderr
