"""Several positions in one request: all are changed or deleted, or none, and errors name which."""

import pytest

from tests.api.office import ALL, ONE, OPTIONS, SECOND, SIZE, BackOffice
from tests.api.test_races import race
from tests.store.races import Crew
from tests.validation.bodies import body, nav, option, transfer, without

UNIQUE = (409, "The debt position violated constraints of uniqueness")
MISSING = (404, "Not found the debt position")
TWO = [body(option(serial), iupd=f"P{serial}") for serial in (1, 2)]


def many(*positions: object) -> dict[str, object]:
    """Body of these positions."""
    return {"paymentPositions": list(positions)}


def deletion(*iupds: str) -> dict[str, object]:
    """Body that names positions to delete."""
    return {"paymentPositionIUPDs": list(iupds)}


def snapshot(office: BackOffice) -> list[object]:
    """Every position, with its ETag."""
    listed = office.get(ALL).body["payment_position_list"]
    return [(each, office.get(f"{ALL}/{each['iupd']}").headers["ETag"]) for each in listed]


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """A back office with the drafts P1 and P2, and the paid position PAID."""
    assert office.post(f"{ALL}/bulk", many(*TWO)).status == 201
    office.create(body(option(3), iupd="PAID"), "?toPublish=true")
    office.pay(3)
    return office


@pytest.mark.parametrize("path", [ALL, SECOND])
def test_bulk_update_of_100_positions_is_200_with_an_empty_body(office: BackOffice, path: str):
    """GPD's answer is empty too, and toPublish publishes all of them."""
    made = [body(option(serial), iupd=f"P{serial}") for serial in range(1, 101)]
    changed = [{**each, "fullName": "Mario Esempio"} for each in made]
    bulk = SECOND if path == SECOND else f"{ALL}/bulk"
    assert office.post(bulk, many(*made)).status == 201

    updated = office.put(f"{path}?toPublish=true", many(*reversed(changed)))

    assert (updated.status, updated.body) == (200, b"")
    assert office.get(f"{ALL}?status=VALID").body["page_info"]["items_found"] == 100
    assert office.get(f"{OPTIONS}/{nav(77)}").body["fullName"] == "Mario Esempio"


@pytest.mark.parametrize("path", [ALL, SECOND])
def test_bulk_deletion_deletes_positions_and_retires_their_numbers(full: BackOffice, path: str):
    """Their notice numbers cannot be used again."""
    deleted = full.request("DELETE", path, deletion("P2", "P1"))

    assert (deleted.status, deleted.body) == (200, "Debt positions deleted")
    assert [each["iupd"] for each in full.get(ALL).body["payment_position_list"]] == ["PAID"]
    assert full.post(ALL, TWO[0]).status == 409


REFUSED_UPDATES = [
    (many(TWO[0], body(option(9), iupd="P9")), MISSING, {("paymentPositions[1].iupd", "unknown")}),
    (
        many(TWO[0], body(option(3), iupd="PAID")),
        (409, "Existing related payment found or not in updatable state"),
        {("paymentPositions[1]", "state")},
    ),
    (
        many(TWO[0], body(option(2, amount=7), iupd="P2")),
        (400, "Error in the debt position request data"),
        {("paymentPositions[1].paymentOption[0].amount", "sum")},
    ),
    (
        many(TWO[0], body(without(option(2), "iuv"), iupd="P2")),
        (400, "Error in the debt position request data"),
        {("paymentPositions[1].paymentOption[0].iuv", "required")},
    ),
    (
        many(TWO[0], body(option(2), iupd="P2", fullName="")),
        (400, "BAD REQUEST"),
        {("paymentPositions[1].fullName", "length")},
    ),
    (
        many(TWO[0], body(option(3), iupd="P2")),
        UNIQUE,
        {("paymentPositions[1].paymentOption", "in-use")},
    ),
    (
        many(TWO[0], body(option(9), iupd="P1")),
        UNIQUE,
        {("paymentPositions[1].iupd", "duplicate")},
    ),
    (many(), (400, "BAD REQUEST"), {("paymentPositions", "count")}),
    (
        many(*(body(option(serial), iupd=f"P{serial}") for serial in range(1, 102))),
        (400, "BAD REQUEST"),
        {("paymentPositions", "count")},
    ),
]


