"""Configuration over the API: each refusal, each change, and its effect in every process."""

import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap.core.debt import RouteCheck
from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.positions import numbers
from gpd_soap.store.store import Store
from tests.api.office import NOW, ORGANIZATION, ROUTE, SIZE, Admin, BackOffice, Clock
from tests.api.operations import EVERYBODYS, OFFER, OURS, SERVED, SERVICE, US
from tests.api.test_races import send_together
from tests.store.races import Crew
from tests.validation.bodies import OTHER, body, option, without

NEW = "/organizations/12345678901"
STATION, BROKER = f"/stations/{ROUTE.station}", f"/brokers/{ROUTE.broker}"
#: Repetitions of a race, which may end either way each time.
ROUNDS = 3
SECOND = f"/organizations/{OTHER}/stations/{ROUTE.station}"


BOMB = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a">
  <xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="(.*){8}x"/></xs:restriction>
  </xs:simpleType></xs:element></xs:schema>"""


def settings(**more: Any) -> dict[str, Any]:
    """A valid service with these settings changed."""
    return {"kind": "declared", "settings": {**OFFER["settings"], **more}}  # type: ignore[dict-item]


def route_check(store: Store) -> RouteCheck:
    """Check of the route of these tests against the stored configuration."""
    return store.notice(ROUTE, "").route_check


def test_organization_is_created_renamed_and_deleted(admin: Admin):
    """Each answer shows the organization as it is stored."""
    made, renamed = (admin.put(NEW, {"name": name}) for name in ("Comune", "Unione"))

    assert (made.status, made.body) == (201, {"fiscalCode": "12345678901", "name": "Comune"})
    assert (renamed.status, renamed.body["name"]) == (200, "Unione")
    assert admin.get(NEW).body == renamed.body
    listed = admin.get("/organizations?limit=1").body
    assert listed["organizations"] == [renamed.body]
    assert listed["page_info"] == {"page": 0, "limit": 1, "items_found": 3, "total_pages": 3}
    assert (admin.delete(NEW).status, admin.delete(NEW).status) == (204, 404)
    assert admin.get(NEW).title == "Not found the organization"


def test_whole_configuration_is_created_and_deleted_in_reverse_order(admin: Admin):
    """Broker, station, organization, assignment and service are created and then deleted."""
    service = settings(segregationCode="09")
    steps: list[tuple[str, object]] = [
        (NEW, {"name": "Comune"}),
        ("/brokers/B", None),
        ("/stations/S", {"broker": "B"}),
        (f"{NEW}/stations/S", {"segregationCode": "09", "broadcast": True}),
        (f"{NEW}/services/00001/00002", service),
    ]
    for path, sent in steps:
        assert admin.request("PUT", path, sent).status == 201, path
        assert admin.request("PUT", path, sent).status == 200, path

    assert admin.get("/brokers").body["brokers"] == [
        {"fiscalCode": ROUTE.broker},
        {"fiscalCode": "B"},
    ]
    assert admin.get("/stations/S").body == {"id": "S", "broker": "B"}
    assert admin.get("/stations").body["stations"][1:] == [{"id": "S", "broker": "B"}]
    assert admin.get(f"{NEW}/stations").body["stations"] == [
        {"station": "S", "broker": "B", "segregationCode": "09", "broadcast": True}
    ]
    offered = {"serviceId": "00001", "subjectId": "00002", **service}
    assert admin.get(f"{NEW}/services").body["services"] == [offered]
    assert admin.get(f"{NEW}/services/00001/00002").body == offered

    for path, _ in reversed(steps):
        assert (admin.delete(path).status, admin.delete(path).status) == (204, 404), path


def test_put_of_a_station_keeps_the_fields_that_it_leaves_out(admin: Admin):
    """The answer has what is stored; null removes the segregation code."""
    admin.put("/brokers/B", None)
    admin.put("/stations/S", {"broker": "B"})
    path = f"{US}/stations/S"
    for sent, code, broadcast in (
        ({"segregationCode": "48"}, "48", False),
        ({"broadcast": True}, "48", True),
        ({}, "48", True),
        ({"segregationCode": "49"}, "49", True),
        ({"segregationCode": None, "broadcast": False}, None, False),
    ):
        answer = admin.put(path, sent).body
        assert (answer.get("segregationCode"), answer["broadcast"]) == (code, broadcast), sent


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (NEW, "Not found the organization"),
        (f"{NEW}/stations", "Not found the organization"),
        (f"{NEW}/services", "Not found the organization"),
        ("/stations/S", "Not found the station"),
        (f"{US}/services/00001/00009", "Not found the service"),
    ],
)
def test_missing_configuration_is_404_for_an_administrator(
    quick_admin: Admin, path: str, title: str
):
    """The title names the kind of thing that is missing."""
    assert quick_admin.get(path).title == title


@pytest.mark.parametrize(
    ("path", "content", "status", "wrong"),
    [
        (NEW, {}, 400, ("name", "required")),
        (NEW, {"name": ""}, 400, ("name", "length")),
        (NEW, {"name": "x" * 10_000}, 400, ("name", "length")),
        (NEW, {"name": "a\x00b"}, 400, ("name", "characters")),
        (NEW, {"name": "a\nb"}, 400, ("name", "characters")),
        (NEW, {"name": 5}, 400, ("name", "type")),
        (NEW, {"name": "a", "fiscalCode": "1"}, 400, ("fiscalCode", "unknown-field")),
        ("/organizations/1", {"name": "a"}, 400, ("organizationfiscalcode", "organization-code")),
        (f"{NEW}?force=true", {"name": "a"}, 400, ("force", "unknown-field")),
        (f"/brokers/{'9' * 10_000}", None, 400, ("broker", "length")),
        ("/brokers/%00", None, 400, ("broker", "characters")),
        ("/stations/A%0AB", {"broker": "B"}, 400, ("station", "characters")),
        ("/stations/S", {"broker": "B"}, 400, ("broker", "unknown")),
        (SERVED, {"segregationCode": "4"}, 400, ("segregationCode", "segregation-code")),
        (f"{US}/stations/S", {"broadcast": "yes"}, 400, ("broadcast", "type")),
        (f"{US}/services/1/00009", OFFER, 400, ("idServizio", "length")),
        (f"{US}/services/00001/000%00", OFFER, 400, ("idSoggettoServizio", "length")),
        (SERVICE, {"kind": "declared"}, 400, ("settings", "required")),
        (SERVICE, {"kind": "", "settings": {}}, 400, ("kind", "length")),
        (SERVICE, {"kind": "of nobody", "settings": {}}, 400, ("settings", "settings")),
        (SERVICE, settings(amount="5"), 400, ("settings", "settings")),
        (SERVICE, settings(schema=BOMB), 400, ("settings", "settings")),
        (SERVICE, settings(namespace="a\x00"), 400, ("settings", "characters")),
        (SERVICE, settings(segregationCode="48"), 400, ("settings.segregationCode", "unknown")),
    ],
)  # fmt: skip
def test_invalid_configuration_is_400_and_stores_nothing(
    quick_admin: Admin, path: str, content: object, status: int, wrong: tuple[str, str]
):
    """The error names field and rule, and does not repeat the value."""
    before = configured(quick_admin.store)

    refused = quick_admin.request("PUT", path, content)

    assert (refused.status, refused.errors) == (status, {wrong})
    assert "xxx" not in str(refused.body)
    assert "of nobody" not in str(refused.body)
    assert configured(quick_admin.store) == before


def configured(store: Store) -> list[Any]:
    """Every row of the configuration."""
    rows_of = (
        tables.organization,
        tables.broker,
        tables.station,
        tables.organization_station,
        tables.service,
    )
    with store.begin() as connection:
        return [tuple(row) for table in rows_of for row in connection.execute(select(table))]


NOT_STORABLE = {
    "a NUL": rb'"\u0000"',
    "a NUL after a backslash": rb'"\\\u0000"',
    "a lonely surrogate": rb'"\ud800"',
    "a number without end": b"1e999",
}


@pytest.mark.parametrize("sent", NOT_STORABLE.values(), ids=NOT_STORABLE)
def test_service_settings_that_a_database_cannot_store_are_400(admin: Admin, sent: bytes):
    """Both kinds of database refuse them alike, before the kind of service is called."""
    raw = json.dumps(settings(extra="HERE")).encode().replace(b'"HERE"', sent)

    refused = admin.request("PUT", SERVICE, data=raw, content_type="application/json")

    assert (refused.status, refused.errors) == (400, {("settings", "characters")})


def test_service_settings_with_a_literal_backslash_u0000_reach_the_kind(quick_admin: Admin):
    """The six characters are a text like any other, so the kind of service decides on it."""
    refused = quick_admin.put(SERVICE, settings(namespace="\\u0000 x"))

    assert refused.errors == {("settings", "settings")}


@pytest.mark.parametrize("name", ["a/b", "a%2Fb", "a%252F/b"])
def test_configuration_name_with_a_slash_is_404(quick_admin: Admin, name: str):
    """The path has no route, and nothing is stored."""
    before = configured(quick_admin.store)

    assert quick_admin.request("PUT", f"/brokers/{name}").status == 404
    assert quick_admin.put(f"/stations/{name}", {"broker": ROUTE.broker}).status == 404
    assert configured(quick_admin.store) == before


@pytest.mark.parametrize("name", ["con spazio", "perché", "100%25", "a+b", "..%5C", "'; --"])
def test_station_with_an_unusual_name_is_read_at_its_path(admin: Admin, name: str):
    """A station is found under the path at which it was created."""
    made = admin.put(f"/stations/{name}", {"broker": ROUTE.broker})

    assert made.status == 201
    assert admin.get(f"/stations/{name}").body == made.body
    assert made.body["id"] == name.replace("%25", "%").replace("%5C", "\\")


def test_deletion_of_configuration_in_use_is_409_and_names_dependents(admin: Admin):
    """The errors name the fields that depend on it."""
    assert admin.delete(BROKER).errors == {("stations", "in-use")}
    assert admin.delete(STATION).errors == {("organizations", "in-use")}
    assert admin.put(SERVICE, OFFER).status == 201

    refused = admin.delete(US)

    assert (refused.status, refused.title) == (409, "In use")
    assert refused.errors == {("stations", "in-use"), ("services", "in-use")}


def test_deletion_of_organization_with_positions_receipts_or_numbers_is_409(admin: Admin):
    """Issued and retired notice numbers prevent it too."""
    assert admin.delete(SERVED).status == 204
    admin.create(query="?toPublish=true")
    assert admin.delete(US).errors == {("positions", "in-use")}
    admin.pay()
    assert admin.delete(US).errors == {("positions", "in-use"), ("receipts", "in-use")}

    path = f"/organizations/{OTHER}"
    assert admin.post(f"{path}/debtpositions", body(option(1))).status == 201
    assert admin.delete(f"{path}/debtpositions/POSIZIONE-1").status == 200
    assert admin.delete(path).errors == {("numbers", "in-use")}

    admin.put(NEW, {"name": "Comune"})
    with admin.store.begin() as connection:
        numbers.issue(connection, "12345678901", "09")
    assert admin.delete(NEW).errors == {("numbers", "in-use")}


@pytest.mark.parametrize(
    ("table", "word"),
    [("load", "loads"), ("subscription", "subscriptions"), ("document_batch", "documents")],
)
def test_deletion_of_organization_with_other_rows_is_409(admin: Admin, table: str, word: str):
    """A file of persons, who is told of events, and a print would be nobody's."""
    code = NEW.rpartition("/")[2]
    assert admin.put(NEW, {"name": "Comune"}).status == 201
    with admin.store.begin() as connection:
        connection.execute(tables.metadata.tables[table].insert(), row_of(table, code))

    assert admin.delete(NEW).errors == {(word, "in-use")}


