"""Commands that change leave a row of the audit: user, command, what it was about."""

import getpass
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from gpd_soap.cli.main import main
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.api.office import ALL, ORGANIZATION, BackOffice, Clock, prepare
from tests.api.operations import OFFER
from tests.api.paying import keep
from tests.conftest import FreshDatabase
from tests.validation.bodies import OTHER, body, nav, option

OURS = ("--organization", ORGANIZATION)
STATION = "15376371009_09"


@pytest.fixture
def office(
    fresh_database: FreshDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> BackOffice:
    """A database that the commands use."""
    url = fresh_database("sqlite", prepare)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    opened = BackOffice(Store(url), Clock())
    keep(opened)
    opened.create(body(option(8), iupd="RITIRATA"), "?toPublish=true")
    assert opened.post(f"{ALL}/RITIRATA/invalidate").status == 200
    with opened.store.begin() as connection:
        connection.execute(tables.audit.delete())
    Path("settings.json").write_text(json.dumps(OFFER["settings"]))
    positions = [{"organization": ORGANIZATION, **body(option(7))}]
    Path("positions.json").write_text(json.dumps({"positions": positions}))
    return opened


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments)


def rows(*arguments: str) -> list[dict[str, Any]]:
    """Rows of the audit, the oldest first."""
    printed = run("audit", "--json", "--limit", "99", *arguments)
    assert printed.exit_code == 0, printed.output
    return [json.loads(line) for line in printed.output.splitlines()][::-1]


RESTORE = ("position", "restore", "RITIRATA")
#: Each command, its organization in the audit, and what the row names besides.
CHANGES: list[tuple[tuple[str, ...], str, dict[str, str]]] = [
    (("organization", "put", "11111111111", "--name", "Nuovo"), "11111111111", {}),
    (("organization", "remove", "11111111111"), "11111111111", {}),
    (("station", "put", STATION, "--broker", "15376371009"), "-", {"resource": STATION}),
    (
        ("station", "serve", STATION, "--organization", OTHER, "--segregation-code", "48"),
        OTHER,
        {"resource": STATION},
    ),
    (("station", "withdraw", STATION, "--organization", OTHER), OTHER, {"resource": STATION}),
    (("station", "remove", STATION), "-", {"resource": STATION}),
    (
        ("service", "put", "00001", "00009", "settings.json", *OURS),
        ORGANIZATION,
        {"resource": "00001/00009"},
    ),
    (("service", "remove", "00001", "00009", *OURS), ORGANIZATION, {"resource": "00001/00009"}),
    (("load", "positions.json", *OURS), ORGANIZATION, {"resource": "positions.json"}),
    (("receipts", "claim", "r-90", *OURS), ORGANIZATION, {"receiptId": "r-90"}),
    (("receipts", "release", "r-90", *OURS), ORGANIZATION, {"receiptId": "r-90"}),
    (
        ("receipts", "resolve", "r-90", *OURS, "--note", "Restituito"),
        ORGANIZATION,
        {"receiptId": "r-90"},
    ),
    (
        (*RESTORE, *OURS, "--reason", "Per errore", "--due-date", "2199-12-31"),
        ORGANIZATION,
        {"iupd": "RITIRATA"},
    ),
    (("journal", "purge"), "-", {"resource": "24m"}),
    (("retention", "set", "positions", "36m", *OURS), ORGANIZATION, {"resource": "positions 36m"}),
    (
        ("retention", "run"),
        "-",
        {"resource": "journal 24m, events 24m, audit 24m, quarantine 120m, tally 120m"},
    ),
    (
        ("retention", "forget", *OURS, "--debtor-code", "VRDLGU00A01A000B"),
        ORGANIZATION,
        {"resource": "person: positions 0, receipts 0"},
    ),
    (
        ("purge",),
        "-",
        {"resource": "journal 24m, events 24m, audit 24m, quarantine 120m, tally 120m"},
    ),
]


@pytest.mark.usefixtures("office")
def test_command_that_changes_leaves_one_row():
    """The row names the user of the machine, the command, and what it was about."""
    for command, organization, about in CHANGES:
        before = len(rows())
        done = run(*command)
        assert done.exit_code == 0, done.output

        assert len(rows()) == before + 1, command
        row = rows()[-1]
        assert row.pop("at")
        assert row == {
            "organization": organization,
            "actorKind": "command",
            "actor": getpass.getuser(),
            "path": " ".join(command[: 1 if command[0] in ("load", "purge") else 2]),
            **about,
        }


