"""The feed of events, read with a cursor."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.events.numbering import GAP
from gpd_soap.usecases import feed
from gpd_soap.usecases.access.record import unrecorded
from tests.api.office import ONE, ORGANIZATION, BackOffice
from tests.validation.bodies import OTHER, body, option

EVENTS = f"/organizations/{ORGANIZATION}/events"


def page(office: BackOffice, query: str = "") -> dict[str, Any]:
    """Returns a page of the feed; fails if it is refused."""
    answer = office.get(f"{EVENTS}{query}")
    assert answer.status == 200, answer.body
    content: dict[str, Any] = answer.body
    return content


def types(content: dict[str, Any]) -> list[str]:
    """Returns the types of the events of a page."""
    return [each["type"] for each in content["items"]]


def change_thrice(office: BackOffice) -> None:
    """Creates a position, publishes and withdraws it."""
    office.create(body(option(1)))
    office.post(f"{ONE}/publish")
    office.post(f"{ONE}/invalidate")


def test_feed_has_each_event_once_in_order(office: BackOffice):
    """The cursor of a page leads to the next, also after the last event."""
    change_thrice(office)

    first = page(office, "?limit=2")
    second = page(office, f"?limit=2&cursor={first['next_cursor']}")
    third = page(office, f"?limit=2&cursor={second['next_cursor']}")

    assert types(first) == ["position.created", "position.published"]
    assert types(second) == ["position.withdrawn"]
    assert (third["items"], third["next_cursor"]) == ([], second["next_cursor"])
    assert [each["sequence"] for each in first["items"]] == [f"{n:020}" for n in (1, 2)]


def test_event_is_a_cloud_event(office: BackOffice):
    """Its subject is the position, and its data name the organization."""
    office.create(body(option(1)))

    [event] = page(office)["items"]

    assert event["source"] == f"/organizations/{ORGANIZATION}"
    assert (event["subject"], event["partitionkey"]) == ("POSIZIONE-1", "POSIZIONE-1")
    assert event["time"].endswith("Z")
    assert event["data"]["organization"] == ORGANIZATION
    assert event["data"]["iupd"] == "POSIZIONE-1"


def test_types_choose_events_and_the_cursor_passes_the_others(office: BackOffice):
    """A group of types ends with a full stop."""
    change_thrice(office)

    withdrawn = page(office, "?types=position.withdrawn,receipt.")
    none = page(office, "?types=receipt.")

    assert types(withdrawn) == ["position.withdrawn"]
    assert types(page(office, "?types=position.")) == types(page(office))
    assert (none["items"], none["next_cursor"]) == ([], "3")


def test_latest_is_the_newest_cursor_without_events(office: BackOffice):
    """A new back office begins there."""
    change_thrice(office)

    latest = page(office, "?cursor=latest")
    office.create(body(option(2), iupd="POSIZIONE-2"))

    assert latest["items"] == []
    assert types(page(office, f"?cursor={latest['next_cursor']}")) == ["position.created"]


def test_cursor_before_the_oldest_event_is_410_with_the_first_cursor(office: BackOffice):
    """Events are kept for a time; without a cursor the oldest that is kept is first."""
    change_thrice(office)
    page(office)
    with office.store.begin() as connection:
        connection.execute(delete(tables.event).where(tables.event.c.sequence <= 2))

    expired = office.get(f"{EVENTS}?cursor=1")
    first = expired.body["firstCursor"]

    assert (expired.status, expired.title, first) == (410, "cursor-expired", "2")
    assert types(page(office, f"?cursor={first}")) == ["position.withdrawn"]
    assert types(page(office)) == ["position.withdrawn"]


def test_cursor_after_the_newest_event_is_410_with_the_first_cursor(office: BackOffice):
    """A back office that read on before a backup was restored begins again, and says why."""
    change_thrice(office)

    ahead = office.get(f"{EVENTS}?cursor=7")
    first = ahead.body["firstCursor"]

    assert (ahead.status, ahead.title, first) == (410, "cursor-ahead", "0")
    assert len(types(page(office, f"?cursor={first}"))) == 3


def test_restored_feed_gives_no_number_twice(office: BackOffice):
    """A back office that read on before the backup was restored misses no event after it."""
    change_thrice(office)
    read = page(office)["next_cursor"]
    with office.store.begin() as connection:
        connection.execute(delete(tables.event).where(tables.event.c.sequence > 1))
        connection.execute(update(tables.feed).values(last=1))

    assert feed.leave_gaps(office.store, unrecorded) == sorted([ORGANIZATION, OTHER])
    office.create(body(option(2), iupd="POSIZIONE-2"))

    after = page(office, f"?cursor={read}")
    assert [each["subject"] for each in after["items"]] == ["POSIZIONE-2"]
    assert int(after["next_cursor"]) == 1 + GAP + 1
    assert len(page(office)["items"]) == 2


def test_feed_of_which_no_event_is_kept_goes_on_from_its_end(office: BackOffice):
    """Its numbers do not begin again."""
    change_thrice(office)
    page(office)
    with office.store.begin() as connection:
        connection.execute(delete(tables.event))

    assert office.get(f"{EVENTS}?cursor=1").body["firstCursor"] == "3"
    assert page(office, "?cursor=3")["next_cursor"] == "3"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?cursor=-1", ("cursor", "cursor")),
        ("?cursor=1_0", ("cursor", "cursor")),
        ("?cursor=9223372036854775808", ("cursor", "cursor")),
        ("?types=receipt", ("types", "type")),
        ("?limit=1001", ("limit", "range")),
        ("?limit=0", ("limit", "range")),
    ],
)
def test_malformed_query_is_400(quick: BackOffice, query: str, error: tuple[str, str]):
    """A cursor that this feed has not given is no cursor of it."""
    answer = quick.get(f"{EVENTS}{query}")

    assert answer.status == 400
    assert error[0] in {field for field, _ in answer.errors}


def test_feed_of_another_organization_is_403(quick: BackOffice):
    """A key sees its organizations alone."""
    assert quick.get(f"/organizations/{OTHER}/events").status == 403


def test_feeds_are_those_of_the_key(office: BackOffice):
    """A partner of many asks once, without any background work, and reads those that moved."""
    third = "00000000183"
    with office.store.begin() as connection:
        configuration.put_organization(connection, third, "Comunità di Esempio")
    admin = office.key(Role.ADMIN)
    partner = office.key(Role.READER, ORGANIZATION, OTHER)
    office.create(body(option(1)))
    for code in (OTHER, third):
        with office.store.begin() as connection:
            connection.execute(tables.feed.insert(), {"organization": code, "last": 5})

    def feeds(key: str, query: str = "") -> dict[str, Any]:
        answer = office.get(f"/feeds{query}", key=key)
        assert answer.status == 200, answer.body
        content: dict[str, Any] = answer.body
        return content

    mine = feeds(office.writer)
    assert mine == {"items": [{"organization": ORGANIZATION, "last": "1"}], "limit": 100}
    assert {each["organization"] for each in feeds(partner)["items"]} == {ORGANIZATION, OTHER}
    assert len(feeds(admin)["items"]) == 3
    first = feeds(admin, "?limit=2")
    rest = feeds(admin, f"?limit=2&cursor={first['next_cursor']}")
    assert len(first["items"] + rest["items"]) == 3
    assert "next_cursor" not in rest


def test_path_without_organization_stays_closed_to_other_groups(quick: BackOffice):
    """Only the list of feeds is for keys of some organizations."""
    assert quick.get("/keys").status == 403
