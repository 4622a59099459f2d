"""The history of a position, over the API and by the command."""

from typing import Any

from click.testing import CliRunner

from gpd_soap.cli.main import main
from gpd_soap.store.access import keys
from tests.api.office import ALL, ONE, ORGANIZATION, BackOffice
from tests.api.paying import message, send
from tests.validation.bodies import OTHER, body, option, transfer

HISTORY = f"{ONE}/history"


def key_id(office: BackOffice) -> str:
    """Returns the id of the back office's key."""
    with office.store.begin() as connection:
        key = keys.find(connection, office.writer)
    assert key is not None
    return key.id


def history(office: BackOffice) -> list[dict[str, Any]]:
    """Returns the events of the position."""
    answer = office.get(HISTORY)
    assert answer.status == 200
    events: list[dict[str, Any]] = answer.body["events"]
    return events


def test_history_has_each_change_with_its_actor(office: BackOffice):
    """The oldest is first."""
    office.create(body(option(1)))
    office.post(f"{ONE}/publish")
    office.put(ONE, body(option(1, transfer(amount=2500))))
    office.post(f"{ONE}/invalidate")
    office.post(f"{ONE}/restore", {"reason": "ritirata per errore"})

    events = history(office)

    assert [each["type"] for each in events] == [
        "position.created", "position.published", "position.updated", "position.withdrawn",
        "position.restored",
    ]  # fmt: skip
    assert {(each["actorKind"], each["actor"]) for each in events} == {("key", key_id(office))}
    assert events[2]["data"]["after"]["options"][0]["amount"] == 2500
    assert events[4]["data"]["reason"] == "ritirata per errore"


def test_history_has_the_receipt_of_the_node(office: BackOffice):
    """The actor is the station."""
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, message(1, "r-1")) == "OK"

    event = history(office)[-1]

    assert (event["type"], event["actorKind"]) == ("receipt.applied", "node")
    assert event["receiptId"] == "r-1"


def test_history_of_a_deleted_position_stays(office: BackOffice):
    """Its last event is the deletion."""
    office.create(body(option(1)))
    office.request("DELETE", ONE)

    assert [each["type"] for each in history(office)] == ["position.created", "position.deleted"]


def test_history_is_read_page_by_page(office: BackOffice):
    """The number of all events is told."""
    office.create(body(option(1)), "?toPublish=true")
    office.post(f"{ONE}/invalidate")

    page = office.get(f"{HISTORY}?limit=1&page=1").body

    assert [each["type"] for each in page["events"]] == ["position.withdrawn"]
    assert page["page_info"]["items_found"] == 2


def test_history_of_an_unknown_position_is_404(office: BackOffice):
    """Another organization is not the key's."""
    office.create(body(option(1)))

    unknown = office.get(f"{ALL}/ALTRA/history")
    others = office.get(f"/organizations/{OTHER}/debtpositions/POSIZIONE-1/history")

    assert (unknown.status, unknown.title) == (404, "Not found the debt position")
    assert others.status == 403


def test_history_command_prints_the_events(office: BackOffice):
    """One event is on a line."""
    office.create(body(option(1)))
    url = office.store.engine.url.render_as_string(hide_password=False)
    command = ["history", "POSIZIONE-1", "--organization", ORGANIZATION]

    printed = CliRunner().invoke(main, command, env={"GPD_DATABASE_URL": url})
    missing = CliRunner().invoke(
        main, ["history", "ALTRA", *command[2:]], env={"GPD_DATABASE_URL": url}
    )

    assert printed.exit_code == 0
    assert f"  position.created  -  key {key_id(office)}  " in printed.output
    assert (missing.exit_code, "Position not found" in missing.output) == (1, True)
