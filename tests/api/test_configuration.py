"""Configuration over the API: each change, what depends on it, who may make it, and its effect."""

from typing import Any

import pytest

from gpd_soap.core.debt import RouteCheck
from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.positions import numbers
from gpd_soap.store.store import Store
from tests.api.office import NOW, ORGANIZATION, ROUTE, Admin, BackOffice, Clock
from tests.api.operations import EVERYBODYS, NEW, OFFER, OURS, SERVED, SERVICE, US, offer
from tests.validation.bodies import OTHER, body, option, without

STATION, BROKER = f"/stations/{ROUTE.station}", f"/brokers/{ROUTE.broker}"
SECOND = f"/organizations/{OTHER}/stations/{ROUTE.station}"


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
    service = offer(segregationCode="09")
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
