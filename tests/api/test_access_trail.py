"""The access trail: who read which person's data leaves a row, and no reading waits for it."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Response, g
from sqlalchemy import text

from gpd_soap.api.app import flask_app
from gpd_soap.api.audit.trail import AuditWriter
from gpd_soap.api.concurrency import Concurrency, Limits
from gpd_soap.store.access.keys import Key, Role
from gpd_soap.store.database.engine import LOCK_SECONDS
from gpd_soap.store.store import Store
from tests.api import conformance
from tests.api.office import ALL, NOW, ONE, OPTIONS, ORGANIZATION, BackOffice, Clock, prepare
from tests.api.operations import OPERATIONS
from tests.api.paying import NOBODYS, RECEIPTS, WORKLIST, keep, quarantined
from tests.api.test_audit import PREFIX
from tests.api.test_reading import other_writer
from tests.conftest import KINDS, FreshDatabase
from tests.validation.bodies import OTHER, body, iuv, nav, option
from tests.waiting import TIMES, seconds

AUDIT = f"/organizations/{ORGANIZATION}/audit"
#: Fields of an answer that show a person's data.
PERSONAL = {"debtor", "fullName", "fiscalCode", "email", "phone", "streetName"}
#: GPD's answers about a position have no debtor, but a position is what a person owes.
POSITIONS = {"PaymentPositionModelBaseResponse"}
#: Their fiscal codes are those of organizations.
NOT_PERSONAL = {"Organization", "Organizations", "Broker", "Brokers"}


def readings(office: BackOffice, query: str = "", path: str = "/audit") -> list[dict[str, Any]]:
    """Rows of readings, once they are written."""
    assert office.store.access_trail.flush(20)
    answer = office.get(f"{path}?kind=read&limit=50&{query}", key=office.key(Role.ADMIN, "*"))
    assert answer.status == 200, answer.body
    rows: list[dict[str, Any]] = answer.body["changes"]
    return rows


def schemas_of(content: Any) -> Iterator[str]:
    """Names of the schemas that an answer refers to, and those that they refer to."""
    for name in re.findall(r"#/components/schemas/(\w+)", str(content)):
        yield name
        schema = conformance.document()["components"]["schemas"][name]
        yield from schemas_of({k: v for k, v in schema.items() if k != "example"})


def shows_person(operation: dict[str, Any]) -> bool:
    """Whether an answer has a person's data, or is a document."""
    content = operation["responses"].get("200", {}).get("content", {})
    if any("json" not in kind for kind in content):
        return True
    names = set(schemas_of(content))
    schemas = conformance.document()["components"]["schemas"]
    fields = {
        field for name in names - NOT_PERSONAL for field in schemas[name].get("properties", {})
    }
    return bool(fields & PERSONAL or (names & POSITIONS and "page_info" not in fields))


@pytest.fixture
def filled(quick: BackOffice) -> BackOffice:
    """A back office in which every operation finds something to show."""
    quick.create(query="?toPublish=true")
    keep(quick)
    return quick


def test_every_reading_of_a_person_leaves_one_row_and_no_other_does(filled: BackOffice):
    """A new operation that shows a debtor or a message must name itself in its group."""
    reader = filled.key(Role.ADMIN, "*")
    for each in OPERATIONS:
        if each.method != "GET":
            continue
        path = each.path.partition("?")[0]
        described = next(
            operation
            for template, method, operation in conformance.operations()
            if method == "GET" and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
        )
        before = len(readings(filled))
        assert filled.get(each.path, key=reader).status in (200, 404)

        assert len(readings(filled)) - before == int(shows_person(described)), each.path


READ = {
    ONE: {"iupd": "POSIZIONE-1"},
    f"{OPTIONS}/{iuv(1)}/debtposition": {"iupd": "POSIZIONE-1", "nav": nav(1)},
    f"{OPTIONS}/{nav(1)}": {"iupd": "POSIZIONE-1", "nav": nav(1)},
    RECEIPTS: {},
    f"{RECEIPTS}/{iuv(90)}": {"nav": nav(90), "receiptId": "r-90"},
    WORKLIST: {},
    f"{WORKLIST}/r-90": {"nav": nav(90), "receiptId": "r-90"},
    f"{WORKLIST}/r-90/raw": {"receiptId": "r-90"},
    f"/worklist/{quarantined(NOBODYS)}/raw": {"resource": quarantined(NOBODYS)},
}