def row_of(table: str, organization: str) -> dict[str, Any]:
    """A row with a value in each column that needs one."""
    values: dict[str, Any] = {}
    for column in tables.metadata.tables[table].c:
        kind = column.type.python_type if not hasattr(column.type, "impl") else str
        if column.name == "organization":
            values[column.name] = organization
        elif column.name.endswith("_at"):
            values[column.name] = NOW
        elif not column.nullable:
            values[column.name] = {int: 1, bool: True, dict: {}, bytes: b"x"}.get(kind, "x")
    return values


def test_segregation_code_needed_by_a_service_cannot_be_changed_or_withdrawn(admin: Admin):
    """It can be withdrawn once another station has the same code."""
    assert admin.put(SERVICE, OFFER).status == 201

    for refused in (admin.put(SERVED, {"segregationCode": "48"}), admin.delete(SERVED)):
        assert (refused.status, refused.title) == (409, "In use")
        assert refused.errors == {("services", "in-use")}
    assert admin.put(SERVED, {"segregationCode": "47", "broadcast": True}).status == 200

    admin.put("/stations/S", {"broker": ROUTE.broker})
    assert admin.put(f"{US}/stations/S", {"segregationCode": "47"}).status == 201
    assert admin.delete(SERVED).status == 204


def test_assignment_of_missing_station_or_organization_is_404(quick_admin: Admin):
    """A service of a missing organization is not stored either."""
    assert quick_admin.put(f"{US}/stations/S", {}).title == "Not found the station"
    assert quick_admin.put(f"{NEW}/stations/S", {}).title == "Not found the organization"
    assert quick_admin.delete(SECOND).title == "Not found the station"
    assert quick_admin.put(f"{NEW}/services/00001/00009", OFFER).status == 404


