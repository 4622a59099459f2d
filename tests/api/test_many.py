"""Many positions at once: all are changed or deleted, or none, and each no says of which it is."""

import pytest

from tests.api.office import ALL, ONE, OPTIONS, SECOND, SIZE, Office
from tests.api.test_races import race
from tests.store.races import Crew
from tests.validation.bodies import body, nav, option, share, without

UNIQUE = (409, "The debt position violated constraints of uniqueness")
MISSING = (404, "Not found the debt position")
TWO = [body(option(serial), iupd=f"P{serial}") for serial in (1, 2)]


def many(*positions: object) -> dict[str, object]:
    """A body of these positions."""
    return {"paymentPositions": list(positions)}


def doomed(*iupds: str) -> dict[str, object]:
    """A body that names positions to delete."""
    return {"paymentPositionIUPDs": list(iupds)}


def seen(office: Office) -> list[object]:
    """Everything that is there, and its marks."""
    listed = office.get(ALL).body["payment_position_list"]
    return [(each, office.get(f"{ALL}/{each['iupd']}").headers["ETag"]) for each in listed]


@pytest.fixture
def full(office: Office) -> Office:
    """P1 and P2, which are drafts, and PAID."""
    assert office.post(f"{ALL}/bulk", many(*TWO)).status == 201
    office.create(body(option(3), iupd="PAID"), "?toPublish=true")
    office.pay(3)
    return office


@pytest.mark.parametrize("at", [ALL, SECOND])
def test_a_hundred_positions_are_updated_at_once(office: Office, at: str):
    """With an empty answer, as GPD's; toPublish publishes them all."""
    made = [body(option(serial), iupd=f"P{serial}") for serial in range(1, 101)]
    changed = [{**each, "fullName": "Mario Esempio"} for each in made]
    bulk = SECOND if at == SECOND else f"{ALL}/bulk"
    assert office.post(bulk, many(*made)).status == 201

    updated = office.put(f"{at}?toPublish=true", many(*reversed(changed)))

    assert (updated.status, updated.body) == (200, b"")
    assert office.get(f"{ALL}?status=VALID").body["page_info"]["items_found"] == 100
    assert office.get(f"{OPTIONS}/{nav(77)}").body["fullName"] == "Mario Esempio"


@pytest.mark.parametrize("at", [ALL, SECOND])
def test_several_positions_are_deleted_at_once(full: Office, at: str):
    """Their numbers never come back."""
    deleted = full.ask("DELETE", at, doomed("P2", "P1"))

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


@pytest.mark.parametrize(("told", "expected", "errors"), REFUSED_UPDATES)
def test_one_update_that_is_refused_refuses_all(
    full: Office, told: object, expected: object, errors: object
):
    """With its status and title, and the place of what is wrong; nothing has changed."""
    before = seen(full)

    refused = full.put(f"{ALL}?toPublish=true", told)

    assert ((refused.status, refused.title), refused.errors) == (expected, errors)
    assert seen(full) == before


def test_every_update_that_is_refused_for_the_first_reason_is_named(full: Office):
    """A bulk is put right in one go, not position by position."""
    wrong = [body(option(serial, amount=7), iupd=f"P{serial}") for serial in (1, 2)]

    assert full.put(ALL, many(*wrong)).errors == {
        (f"paymentPositions[{at}].paymentOption[0].amount", "sum") for at in (0, 1)
    }


REFUSED_DELETIONS = [
    (
        doomed("P1", "P8", "P9"),
        MISSING,
        {(f"paymentPositionIUPDs[{at}]", "unknown") for at in (1, 2)},
    ),
    (
        doomed("P1", "PAID"),
        (409, "Existing related payment found"),
        {("paymentPositionIUPDs[1]", "state")},
    ),
    (doomed(), (400, "BAD REQUEST"), {("paymentPositionIUPDs", "count")}),
    (doomed("P1", "P1"), (400, "BAD REQUEST"), {("paymentPositionIUPDs", "duplicate")}),
    (doomed(""), (400, "BAD REQUEST"), {("paymentPositionIUPDs[0]", "length")}),
    (
        doomed(*(f"P{serial}" for serial in range(21))),
        (400, "BAD REQUEST"),
        {("paymentPositionIUPDs", "count")},
    ),
    ({}, (400, "BAD REQUEST"), {("paymentPositionIUPDs", "required")}),
]


@pytest.mark.parametrize(("told", "expected", "errors"), REFUSED_DELETIONS)
def test_one_deletion_that_is_refused_refuses_all(
    full: Office, told: object, expected: object, errors: object
):
    """With its status and title, and the place of what is wrong; nothing is gone."""
    before = seen(full)

    refused = full.ask("DELETE", ALL, told)

    assert ((refused.status, refused.title), refused.errors) == (expected, errors)
    assert seen(full) == before


def test_a_dry_run_changes_nothing(full: Office):
    """Of one update, of many, and of deletions: it answers what would be, with its doubts."""
    before = seen(full)
    new = body(option(1, share(amount=2500)), iupd="P1", fiscalCode="RSSMRA00A01A000A")

    one = full.put(f"{ALL}/P1?dryRun=true&toPublish=true", new)
    both = full.put(f"{ALL}?dryRun=true", many(TWO[1], new))
    gone = full.ask("DELETE", f"{ALL}?dryRun=true", doomed("P1"))
    no = full.ask("DELETE", f"{ALL}?dryRun=true", doomed("PAID"))

    assert (one.status, one.body["status"]) == (200, "VALID")
    assert one.body["paymentOption"][0]["amount"] == 2500
    assert [each["field"] for each in one.body["warnings"]] == ["fiscalCode"]
    assert [each["iupd"] for each in both.body["paymentPositions"]] == ["P2", "P1"]
    assert [each["field"] for each in both.body["warnings"]] == ["paymentPositions[1].fiscalCode"]
    assert (gone.status, gone.body) == (200, {"paymentPositionIUPDs": ["P1"], "warnings": []})
    assert no.status == 409
    assert seen(full) == before


def test_bulks_in_another_order_wait_for_each_other(crew: Crew, office: Office, admin_url: str):
    """Updates of the same positions are all taken, whatever order they name them in."""
    made = [body(option(serial), iupd=f"P{serial}") for serial in range(1, 21)]
    assert office.post(f"{ALL}/bulk", many(*made)).status == 201
    there, back = many(*made), many(*made[::-1])

    wanted: list[tuple[str, str, object]] = [("PUT", ALL, there), ("PUT", ALL, back)]
    assert race(crew, office, admin_url, wanted * (SIZE // 2)) == {200: SIZE}

    assert office.get(f"{ALL}/P1").headers["ETag"].startswith(f'"{SIZE + 1}.1-')


def test_a_list_is_no_position(full: Office):
    """Where one is asked for, many are refused."""
    assert full.put(ONE, many(*TWO)).status == 400
    assert full.post(ALL, many(*TWO)).status == 400