@pytest.mark.parametrize("path", READ)
def test_row_of_a_reading_says_who_when_what_and_about_whom(office: BackOffice, path: str):
    """The path is without values, and the request can be found in a log by its id."""
    office.create(query="?toPublish=true")
    keep(office)
    key = office.key(Role.READER, "*")

    answer = office.get(path, key=key, headers={"X-Request-Id": "lettura-1"})

    [row] = readings(office)
    assert answer.status == 200
    assert row["at"] == "2026-03-16T10:00:00"
    assert (row["actorKind"], row["keyName"], row["method"]) == ("key", "Ufficio di prova", "GET")
    assert (row["status"], row["requestId"]) == (200, "lettura-1")
    assert row["actor"] == row["keyId"]
    assert row["organization"] == ("-" if path.startswith("/worklist") else ORGANIZATION)
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", row["path"]), path)
    about = {name: row[name] for name in ("nav", "iupd", "receiptId", "resource") if name in row}
    assert about == READ[path]


def test_reading_that_shows_nothing_leaves_no_row(filled: BackOffice):
    """A refused request and one that found nothing read no person."""
    stranger = filled.key(Role.READER, OTHER)

    assert filled.get(ONE, key=stranger).status == 403
    assert filled.get(f"{ALL}/NESSUNA").status == 404
    assert filled.get(ONE, key="").status == 401
    assert filled.get(ALL).status == 200
    assert filled.get(f"/organizations/{ORGANIZATION}/journal").status == 200

    assert readings(filled) == []


def test_reading_behind_a_writer_is_answered_and_its_row_follows(filled: BackOffice):
    """On SQLite a row written with the answer would wait four seconds, and end in 503."""
    usual = max(seconds(lambda: filled.get(ONE)) for _ in range(5))
    with other_writer(filled.store):
        began = time.monotonic()
        statuses = {filled.get(ONE).status for _ in range(15)}
        took = time.monotonic() - began

    assert statuses == {200}
    assert took < 15 * max(LOCK_SECONDS / 2, TIMES * usual)  # each would take LOCK_SECONDS
    assert len(readings(filled)) == 20  # with the five before


@pytest.mark.parametrize("kind", KINDS)
def test_row_that_is_written_again_is_stored_once(fresh_database: FreshDatabase, kind: str):
    """The writer tries again after a commit whose answer was lost."""
    store = Store(fresh_database(kind, prepare))
    office = BackOffice(store, Clock())
    office.create()
    office.get(ONE)
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO elsewhere"))
    office.get(ONE)
    assert not store.access_trail.flush()
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO audit"))

    assert len(readings(office)) == 2
    store.close()


def test_changes_are_listed_without_readings_unless_they_are_named(filled: BackOffice):
    """A client of the list before sees what it saw."""
    key = filled.key(Role.ADMIN, "*")
    filled.get(ONE)
    readings(filled)

    kinds = {
        kind: [row["method"] for row in filled.get(f"{AUDIT}?kind={kind}", key=key).body["changes"]]
        for kind in ("change", "read", "all")
    }

    assert kinds == {"change": ["POST"], "read": ["GET"], "all": kinds["all"]}
    assert sorted(kinds["all"]) == ["GET", "POST"]
    assert filled.get(AUDIT, key=key).body == filled.get(f"{AUDIT}?kind=change", key=key).body


