"""The audit: every change over the admin face leaves a row of who, when, what and the outcome."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gpd_soap.cli.main import main
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from tests.api import paying
from tests.api.office import ALL, NOW, ONE, ORGANIZATION, Admin, BackOffice, Clock, prepare
from tests.api.operations import OPERATIONS, Operation
from tests.conftest import FreshDatabase
from tests.validation.bodies import OTHER, body

CHANGES = [each for each in OPERATIONS if each.method != "GET"]
#: The fields that name what a request was about.
ABOUT = {"nav", "iupd", "receiptId", "resource"}
PREFIX = "/organizations/{organizationfiscalcode}"


def rows(office: BackOffice, path: str = "/audit") -> list[dict[str, object]]:
    """Rows of the audit, read by an administrator of every organization."""
    changes: list[dict[str, object]] = office.get(path, key=office.key(Role.ADMIN)).body["changes"]
    return changes


@pytest.mark.parametrize("operation", CHANGES, ids=lambda o: f"{o.method} {o.path}")
def test_every_change_leaves_one_audit_row(quick: BackOffice, operation: Operation):
    """An accepted or refused change writes one row, and nothing of the body is in it."""
    quick.create()
    paying.keep(quick)
    before = len(rows(quick))
    quick.clock.now += timedelta(seconds=1)

    answer = quick.request(
        operation.method, operation.path, operation.content, key=quick.key(Role.ADMIN),
        headers={"X-Request-Id": "richiesta-1"},
    )  # fmt: skip

    assert len(rows(quick)) == before + 1
    row = rows(quick)[0]
    template = re.sub(r"\{\w+\}", "[^/]+", str(row["path"]))
    assert (row["method"], row["status"]) == (operation.method, answer.status)
    assert re.fullmatch(template, operation.path.partition("?")[0])
    assert (row["requestId"], row["keyName"]) == ("richiesta-1", "Ufficio di prova")
    ours = operation.path.removeprefix("/v2").startswith(
        (f"/organizations/{ORGANIZATION}", f"/payments/{ORGANIZATION}")
    )
    assert row["organization"] == (ORGANIZATION if ours else "-")
    assert row["actor"] == row["keyId"]
    assert set(row) - ABOUT == set(
        "at organization actorKind actor keyId keyName method path status requestId".split()
    )


def test_audit_rows_are_listed_newest_first_by_page_and_organization(office: BackOffice):
    """An administrator reads the rows of one organization or of all."""
    office.create()
    office.clock.now = NOW.replace(hour=10)
    office.request("DELETE", ONE)

    listed = office.get(f"/organizations/{ORGANIZATION}/audit?limit=1", key=office.key(Role.ADMIN))

    assert [row["method"] for row in rows(office)] == ["DELETE", "POST"]
    assert listed.body["changes"] == rows(office)[:1]
    assert listed.body["changes"][0]["at"] == "2026-03-16T11:00:00"
    assert listed.body["page_info"]["items_found"] == 2
    assert rows(office, f"/organizations/{OTHER}/audit") == []


def test_request_without_effect_leaves_no_audit_row(quick: BackOffice):
    """Reading, a dry run and a repeated request write no row."""
    quick.get(ALL)
    quick.post(f"{ALL}?dryRun=true", body())
    for _ in range(2):
        quick.post(ALL, body(), headers={"Idempotency-Key": "uno"})

    assert [(row["path"], row["status"]) for row in rows(quick)] == [
        (f"{PREFIX}/debtpositions", 201)
    ]


def test_forbidden_change_leaves_a_row_for_a_valid_key_only(quick: BackOffice):
    """A request without a key leaves no row, since nobody is known to have sent it."""
    reader = quick.key(Role.READER, ORGANIZATION)
    quick.post(ALL, body(), key=reader)
    quick.post(f"/organizations/{OTHER}/debtpositions", body())
    quick.post("/organizations/nessuno/debtpositions", body())
    quick.post(ALL, body(), key="")

    written = [(row["organization"], row["status"]) for row in rows(quick)]
    assert sorted(written) == sorted([("-", 403), (OTHER, 403), (ORGANIZATION, 403)])


def test_audit_without_an_administrator_key_is_403(quick: BackOffice):
    """An administrator of one organization cannot read the audit of all."""
    one = f"/organizations/{ORGANIZATION}/audit"

    assert quick.get(one).status == 403
    assert quick.get(one, key=quick.key(Role.ADMIN, ORGANIZATION)).status == 200
    assert quick.get("/audit", key=quick.key(Role.ADMIN, ORGANIZATION)).status == 403


def test_change_whose_audit_row_fails_is_answered_and_logged(
    fresh_database: FreshDatabase, caplog: pytest.LogCaptureFixture
):
    """The change stays, and the log holds the fields of the missing row."""
    store = Store(fresh_database("sqlite", prepare))
    with store.begin() as connection:
        refuse = "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT load_extension(''); END"
        connection.execute(text(refuse))

    BackOffice(store, Clock()).create()
    store.close()

    [line] = [each for each in caplog.records if "audit" in each.getMessage()]
    assert line.__dict__["fields"]["path"] == f"{PREFIX}/debtpositions"


def test_audit_command_prints_a_line_for_each_change(
    quick_store: Store, quick_admin: Admin, monkeypatch: pytest.MonkeyPatch
):
    """`gpd-soap audit` prints one line for each change of the organization."""
    quick_admin.put(f"/organizations/{ORGANIZATION}", {"name": "Comune Nuovo"})
    monkeypatch.setenv("GPD_DATABASE_URL", str(quick_store.engine.url))

    printed = CliRunner().invoke(main, ["audit", "--organization", ORGANIZATION])
    none = CliRunner().invoke(main, ["audit", "--organization", OTHER])

    assert f"  PUT {PREFIX}  200  " in printed.output
    assert printed.output.startswith(f"2026-03-16T10:00:00.000+01:00  {ORGANIZATION}  ")
    assert "Nuovo" not in printed.output
    assert (printed.exit_code, none.output) == (0, "")
