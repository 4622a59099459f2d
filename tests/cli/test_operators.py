"""`gpd-soap operator`: what it prints, what it refuses, and the rows of the audit."""

import json
import logging
import re
from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.usecases.people.invitations import Invitations
from gpd_soap.usecases.people.passwords import Passwords
from gpd_soap.wsgi.exposure import console_address
from tests.conftest import FreshDatabase
from tests.usecases.people.conftest import prepare
from tests.usecases.people.people import CHEAP, MAIL, NAME, ORGANIZATION, PASSWORD, Numbered

INVITE = ("operator", "invite", NAME, "--mail", MAIL, "--role", "reader",
          "--organization", ORGANIZATION)  # fmt: skip


@pytest.fixture(autouse=True)
def url(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the commands use."""
    address = fresh_database("sqlite", prepare)
    monkeypatch.setenv("GPD_DATABASE_URL", address)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    return address


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments)


def invited(*more: str) -> str:
    """Invite, and return the link."""
    result = run(*INVITE, *more)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_invite_prints_one_line_with_a_link_that_works(url: str):
    """A script reads the link from standard output."""
    link = invited()
    match = re.fullmatch(r"http://127\.0\.0\.1:8081/console/invitation/([\w-]{43})", link)

    assert match is not None
    store = Store(url)
    invitations = Invitations(store, Passwords(Numbered(), CHEAP), Numbered())
    now = datetime.now().astimezone()
    assert invitations.look(match[1], now).operator.name == NAME
    invitations.accept(match[1], PASSWORD, None, now)
    store.close()
    assert "password: set" in run("operator", "show", MAIL).stdout


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8081"),
        ({"admin_bind": "0.0.0.0:9000"}, "http://127.0.0.1:9000"),
        ({"admin_bind": "[::1]:9000"}, "http://[::1]:9000"),
        ({"admin_bind": "unix:/run/x/socket"}, "http://localhost"),
        ({"console_url": "https://ec.example/"}, "https://ec.example"),
    ],
)
def test_link_has_the_address_of_the_console(settings: dict[str, Any], address: str):
    """GPD_CONSOLE_URL, or else the address of the admin face."""
    assert console_address(Settings(**settings)) == address


def test_list_and_show_print_an_operator_without_secrets():
    """A line has id, role, organizations, scopes, day, name and mail address."""
    token = invited("--scope", "persons").rpartition("/")[2]
    line = run("operator", "list").stdout
    shown = run("operator", "show", NAME).stdout

    assert re.fullmatch(
        rf"[0-9a-f]{{12}}  reader  {ORGANIZATION}  persons  \d{{4}}-\d\d-\d\d  {NAME}  {MAIL}\n",
        line,
    )
    assert shown.startswith(line)
    assert "password: none\nsecond factor: none\nrecovery codes left: 0\n" in shown
    assert token not in shown


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (INVITE, 1, "gpd-soap operator reset"),
        ((*INVITE[:2], "a@b", *INVITE[5:]), 2, "without @"),
        ((*INVITE[:2], "Altra", *INVITE[5:], "--scope", "load"), 1, "for a reader: persons"),
        ((*INVITE[:2], "Altra", "--role", "admin"), 2, "--organization"),
        ((*INVITE[:2], "Altra", "--mail", "x", *INVITE[5:]), 2, "name@domain"),
        (("operator", "show", "Nessuno"), 1, "gpd-soap operator list"),
        (("operator", "suspend", "Nessuno"), 1, "gpd-soap operator list"),
        (("operator", "resume", "Nessuno"), 1, "gpd-soap operator list"),
        (("operator", "reset", "Nessuno"), 1, "gpd-soap operator list"),
        (("operator", "end-sessions", "Nessuno"), 1, "gpd-soap operator list"),
    ],
)
def test_refused_command_says_what_to_do(arguments: tuple[str, ...], code: int, text: str):
    """Each refusal has a reason and an exit code."""
    invited()

    result = run(*arguments)

    assert (result.exit_code, text in result.stderr) == (code, True), result.output


def test_reset_of_a_suspended_operator_names_the_missing_step():
    """It must be resumed first."""
    invited()
    assert run("operator", "suspend", NAME).stdout == "suspended\n"

    refused = run("operator", "reset", NAME)

    assert (refused.exit_code, "operator resume" in refused.stderr) == (1, True)
    assert "(suspended " in run("operator", "list").stdout


def test_each_change_leaves_a_row_of_the_audit_that_names_the_operator_by_id():
    """The audit says who at the machine did what to whom, without a name or a mail address."""
    invited()
    for command in ("suspend", "resume", "reset", "end-sessions"):
        assert run("operator", command, NAME).exit_code == 0
    identity = run("operator", "list").stdout[:12]
    printed = run("audit", "--json", "--limit", "99").stdout
    rows = [json.loads(line) for line in printed.splitlines()][::-1]

    assert sorted(row["path"] for row in rows) == sorted(
        f"operator {each}" for each in ("invite", "suspend", "resume", "reset", "end-sessions")
    )
    assert {row["resource"] for row in rows} == {identity}
    assert NAME not in printed
    assert MAIL not in printed


def test_commands_log_no_name(caplog: pytest.LogCaptureFixture):
    """Personal data reaches no log."""
    caplog.set_level(logging.DEBUG)
    invited()
    run(*INVITE)
    run("operator", "suspend", MAIL)

    assert NAME not in caplog.text
    assert MAIL not in caplog.text
