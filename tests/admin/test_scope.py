"""Who may do what: a key that works, for its organizations, in its role."""

import re

import pytest

from gpd_soap.store import keys
from gpd_soap.store.keys import Role
from tests.admin.office import ALL, NOW, ONE, OPTIONS, ORGANIZATION, Office
from tests.intake.bodies import OTHER, body, iuv, nav, option

#: Every operation: method, path below the organization, and what is sent.
OPERATIONS = [
    ("GET", "debtpositions", None),
    ("GET", "debtpositions/POSIZIONE-1", None),
    ("GET", f"paymentoptions/{iuv(1)}/debtposition", None),
    ("GET", f"paymentoptions/{nav(1)}", None),
    ("POST", "debtpositions", body()),
    ("POST", "debtpositions/bulk", {"paymentPositions": [body()]}),
    ("PUT", "debtpositions/POSIZIONE-1", body()),
    ("DELETE", "debtpositions/POSIZIONE-1", None),
    ("POST", "debtpositions/POSIZIONE-1/publish", None),
    ("POST", "debtpositions/POSIZIONE-1/invalidate", None),
    ("POST", f"paymentoptions/paids/{nav(1)}", {}),
    ("PATCH", "debtpositions/transfers?oldIban=X", {"newIban": "IT60X0542811101000000123456"}),
]


def test_the_operations_here_are_all_there_are(quick: Office):
    """A new operation must come to these tests."""
    described = quick.get("/openapi.json", key="").body["paths"]
    there = {(method.upper(), path) for path, methods in described.items() for method in methods}

    def is_of(template: str, path: str) -> bool:
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", template)
        where = f"/organizations/{ORGANIZATION}/{path.partition('?')[0]}"
        return re.fullmatch(pattern, where) is not None

    covered = {
        (method, template)
        for method, template in there
        for wanted, path, _ in OPERATIONS
        if wanted == method and is_of(template, path)
    }
    assert covered == there
    assert len(OPERATIONS) == len(there)


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "gpd_wrong"}, {"X-Api-Key": "è" * 200}])
def test_nothing_is_said_to_who_has_no_key(quick: Office, headers: dict[str, str]):
    """Whatever is asked, and however it is sent, before any of it is looked at."""
    for method, path, _ in OPERATIONS:
        where = f"/organizations/{ORGANIZATION}/{path.partition('?')[0]}?nothing=known"
        refused = quick.ask(method, where, key="", headers=headers, data=b"{")

        assert (refused.status, refused.title) == (401, "Unauthorized")
        assert refused.headers["WWW-Authenticate"]
        assert refused.errors == set()


def test_both_headers_are_taken(quick: Office):
    """GPD's and the short one."""
    for header in ("Ocp-Apim-Subscription-Key", "X-Api-Key"):
        assert quick.get(ALL, key="", headers={header: quick.writer}).status == 200


def test_a_key_knows_nothing_of_another_organization(quick: Office):
    """The answer is one and the same, whether the row is there or not."""
    stranger = quick.key(Role.WRITER, OTHER)
    ours = f"/organizations/{ORGANIZATION}"
    before = [quick.ask(m, f"{ours}/{path}", told, stranger) for m, path, told in OPERATIONS]
    quick.create(query="?toPublish=true")

    after = [quick.ask(m, f"{ours}/{path}", told, stranger) for m, path, told in OPERATIONS]

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
    reader = quick.key(Role.READER, ORGANIZATION)

    answers = [
        (method, quick.ask(method, f"/organizations/{ORGANIZATION}/{path}", told, reader))
        for method, path, told in OPERATIONS
    ]

    assert {answer.status for method, answer in answers if method == "GET"} == {200}
    assert {answer.status for method, answer in answers if method != "GET"} == {403}
    assert quick.status() == "DRAFT"


def test_an_administrator_is_for_every_organization_or_for_those_named(quick: Office):
    """A key that names some is for no other."""
    every, one = quick.key(Role.ADMIN), quick.key(Role.ADMIN, OTHER)
    quick.create()

    assert quick.get(ONE, key=every).status == 200
    assert quick.get(ONE, key=one).status == 403


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