def test_notice_serial_is_not_issued_again_after_its_code_returns(admin: Admin):
    """The serial grows although the organization had another segregation code in between."""
    plain = body(without(option(), "iuv"))
    first = admin.create({**plain, "iupd": "P1"}).body["paymentOption"][0]["nav"]
    admin.put(SERVED, {"segregationCode": "48"})
    between = admin.create({**plain, "iupd": "P2"}).body["paymentOption"][0]["nav"]
    admin.delete(SERVED)
    admin.put(SERVED, {"segregationCode": "47"})

    last = admin.create({**plain, "iupd": "P3"}).body["paymentOption"][0]["nav"]

    assert (first[:3], between[:3], last[:3]) == ("347", "348", "347")
    assert int(last) > int(first)


def test_configuration_change_is_seen_at_once_by_another_process(admin: Admin, elsewhere: Store):
    """The other process has used its store before the change."""
    other = BackOffice(elsewhere, Clock(), admin.writer)
    before = route_check(elsewhere)
    assert (before.organization_name, before.station_serves) == ("Comune di Esempio", True)

    admin.put(US, {"name": "Unione"})
    assert route_check(elsewhere).organization_name == "Unione"
    admin.delete(SERVED)
    assert not route_check(elsewhere).station_serves
    admin.put(SERVED, {"segregationCode": "48"})
    assert route_check(elsewhere).station_serves
    made = other.create(body(without(option(), "iuv")))

    assert made.body["paymentOption"][0]["nav"][:3] == "348"