@pytest.mark.usefixtures("office")
def test_keys_made_and_revoked_by_command_are_named():
    """The row has the id of the key."""
    made = run("key", "create", "--name", "Tributi", "--role", "reader", *OURS)
    key_id = run("key", "list").output.splitlines()[-1].split()[0]
    run("key", "revoke", key_id)

    assert made.exit_code == 0
    assert [(row["path"], row["resource"]) for row in rows()][-2:] == [
        ("key create", made.stderr.split()[0]),
        ("key revoke", key_id),
    ]


@pytest.mark.usefixtures("office")
def test_match_by_hand_names_notice_and_receipt():
    """The notice is the one that the person named."""
    assert run("load", "positions.json").exit_code == 0
    matched = run("receipts", "rematch", "r-90", *OURS, "--nav", nav(7))

    assert matched.exit_code == 0, matched.output
    row = rows("--notice", nav(7))[-1]
    assert (row["path"], row["nav"], row["receiptId"]) == ("receipts rematch", nav(7), "r-90")


@pytest.mark.usefixtures("office")
def test_refused_command_and_dry_run_leave_no_row():
    """Nothing was changed."""
    refused = [
        run("organization", "remove", ORGANIZATION),
        run("station", "remove", "nessuna"),
        run("key", "revoke", "nessuna"),
        run("key", "create", "--name", "X", "--role", "admin"),
        run("receipts", "resolve", "r-99", *OURS, "--note", "x"),
    ]
    dry = [run("load", "positions.json", "--dry-run"), run("purge", "--dry-run")]
    dry += [
        run("retention", "run", "--dry-run"),
        run("retention", "forget", *OURS, "--debtor-code", "X1", "--dry-run"),
    ]

    assert {each.exit_code == 0 for each in refused} == {False}
    assert [each.exit_code for each in dry] == [0, 0, 0, 0]
    assert rows() == []


def test_change_whose_row_cannot_be_written_is_not_made(office: BackOffice):
    """Both are in one transaction."""
    with office.store.begin() as connection:
        refuse = "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END"
        connection.execute(text(refuse))
    # WHY: the claim was refused, so that there is nothing to give back.
    unchanging = ("purge", "journal", "release")
    commands = [each for each, _, _ in CHANGES if not {*each[:2]} & {*unchanging}]
    results = {run(*command).exit_code for command in commands}

    assert 0 not in results
    assert run("organization", "list").output.count("\n") == 2
    assert run("key", "create", "--name", "X", "--role", "reader", *OURS).stdout == ""
    assert run("key", "list").output.count("\n") == 1


#: Each command that prints persons' data, and what its row names besides.
READINGS: list[tuple[tuple[str, ...], dict[str, str]]] = [
    (("receipts", "list", *OURS), {}),
    (("receipts", "worklist", *OURS), {}),
    (("receipts", "show", "r-90", *OURS), {"receiptId": "r-90"}),
    (("receipts", "raw", "r-90", *OURS), {"receiptId": "r-90"}),
]


@pytest.mark.usefixtures("office")
def test_command_that_reads_persons_data_leaves_one_row():
    """It is listed as a reading, as that of a key is; a reading of nothing leaves none."""
    for command, about in READINGS:
        before = len(rows("--kind", "read"))
        done = run(*command)
        assert done.exit_code == 0, done.output

        readings = rows("--kind", "read")
        assert len(readings) == before + 1, command
        assert readings[-1] | about == readings[-1]
        assert readings[-1]["actor"] == getpass.getuser()
        assert readings[-1]["path"] == " ".join(command[:2])

    before = len(rows("--kind", "all"))
    assert run("receipts", "show", "r-99", *OURS).exit_code == 1
    assert len(rows("--kind", "all")) == before


def test_reading_whose_row_cannot_be_written_says_so(office: BackOffice):
    """It succeeds, as over the API, because a reading needs no right to write."""
    with office.store.begin() as connection:
        refuse = "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END"
        connection.execute(text(refuse))
    command, _ = READINGS[0]
    printed = run(*command)

    assert printed.exit_code == 0
    assert "the audit has no row of this reading" in printed.stderr


@pytest.mark.usefixtures("office")
def test_audit_command_filters_by_user_and_prints_what_was_changed():
    """An administrator reads it on a terminal."""
    run("organization", "put", "11111111111", "--name", "Nuovo")
    line = run("audit", "--user", getpass.getuser()).output

    assert f"  11111111111  command of {getpass.getuser()}  organization put\n" in line
    assert run("audit", "--user", "nessuno").output == ""
    assert run("audit", "--notice", "12").exit_code == 2
    assert run("audit", "--from", "2026-03-17", "--to", "2026-03-16").exit_code == 1