def test_audit_of_a_notice_has_its_position_and_its_receipts(office: BackOffice):
    """An auditor who knows a notice number finds who changed or read anything about it."""
    office.create(query="?toPublish=true")
    office.create(body(option(2), iupd="ALTRA"))
    office.pay()
    for path in (ONE, f"{ALL}/ALTRA", f"{OPTIONS}/{nav(1)}", f"{RECEIPTS}/{iuv(2)}"):
        office.get(path)
    office.clock.now = NOW + timedelta(hours=1)
    office.request("DELETE", f"{ALL}/ALTRA")
    assert office.store.access_trail.flush(20)
    key = office.key(Role.ADMIN, "*")

    def about(query: str, path: str = AUDIT) -> list[tuple[str, str]]:
        rows = office.get(f"{path}?kind=all&{query}", key=key).body["changes"]
        return sorted((row["method"], row["path"].removeprefix(PREFIX)) for row in rows)

    first = [
        ("GET", "/debtpositions/{iupd}"),
        ("GET", "/paymentoptions/{nav}"),
        ("POST", "/debtpositions"),
    ]
    deleted = [
        ("DELETE", "/debtpositions/{iupd}"),
        ("GET", "/debtpositions/{iupd}"),
        ("POST", "/debtpositions"),
    ]
    assert about(f"nav={nav(1)}") == about(f"nav={nav(1)}", "/audit") == first
    assert about(f"nav={nav(2)}") == about("iupd=ALTRA") == deleted
    assert about(f"nav={nav(3)}") == []
    assert about("iupd=POSIZIONE-1", f"/organizations/{OTHER}/audit") == []


def test_audit_is_filtered_by_key_receipt_and_time(office: BackOffice):
    """Each filter alone, and a time that ends before it begins is 400."""
    keep(office)
    reader, other = (office.key(Role.READER, ORGANIZATION) for _ in range(2))
    office.get(f"{WORKLIST}/r-90", key=reader)
    office.clock.now += timedelta(days=2)
    office.get(WORKLIST, key=other)

    rows = readings(office)
    assert [row["path"] for row in rows] == [f"{PREFIX}/worklist", f"{PREFIX}/worklist/{{id}}"]
    late, early = ([row] for row in rows)
    assert readings(office, f"key={late[0]['keyId']}") == late
    assert readings(office, "receiptId=r-90") == early
    assert readings(office, "from=2026-03-17") == late
    assert readings(office, "to=2026-03-16") == early
    assert readings(office, "from=2026-03-17&to=2026-03-17") == []
    refused = office.get(f"{AUDIT}?from=2026-03-17&to=2026-03-16", key=office.key(Role.ADMIN, "*"))
    assert (refused.status, refused.errors) == (400, {("to", "range")})


def test_bulk_change_leaves_a_row_for_each_position(office: BackOffice):
    """Otherwise nobody would find who changed one of a hundred."""
    positions = [body(option(serial), iupd=f"P-{serial}") for serial in (1, 2, 3)]
    answer = office.post(f"{ALL}/bulk", {"paymentPositions": positions})
    key = office.key(Role.ADMIN, "*")
    rows = office.get(AUDIT, key=key).body["changes"]

    assert answer.status == 201
    assert sorted(row["iupd"] for row in rows) == ["P-1", "P-2", "P-3"]
    assert len({row["requestId"] for row in rows}) == 1


def test_path_that_no_column_holds_leaves_a_row_without_it(quick: BackOffice):
    """A path comes from outside and may be anything."""
    for iupd in ("x" * 300, "a%00b", "x%0Ay"):
        quick.request("DELETE", f"{ALL}/{iupd}")
    rows = quick.get(AUDIT, key=quick.key(Role.ADMIN, "*")).body["changes"]

    assert len(rows) == 3
    assert all("iupd" not in row for row in rows)


@pytest.mark.parametrize("query", ["debtor=RSSMRA00A01A000K", "limit=10"])
def test_list_that_is_searched_by_a_person_leaves_a_row(quick: BackOffice, query: str):
    """The list itself may show no debtor, but its reader has named one."""
    app = flask_app(quick.store, quick.clock, quick.cases, Concurrency(Limits()))
    with app.test_request_context(f"{ALL}?{query}"):
        g.key = Key("k1", "Ufficio", Role.READER, (ORGANIZATION,), NOW, None)
        AuditWriter(quick.store, quick.clock, ()).after(Response())

    assert [row["path"] for row in readings(quick)] == [
        f"{PREFIX}/debtpositions" for _ in range(query.count("debtor"))
    ]