def test_administrator_of_one_organization_cannot_register_or_delete_it(quick_store: Store):
    """It may rename its organization, and change its stations and services."""
    ours = Admin(quick_store, ORGANIZATION, "12345678901")

    assert ours.get(US).status == 200
    assert ours.put(US, {"name": "Unione"}).status == 200
    assert ours.put(SERVED, {"segregationCode": "47"}).status == 200
    assert ours.put(SERVICE, OFFER).status == 201
    for refused in (ours.put(NEW, {"name": "Comune"}), ours.delete(US), ours.delete(NEW)):
        assert (refused.status, refused.title) == (403, "Forbidden")
        assert "every organization" in refused.body["detail"]
    for each in EVERYBODYS:
        assert ours.request(each.method, each.path, each.content).status == 403


def test_configuration_with_a_writer_key_is_403(quick: BackOffice):
    """A writer's key for every organization is refused too."""
    for key in (quick.writer, quick.key(Role.WRITER, "*")):
        for each in OURS:
            refused = quick.request(each.method, each.path, each.content, key)
            assert (refused.status, refused.title) == (403, "Forbidden"), each
    everybodys = quick.key(Role.WRITER, "*")
    for each in EVERYBODYS:
        assert (
            quick.request(each.method, each.path, each.content, everybodys).title == "Forbidden"
        ), each


