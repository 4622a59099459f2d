"""Every change over the admin face leaves a row: who, when, what, of whom, and how it ended."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gpd_soap.cli.main import main
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from tests.api import paying
from tests.api.office import ALL, NOW, ONE, ORGANIZATION, Admin, Office
from tests.api.operations import OPERATIONS, Operation
from tests.validation.bodies import OTHER, body

WRITING = [each for each in OPERATIONS if each.method != "GET"]
PLACE = "/organizations/{organizationfiscalcode}"


def rows(office: Office, path: str = "/audit") -> list[dict[str, object]]:
    """The changes, as an administrator of all reads them."""
    found: list[dict[str, object]] = office.get(path, key=office.key(Role.ADMIN)).body["changes"]
    return found


@pytest.mark.parametrize("operation", WRITING, ids=lambda o: f"{o.method} {o.path}")
def test_each_change_leaves_a_row(quick: Office, operation: Operation):
    """Whether it was followed or refused, and it holds nothing of what was sent."""
    quick.create()
    paying.keep(quick)
    before = len(rows(quick))
    quick.clock.now += timedelta(seconds=1)

    answer = quick.ask(
        operation.method, operation.path, operation.told, key=quick.key(Role.ADMIN),
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
    assert set(row) == set("at organization keyId keyName method path status requestId".split())


def test_both_kinds_of_database_keep_it(office: Office):
    """The newest first, of one organization or of all, page by page."""
    office.create()
    office.clock.now = NOW.replace(hour=10)
    office.ask("DELETE", ONE)

    found = office.get(f"/organizations/{ORGANIZATION}/audit?limit=1", key=office.key(Role.ADMIN))

    assert [row["method"] for row in rows(office)] == ["DELETE", "POST"]
    assert found.body["changes"] == rows(office)[:1]
    assert found.body["changes"][0]["at"] == "2026-03-16T11:00:00"
    assert found.body["page_info"]["items_found"] == 2
    assert rows(office, f"/organizations/{OTHER}/audit") == []


def test_what_changes_nothing_leaves_none(quick: Office):
    """Reading, rehearsing, and the second time of a request that names itself."""
    quick.get(ALL)
    quick.post(f"{ALL}?dryRun=true", body())
    for _ in range(2):
        quick.post(ALL, body(), headers={"Idempotency-Key": "uno"})

    assert [(row["path"], row["status"]) for row in rows(quick)] == [
        (f"{PLACE}/debtpositions", 201)
    ]


def test_an_attempt_that_was_not_allowed_leaves_a_row(quick: Office):
    """Of a key that works; who shows none is nobody."""
    reader = quick.key(Role.READER, ORGANIZATION)
    quick.post(ALL, body(), key=reader)
    quick.post(f"/organizations/{OTHER}/debtpositions", body())
    quick.post("/organizations/nessuno/debtpositions", body())
    quick.post(ALL, body(), key="")

    told = [(row["organization"], row["status"]) for row in rows(quick)]
    assert sorted(told) == sorted([("-", 403), (OTHER, 403), (ORGANIZATION, 403)])


def test_only_administrators_read_it(quick: Office):
    """And of every organization, only those of every one."""
    one = f"/organizations/{ORGANIZATION}/audit"

    assert quick.get(one).status == 403
    assert quick.get(one, key=quick.key(Role.ADMIN, ORGANIZATION)).status == 200
    assert quick.get("/audit", key=quick.key(Role.ADMIN, ORGANIZATION)).status == 403


def test_a_change_is_answered_although_it_could_not_be_written_down(
    quick_store: Store, quick: Office, caplog: pytest.LogCaptureFixture
):
    """What is done is done; the log says that the audit has a gap, and what is missing."""
    with quick_store.begin() as connection:
        refuse = "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT load_extension(''); END"
        connection.execute(text(refuse))

    quick.create()

    [line] = [each for each in caplog.records if "audit" in each.getMessage()]
    assert line.__dict__["fields"]["path"] == f"{PLACE}/debtpositions"


def test_it_can_be_read_on_the_command_line(
    quick_store: Store, quick_admin: Admin, monkeypatch: pytest.MonkeyPatch
):
    """A line for each change."""
    quick_admin.put(f"/organizations/{ORGANIZATION}", {"name": "Comune Nuovo"})
    monkeypatch.setenv("GPD_DATABASE_URL", str(quick_store.engine.url))

    said = CliRunner().invoke(main, ["audit", "--organization", ORGANIZATION])
    none = CliRunner().invoke(main, ["audit", "--organization", OTHER])

    assert f"  PUT {PLACE}  200  " in said.output
    assert said.output.startswith(f"2026-03-16T10:00:00.000+01:00  {ORGANIZATION}  ")
    assert "Nuovo" not in said.output
    assert (said.exit_code, none.output) == (0, "")