@pytest.mark.parametrize(("content", "expected", "errors"), REFUSED_UPDATES)
def test_bulk_update_with_one_invalid_position_changes_none(
    full: BackOffice, content: object, expected: object, errors: object
):
    """Status and title are those of that position, and the errors name its index."""
    before = snapshot(full)

    refused = full.put(f"{ALL}?toPublish=true", content)

    assert ((refused.status, refused.title), refused.errors) == (expected, errors)
    assert snapshot(full) == before


def test_bulk_update_names_every_position_with_the_first_kind_of_error(full: BackOffice):
    """A client can correct the whole bulk at once."""
    wrong = [body(option(serial, amount=7), iupd=f"P{serial}") for serial in (1, 2)]

    assert full.put(ALL, many(*wrong)).errors == {
        (f"paymentPositions[{index}].paymentOption[0].amount", "sum") for index in (0, 1)
    }


REFUSED_DELETIONS = [
    (
        deletion("P1", "P8", "P9"),
        MISSING,
        {(f"paymentPositionIUPDs[{index}]", "unknown") for index in (1, 2)},
    ),
    (
        deletion("P1", "PAID"),
        (409, "Existing related payment found"),
        {("paymentPositionIUPDs[1]", "state")},
    ),
    (deletion(), (400, "BAD REQUEST"), {("paymentPositionIUPDs", "count")}),
    (deletion("P1", "P1"), (400, "BAD REQUEST"), {("paymentPositionIUPDs", "duplicate")}),
    (deletion(""), (400, "BAD REQUEST"), {("paymentPositionIUPDs[0]", "length")}),
    (
        deletion(*(f"P{serial}" for serial in range(21))),
        (400, "BAD REQUEST"),
        {("paymentPositionIUPDs", "count")},
    ),
    ({}, (400, "BAD REQUEST"), {("paymentPositionIUPDs", "required")}),
]


@pytest.mark.parametrize(("content", "expected", "errors"), REFUSED_DELETIONS)
def test_bulk_deletion_with_one_invalid_position_deletes_none(
    full: BackOffice, content: object, expected: object, errors: object
):
    """Status and title are those of that position, and the errors name its index."""
    before = snapshot(full)

    refused = full.request("DELETE", ALL, content)

    assert ((refused.status, refused.title), refused.errors) == (expected, errors)
    assert snapshot(full) == before


def test_dry_run_of_updates_and_deletions_changes_nothing(full: BackOffice):
    """The answer shows the result and the warnings of one update, of several, and of deletions."""
    before = snapshot(full)
    new = body(option(1, transfer(amount=2500)), iupd="P1", fiscalCode="RSSMRA00A01A000A")

    one = full.put(f"{ALL}/P1?dryRun=true&toPublish=true", new)
    both = full.put(f"{ALL}?dryRun=true", many(TWO[1], new))
    gone = full.request("DELETE", f"{ALL}?dryRun=true", deletion("P1"))
    no = full.request("DELETE", f"{ALL}?dryRun=true", deletion("PAID"))

    assert (one.status, one.body["status"]) == (200, "VALID")
    assert one.body["paymentOption"][0]["amount"] == 2500
    assert [each["field"] for each in one.body["warnings"]] == ["fiscalCode"]
    assert [each["iupd"] for each in both.body["paymentPositions"]] == ["P2", "P1"]
    assert [each["field"] for each in both.body["warnings"]] == ["paymentPositions[1].fiscalCode"]
    assert (gone.status, gone.body) == (200, {"paymentPositionIUPDs": ["P1"], "warnings": []})
    assert no.status == 409
    assert snapshot(full) == before


def test_concurrent_bulk_updates_in_opposite_order_are_all_applied(
    crew: Crew, office: BackOffice, admin_url: str
):
    """No deadlock ends one of them."""
    made = [body(option(serial), iupd=f"P{serial}") for serial in range(1, 21)]
    assert office.post(f"{ALL}/bulk", many(*made)).status == 201
    forward, backward = many(*made), many(*made[::-1])

    requests: list[tuple[str, str, object]] = [("PUT", ALL, forward), ("PUT", ALL, backward)]
    assert race(crew, office, admin_url, requests * (SIZE // 2)) == {200: SIZE}

    assert office.get(f"{ALL}/P1").headers["ETag"].startswith(f'"{SIZE + 1}.{SIZE + 1}-')


def test_body_of_several_positions_is_400_for_one(full: BackOffice):
    """Creation and update of one position refuse it."""
    assert full.put(ONE, many(*TWO)).status == 400
    assert full.post(ALL, many(*TWO)).status == 400
