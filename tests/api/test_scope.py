"""Who may do what: a key that works, for its organizations, in its role."""

import re

import pytest

from gpd_soap.api.app import METRICS
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, NOW, ONE, OPTIONS, ORGANIZATION, Office
from tests.api.operations import OPERATIONS
from tests.api.paying import keep
from tests.validation.bodies import OTHER, body, nav, option


def test_the_operations_here_are_all_there_are(quick: Office):
    """A new operation must come to these tests."""
    described = quick.get("/openapi.json", key="").body["paths"]
    there = {(method.upper(), path) for path, methods in described.items() for method in methods}

    def is_of(template: str, path: str) -> bool:
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", template)
        return re.fullmatch(pattern, path.partition("?")[0]) is not None

    covered = {
        (method, template)
        for method, template in there
        for wanted in OPERATIONS
        if wanted.method == method and is_of(template, wanted.path)
    }
    assert covered == there
    assert len(OPERATIONS) == len(there)


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "gpd_wrong"}, {"X-Api-Key": "è" * 200}])
def test_nothing_is_said_to_who_has_no_key(quick: Office, headers: dict[str, str]):
    """Whatever is asked, and however it is sent, before any of it is looked at."""
    for operation in OPERATIONS:
        where = f"{operation.path.partition('?')[0]}?nothing=known"
        refused = quick.ask(operation.method, where, key="", headers=headers, data=b"{")

        assert (refused.status, refused.title) == (401, "Unauthorized")
        assert refused.headers["WWW-Authenticate"]
        assert refused.errors == set()


def test_every_header_is_taken(quick: Office):
    """GPD's, the short one, and what programs that know neither can send."""
    for header, told in (
        ("Ocp-Apim-Subscription-Key", quick.writer),
        ("X-Api-Key", quick.writer),
        ("Authorization", f"Bearer {quick.writer}"),
    ):
        assert quick.get(ALL, key="", headers={header: told}).status == 200
    assert quick.get(ALL, key="", headers={"Authorization": f"Basic {quick.writer}"}).status == 401


def test_a_key_knows_nothing_of_another_organization(quick: Office):
    """The answer is one and the same, whether the row is there or not."""
    stranger = quick.key(Role.ADMIN, OTHER)
    before = [quick.ask(each.method, each.path, each.told, stranger) for each in OPERATIONS]
    quick.create(query="?toPublish=true")
    keep(quick)

    after = [quick.ask(each.method, each.path, each.told, stranger) for each in OPERATIONS]

    assert [each.body for each in before] == [each.body for each in after]
    assert {(each.status, each.title) for each in after} == {
        (403, "The payment position is forbidden")
    }
    assert quick.status() == "VALID"


def test_two_organizations_may_use_the_same_names(office: Office):
    """Each sees its own, counts its own, changes its own."""
    other = office.key(Role.WRITER, OTHER)
    there = f"/organizations/{OTHER}/debtpositions"
    office.create(query="?toPublish=true")

    made = office.post(there, body(fullName="Un Altro"), key=other)

    assert made.status == 201
    assert office.get(there, key=other).body["page_info"]["items_found"] == 1
    assert office.ask("DELETE", f"{there}/POSIZIONE-1", key=other).status == 200
    assert office.status() == "VALID"
    assert office.get(f"{OPTIONS}/{nav(1)}").body["fullName"] == "Maria Esempio"


def test_a_reader_reads_and_changes_nothing(quick: Office):
    """Every operation that changes something is refused, for its own organization too."""
    quick.create()
    keep(quick)
    reader = quick.key(Role.READER, ORGANIZATION)

    for each in OPERATIONS:
        reads = each.method == "GET" and each.role is Role.READER and not each.names_none
        assert quick.ask(each.method, each.path, each.told, reader).status == (
            200 if reads else 403
        )

    assert quick.status() == "DRAFT"


def test_an_administrator_is_for_every_organization_or_for_those_named(quick: Office):
    """A key that names some is for no other."""
    every, one = quick.key(Role.ADMIN), quick.key(Role.ADMIN, OTHER)
    quick.create()

    assert quick.get(ONE, key=every).status == 200
    assert quick.get(ONE, key=one).status == 403
    assert quick.get(ONE, key=quick.key(Role.READER, keys.EVERY)).status == 200


def test_what_names_no_organization_is_for_keys_of_every_one(quick: Office):
    """Its readers read, its writers write; a key of one organization sees none of it."""
    keep(quick)
    every, reader = quick.key(Role.WRITER, keys.EVERY), quick.key(Role.READER, keys.EVERY)
    asked = [each for each in OPERATIONS if each.names_none]

    for each in asked:
        refused = quick.ask(each.method, each.path, each.told)
        assert (refused.status, refused.title) == (403, "The payment position is forbidden")
    read = [quick.ask(each.method, each.path, each.told, reader).status for each in asked]
    written = [quick.ask(each.method, each.path, each.told, every).status for each in asked]

    assert read == [200, 200, 200, 403, 403]
    # What was resolved is not matched again.
    assert written == [200, 200, 200, 200, 409]


def test_only_an_administrator_is_lenient(quick: Office):
    """With numbers that we would not have issued."""
    odd = body(option(1, iuv="47000000000000199"))

    assert quick.post(f"{ALL}?lenient=true", odd).status == 403
    made = quick.post(f"{ALL}?lenient=true", odd, key=quick.key(Role.ADMIN))
    assert made.status == 201
    assert quick.put(ONE, odd).status == 200


def test_a_revoked_key_is_refused_at_once(office: Office):
    """By the next request, whichever process takes it."""
    assert office.get(ALL).status == 200
    with office.store.begin() as connection:
        (key,) = keys.every(connection)
        assert keys.revoke(connection, key.id, NOW)
        assert not keys.revoke(connection, key.id, NOW)

    assert office.get(ALL).status == 401


def test_metrics_are_for_a_key_of_every_organization(office: Office) -> None:
    """A reader's will do, in any of the headers that a key may come in."""
    reader = office.key(Role.READER, keys.EVERY)
    answers = [
        office.get(METRICS, key=reader),
        office.get(METRICS, key=office.key(Role.ADMIN)),
        office.get(METRICS, key="", headers={"Authorization": f"Bearer {reader}"}),
        office.get(METRICS, key="", headers={"Ocp-Apim-Subscription-Key": reader}),
    ]

    for answer in answers:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["X-Request-Id"]
        assert b"gpd_database_up 1.0\n" in answer.body


@pytest.mark.parametrize("role", list(Role))
def test_totals_are_not_for_a_key_of_some_organizations(quick: Office, role: Role) -> None:
    """Whatever its role: they would tell it about the others."""
    refused = quick.get(METRICS, key=quick.key(role, ORGANIZATION, OTHER))

    assert (refused.status, refused.title) == (403, "The payment position is forbidden")


def test_metrics_are_not_for_who_has_no_key(quick: Office) -> None:
    """A revoked key is none, from the next scrape on."""
    every = quick.key(Role.READER, keys.EVERY)
    assert quick.get(METRICS, key=every).status == 200
    with quick.store.begin() as connection:
        found = next(key for key in keys.every(connection) if key.serves_every)
        keys.revoke(connection, found.id, NOW)

    for key in ("", "gpd_wrong", "è" * 99, every):
        refused = quick.get(METRICS, key=key)
        assert (refused.status, refused.title) == (401, "Unauthorized")
        assert refused.headers["WWW-Authenticate"]
