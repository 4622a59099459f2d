"""The log of a server that is used for everything at level debug names no person and no secret."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import make_url

from gpd_soap.cli.main import main
from gpd_soap.settings import Settings
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import serving
from tests.e2e.test_served import RECEIPT, VERIFY, living
from tests.fuzz.mutating import CORPUS
from tests.ports import free_port
from tests.postgres import Postgres
from tests.validation.bodies import body, option

PASSWORD = "parola-segreta"  # noqa: S105  # invented
PERSON = {
    "fullName": "Ermenegilda Segretini",
    "streetName": "Via Segreta",
    "email": "segreta@esempio.invalid",
    "phone": "0000000000",
}

#: Patterns of personal data and secrets.
SHAPES = {
    "fiscal code": r"\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]\b",
    "account": r"\bIT[0-9]{2}[A-Z][0-9]{10}",
    "notice": r"\b[0-3][0-9]{17}\b",
    "e-mail": r"[\w.]+@[\w.]+\.invalid",
    "key": r"gpd_[A-Za-z0-9_-]{20,}",
    "message": r"<\w+:|</|paymentOption\b|fullName",
    "person": r"(?i)segret|Maria Esempio|Mario Esempio|Società Inventata|Via dell",
}


class Day(NamedTuple):
    """A server, a key, its log and its database."""

    node: str
    admin: str
    key: str
    log_path: Path
    database: str


@pytest.fixture
def day(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Day]:
    """Both faces over PostgreSQL, whose URL holds a password."""
    url = make_url(fresh_database("postgresql", living)).set(password=PASSWORD)
    database = url.render_as_string(hide_password=False)
    store = Store(database)
    with store.begin() as connection:
        token = keys.create(connection, "Ufficio", Role.ADMIN, [], world.NOW)[1]
    store.close()
    bind, log_path = f"127.0.0.1:{free_port()}", tmp_path / "log"
    with serving(
        "all", database, log_path, GPD_ADMIN_BIND=bind, GPD_LOG_LEVEL="debug", GPD_JOURNAL="log"
    ) as node:
        yield Day(node, f"http://{bind}", token, log_path, database)


def ask_node(day: Day, message: bytes) -> int:
    """Status of the answer to a message."""
    headers = {"Content-Type": "text/xml", "SOAPAction": "paVerifyPaymentNotice"}
    return requests.post(day.node, message, headers=headers, timeout=180).status_code


def ask_admin(day: Day, method: str, path: str, content: object = None, key: str = "") -> int:
    """Status of an answer of the admin face."""
    headers = {"X-Api-Key": key or day.key, "Content-Type": "application/json"}
    sent = content if isinstance(content, bytes) else json.dumps(content)
    url = f"{day.admin}{path}"
    return requests.request(method, url, data=sent, headers=headers, timeout=180).status_code


def run(day: Day, *command: str) -> None:
    """Run a command on the same database; its output is appended to the log."""
    environment = {"GPD_DATABASE_URL": day.database, "GPD_LOG_LEVEL": "debug", "PATH": ""}
    with day.log_path.open("ab") as log_file:
        subprocess.run(
            [sys.executable, "-m", "gpd_soap", *command], env=environment,
            stdout=log_file, stderr=log_file, check=False, timeout=180,
        )  # fmt: skip


def personal_data(text: str) -> dict[str, list[str]]:
    """Parts of the text that match a pattern, by its name."""
    matches_of = {name: re.findall(shape, text) for name, shape in SHAPES.items()}
    return {name: matches for name, matches in matches_of.items() if matches}


def test_patterns_match_personal_data_and_keys() -> None:
    """Each pattern matches the invented data that the server gets below."""
    matched = personal_data(json.dumps(body(**PERSON)) + CORPUS[0].decode() + VERIFY.decode())

    assert set(matched) == set(SHAPES) - {"key"}
    assert set(personal_data(f"{keys.PREFIX}{'a' * 43}")) == {"key"}


def test_log_of_a_busy_server_has_no_personal_data_or_secret(
    day: Day, postgres: Postgres, tmp_path: Path
) -> None:
    """It gets payments, refusals, broken messages and commands, also without a database."""
    own = f"/organizations/{world.ORGANIZATION}"
    position = body(option(70), **PERSON)
    statuses = [ask_node(day, message) for message in CORPUS]
    assert {200, 500, 503} > set(statuses) >= {200, 500}

    assert ask_admin(day, "POST", f"{own}/debtpositions", position) in (201, 400)
    assert ask_admin(day, "POST", f"{own}/debtpositions", body(nonsense=PERSON["fullName"])) == 400
    assert ask_admin(day, "POST", f"{own}/debtpositions", b'{"fullName": "Segretini"') == 400
    assert ask_admin(day, "GET", f"{own}/debtpositions/{PERSON['fullName']}") == 404
    assert ask_admin(day, "GET", f"{own}/worklist") == 200
    assert ask_admin(day, "GET", "/worklist", key=f"gpd_{'a' * 43}") == 401
    receipts = f"/payments/{world.ORGANIZATION}/receipts?debtorOrIuv=RSSMRA00A01A000A"
    assert ask_admin(day, "GET", receipts) == 200
    assert (
        ask_admin(day, "POST", "/keys", {"name": "Prova", "role": "admin", "organizations": ["*"]})
        == 201
    )

    file = tmp_path / "positions.json"
    file.write_text(json.dumps({"positions": [{"organization": world.ORGANIZATION, **position}]}))
    run(day, "load", str(file))
    run(day, "load", str(file), "--dry-run", "--keep-going")
    run(day, "check")

    postgres.stop()
    gone = [ask_node(day, VERIFY), ask_node(day, RECEIPT)]
    gone += [
        ask_admin(day, "GET", receipts),
        ask_admin(day, "POST", f"{own}/debtpositions", body()),
    ]
    run(day, "check")
    run(day, "audit")
    postgres.start()

    assert gone == [200, 503, 503, 503]
    log_text = day.log_path.read_text(encoding="utf-8")
    assert log_text.count('"exchange"') >= len(CORPUS) // 2
    assert personal_data(log_text) == {}
    assert day.key not in log_text


WRONG = [
    ["--help"],
    ["serve", "--help"],
    ["db", "upgrade"],
    ["db", "check"],
    ["health"],
    ["key", "list"],
    ["check"],
]
ADDRESSES = [
    f"postgresql://gpd:{PASSWORD}@127.0.0.1:9/gpd",
    f"postgresql://gpd:{PASSWORD}@nowhere.invalid/gpd?connect_timeout=1",
    f"postgresql://gpd:{PASSWORD}@127.0.0.1:no/gpd",
    f"mysql://gpd:{PASSWORD}@127.0.0.1/gpd",
    f"gpd:{PASSWORD}",
]


@pytest.mark.parametrize("address", ADDRESSES, ids="refused unknown port kind none".split())
def test_unusable_database_url_is_not_printed(address: str) -> None:
    """No command prints it in its help, its error or a traceback."""
    variables = {"GPD_DATABASE_URL": address, "GPD_LOG_LEVEL": "debug", "PATH": ""}
    for command in WRONG:
        done = CliRunner().invoke(main, command, env=variables)

        assert PASSWORD not in done.output, command
        assert done.exception is None or isinstance(done.exception, SystemExit), command


@pytest.mark.parametrize("address", [ADDRESSES[0], ADDRESSES[2]], ids=["refused", "port"])
def test_unusable_database_url_is_not_printed_by_a_server(address: str) -> None:
    """Neither the error of a process of its own nor its log has the password or a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "gpd_soap", "serve"],
        env={"GPD_DATABASE_URL": address, "GPD_LOG_LEVEL": "debug", "PATH": ""},
        capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip

    assert PASSWORD not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_repr_of_settings_and_stores_hides_the_database_password() -> None:
    """A debugger, an error report and an assertion call repr."""
    settings = Settings(database_url=ADDRESSES[0])
    store = Store(ADDRESSES[0])

    shown = f"{settings!r} {settings} {store!r} {store.engine!r} {store.engine.url}"
    assert PASSWORD not in shown