def race(crew: Crew, admin: Admin, url: str, each: list[tuple[str, str, object]]) -> Counter[int]:
    """Send one request from each process at the same time, and count the statuses."""
    calls = [(*one, admin.writer, "") for one in each]
    return Counter(crew.race(send_together, url, calls))


def test_concurrent_registrations_of_an_organization_create_it_once(
    crew: Crew, admin: Admin, admin_url: str
):
    """The first request creates it, and the others rename it in turn."""
    names: list[tuple[str, str, object]] = [
        ("PUT", NEW, {"name": f"Comune {index}"}) for index in range(SIZE)
    ]

    for _ in range(ROUNDS):
        assert race(crew, admin, admin_url, names) == {201: 1, 200: SIZE - 1}
        assert admin.get(NEW).body["name"].startswith("Comune ")
        assert admin.delete(NEW).status == 204


def test_position_created_while_its_organization_is_deleted_keeps_it(
    crew: Crew, admin: Admin, admin_url: str
):
    """Either the position is stored and the organization stays, or neither is there."""
    for index in range(ROUNDS):
        admin.put(NEW, {"name": "Comune"})
        create = ("POST", f"{NEW}/debtpositions", body(option(index + 1), iupd=f"P{index}"))

        answers = race(crew, admin, admin_url, [create, *[("DELETE", NEW, None)] * (SIZE - 1)])

        created = answers[201] == 1
        assert answers == ({201: 1, 409: SIZE - 1} if created else {204: 1, 404: SIZE - 1})
        if created:
            return
        assert admin.get(NEW).status == 404


def test_service_created_while_its_code_is_withdrawn_has_its_station_or_is_not_stored(
    crew: Crew, admin: Admin, admin_url: str
):
    """A stored service always has a station with its segregation code."""
    half = SIZE // 2
    both: list[tuple[str, str, object]] = [
        *[("PUT", SERVICE, OFFER)] * half,
        *[("DELETE", SERVED, None)] * half,
    ]  # fmt: skip
    for _ in range(ROUNDS):
        race(crew, admin, admin_url, both)

        offered = admin.get(SERVICE).status == 200
        served = bool(admin.get(f"{US}/stations").body["stations"])
        assert offered is served
        admin.put(SERVED, {"segregationCode": "47"})
        admin.delete(SERVICE)


def test_station_created_while_its_broker_is_deleted_keeps_the_broker(
    crew: Crew, admin: Admin, admin_url: str
):
    """A stored station always has its broker."""
    for _ in range(ROUNDS):
        admin.request("PUT", "/brokers/B")
        put = ("PUT", "/stations/S", {"broker": "B"})

        answers = race(
            crew, admin, admin_url, [put, *[("DELETE", "/brokers/B", None)] * (SIZE - 1)]
        )

        created = answers[201] == 1
        assert answers == ({201: 1, 409: SIZE - 1} if created else {400: 1, 204: 1, 404: SIZE - 2})
        admin.delete("/stations/S")


def test_names_and_codes_are_taken_without_blanks_and_in_nfc(admin: Admin):
    """An invisible character is refused, and named."""
    new = "/organizations/12345678901"
    assert admin.put(new, {"name": " Comune di Cefalu\u0300 "}).status == 201
    assert admin.get(new).body["name"] == "Comune di Cefalù"

    refused = admin.put(new, {"name": "Comune\u200b"})

    assert refused.errors == {("name", "characters")}
    assert refused.body["errors"][0]["expected"].endswith("U+200B")
