"""`gpd-soap organization`, `station` and `service`: the API's rules, by command."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.store.configuration import write
from gpd_soap.store.store import Store
from gpd_soap.usecases import service_rules
from tests.api.operations import OFFER
from tests.conftest import FreshDatabase, migrated
from tests.validation.bodies import ORGANIZATION

BROKER, STATION = "15376371009", "15376371009_01"
SETTINGS: Any = OFFER["settings"]
OF = ("--organization", ORGANIZATION)
UNKNOWN = ("--organization", "12345678901")


@pytest.fixture
def database(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new database that the commands use."""
    url = fresh_database("sqlite", migrated)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    return url


@pytest.fixture
def database_store() -> Iterator[Store]:
    """The store that the commands use."""
    store = Store(os.environ["GPD_DATABASE_URL"])
    yield store
    store.close()


def run(*arguments: str, sent: object = "") -> Result:
    """Run a command; standard input is `sent`, as JSON unless it is bytes."""
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return CliRunner().invoke(main, arguments, input=raw)


def output(*arguments: str, sent: object = "") -> str:
    """The standard output of a command that ends with exit code 0."""
    result = run(*arguments, sent=sent)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


@pytest.mark.usefixtures("database")
def test_organization_registered_with_station_and_service_can_be_removed(tmp_path: Path):
    """Each command prints its effect, and each list shows the rows that exist."""
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(SETTINGS))
    numbered = (*OF, "--segregation-code", "47")
    assert output("organization", "put", ORGANIZATION, "--name", "Comune") == "registered"
    assert output("organization", "put", ORGANIZATION, "--name", "Unione") == "changed"
    assert output("station", "put", STATION, "--broker", BROKER) == "registered"
    assert output("station", "serve", STATION, *numbered) == "registered"
    assert output("station", "serve", STATION, *OF, "--broadcast") == "changed"
    assert output("service", "put", "00001", "00009", str(file), *OF) == "registered"

    assert output("organization", "list") == f"{ORGANIZATION}  Unione"
    assert output("station", "list") == f"{STATION}  {BROKER}"
    assert output("station", "list", *OF) == f"{STATION}  {BROKER}  segregation code 47  broadcast"
    assert output("service", "list", *OF) == "00001  00009  declared"

    assert output("service", "remove", "00001", "00009", *OF) == "removed"
    assert output("station", "withdraw", STATION, *OF) == "withdrawn"
    assert output("station", "remove", STATION) == "removed"
    assert output("organization", "remove", ORGANIZATION) == "removed"
    assert output("organization", "list") == output("station", "list") == ""


@pytest.mark.usefixtures("database")
def test_station_keeps_what_no_option_names():
    """Segregation code and broadcast are changed one by one."""
    output("organization", "put", ORGANIZATION, "--name", "Comune")
    output("station", "put", STATION, "--broker", BROKER)
    listed = f"{STATION}  {BROKER}  segregation code "
    for options, expected in (
        (["--segregation-code", "47"], "47"),
        (["--broadcast"], "47  broadcast"),
        ([], "47  broadcast"),
        (["--segregation-code", "48"], "48  broadcast"),
        (["--no-broadcast"], "48"),
        (["--no-segregation-code"], "-"),
    ):
        output("station", "serve", STATION, *OF, *options)
        assert output("station", "list", *OF) == listed + expected

    both = run("station", "serve", STATION, *OF, "--segregation-code", "1", "--no-segregation-code")
    assert (both.exit_code, "not both" in both.stderr) == (2, True)


