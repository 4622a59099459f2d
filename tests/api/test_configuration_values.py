"""Which values and names of the configuration are taken, and what is refused with which rule."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.api.office import ROUTE, Admin
from tests.api.operations import NEW, OFFER, SERVED, SERVICE, US, offer

BOMB = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a">
  <xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="(.*){8}x"/></xs:restriction>
  </xs:simpleType></xs:element></xs:schema>"""


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
        (SERVICE, offer(amount="5"), 400, ("settings", "settings")),
        (SERVICE, offer(schema=BOMB), 400, ("settings", "settings")),
        (SERVICE, offer(namespace="a\x00"), 400, ("settings", "characters")),
        (SERVICE, offer(segregationCode="48"), 400, ("settings.segregationCode", "unknown")),
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
    raw = json.dumps(offer(extra="HERE")).encode().replace(b'"HERE"', sent)

    refused = admin.request("PUT", SERVICE, data=raw, content_type="application/json")

    assert (refused.status, refused.errors) == (400, {("settings", "characters")})


def test_service_settings_with_a_literal_backslash_u0000_reach_the_kind(quick_admin: Admin):
    """The six characters are a text like any other, so the kind of service decides on it."""
    refused = quick_admin.put(SERVICE, offer(namespace="\\u0000 x"))

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


def test_names_and_codes_are_taken_without_blanks_and_in_nfc(admin: Admin):
    """An invisible character is refused, and named."""
    assert admin.put(NEW, {"name": " Comune di Cefalu\u0300 "}).status == 201
    assert admin.get(NEW).body["name"] == "Comune di Cefalù"

    refused = admin.put(NEW, {"name": "Comune\u200b"})

    assert refused.errors == {("name", "characters")}
    assert refused.body["errors"][0]["expected"].endswith("U+200B")