@pytest.mark.usefixtures("database")
def test_service_keeps_its_kind_unless_another_is_named(monkeypatch: pytest.MonkeyPatch):
    """Its settings are those of the file."""
    output("organization", "put", ORGANIZATION, "--name", "Comune")
    output("station", "put", STATION, "--broker", BROKER)
    output("station", "serve", STATION, *OF, "--segregation-code", "47")
    monkeypatch.setattr(service_rules, "settings_problem", lambda _kind, _settings: None)
    put = ("service", "put", "00001", "00009", "-", *OF)
    output(*put, "--kind", "of another package", sent=SETTINGS)

    assert output(*put, sent=SETTINGS) == "changed"
    assert output("service", "list", *OF) == "00001  00009  of another package"


@pytest.mark.usefixtures("database")
def test_stored_text_that_controls_a_terminal_is_printed_as_escapes(database_store: Store):
    """Another program may have written it."""
    with database_store.begin() as connection:
        write.put_organization(connection, ORGANIZATION, "Comune\x1b[2J\n\u202e\x9b")

    assert output("organization", "list") == f"{ORGANIZATION}  Comune\\x1b[2J\\n\\u202e\\x9b"


def test_list_longer_than_a_page_is_printed_whole(database: str):
    """The command reads one page of the store after another."""
    store = Store(database)
    with store.begin() as connection:
        write.put_broker(connection, BROKER)
        for number in range(101):
            write.put_station(connection, f"S{number:03}", BROKER)
    store.close()

    assert len(output("station", "list").splitlines()) == 101


REFUSED = {
    ("organization", "remove", "12345678901"): "not registered here",
    ("organization", "remove", ORGANIZATION): "stations: in-use: expected none",
    ("station", "remove", "S"): "not registered here",
    ("station", "remove", STATION): "organizations: in-use",
    ("station", "serve", "S", *OF): "not registered here",
    ("station", "serve", STATION, *UNKNOWN): "not registered here",
    ("station", "withdraw", "S", *OF): "does not serve",
    ("station", "list", *UNKNOWN): "not registered here",
    ("service", "list", *UNKNOWN): "not registered here",
    ("service", "remove", "00001", "00009", *OF): "offers no service",
}


@pytest.mark.parametrize(("arguments", "reason"), REFUSED.items(), ids=map(" ".join, REFUSED))
@pytest.mark.usefixtures("database")
def test_refused_change_prints_its_reason_and_ends_with_1(arguments: tuple[str, ...], reason: str):
    """Nothing is written to standard output."""
    output("organization", "put", ORGANIZATION, "--name", "Comune")
    output("station", "put", STATION, "--broker", BROKER)
    output("station", "serve", STATION, *OF)

    refused = run(*arguments)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert reason in refused.stderr


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


@pytest.mark.parametrize(("arguments", "reason"), UNUSABLE.items(), ids=map(ascii, UNUSABLE))
@pytest.mark.usefixtures("database")
def test_invalid_argument_is_named_and_ends_with_2(arguments: tuple[str, ...], reason: str):
    """Nothing is written to standard output."""
    refused = run(*arguments, sent=[])

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert reason in refused.stderr


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (b"{", 2, "expected JSON"),
        (b"\xff", 2, "expected UTF-8"),
        (b'{"amount": NaN}', 2, "NaN"),
        ({}, 1, "settings: settings: expected description"),
        ({**SETTINGS, "segregationCode": "48"}, 1, "settings.segregationCode: unknown"),
    ],
)
@pytest.mark.usefixtures("database")
def test_unusable_service_settings_are_not_stored(sent: object, code: int, reason: str):
    """The file is not JSON, or the kind of the service refuses its fields."""
    output("organization", "put", ORGANIZATION, "--name", "Comune")

    refused = run("service", "put", "00001", "00009", "-", *OF, sent=sent)

    assert refused.exit_code == code
    assert reason in refused.stderr
    assert output("service", "list", *OF) == ""


def test_database_without_tables_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The error names the command that creates the tables."""
    monkeypatch.setenv("GPD_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.delenv("GPD_CONFIG", raising=False)

    refused = run("organization", "list")

    assert refused.exit_code == 1
    assert "gpd-soap db upgrade" in refused.stderr
