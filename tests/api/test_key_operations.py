"""Keys over the API: created, listed and revoked; the secret is shown once."""

import logging
import re
from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.api.office import ALL, ORGANIZATION, Admin, BackOffice, Clock
from tests.validation.bodies import OTHER

KEYS = "/keys"


def new(**more: object) -> dict[str, object]:
    """Body that creates a key."""
    return {"name": "Tributi", "role": "writer", "organizations": [ORGANIZATION], **more}


def test_key_created_over_the_api_works_until_it_is_revoked(admin: Admin, elsewhere: Store):
    """The revocation holds from the next request on, in another process too."""
    made = admin.post(KEYS, new())
    assert (made.status, made.headers["Cache-Control"]) == (201, "no-store")
    assert re.fullmatch(r"gpd_[A-Za-z0-9_-]{43}", made.body["key"])
    here, there = (
        BackOffice(store, Clock(), made.body["key"]) for store in (admin.store, elsewhere)
    )
    assert (here.get(ALL).status, there.get(ALL).status) == (200, 200)
    assert here.get(f"/organizations/{OTHER}/debtpositions").status == 403

    assert admin.delete(f"{KEYS}/{made.body['id']}").status == 204

    assert (here.get(ALL).status, there.get(ALL).status) == (401, 401)
    again = admin.delete(f"{KEYS}/{made.body['id']}")
    assert (again.status, again.title) == (404, "Not found the key")
    assert admin.delete(f"{KEYS}/nobodys").status == 404


def test_key_of_an_organization_that_is_not_registered_is_refused(admin: Admin):
    """Every other one is named aloud, or all by `*`; nothing is stored."""
    before = len(admin.get(KEYS).body["keys"])

    refused = admin.post(KEYS, new(organizations=[ORGANIZATION, "77777777770"]))

    assert (refused.status, refused.errors) == (400, {("organizations[1]", "unknown")})
    assert "gpd-soap organization put CODE" in str(refused.body["errors"])
    assert len(admin.get(KEYS).body["keys"]) == before
    assert admin.post(KEYS, new(organizations=["*"])).status == 201


def test_key_list_shows_every_key_without_its_secret(admin: Admin):
    """The oldest key is first, and a revoked key has the time of its revocation."""
    admin.clock.now = admin.clock.now.replace(hour=10)
    made = admin.post(KEYS, new(role="reader", organizations=[OTHER, ORGANIZATION, OTHER])).body
    admin.delete(f"{KEYS}/{made['id']}")

    listed = admin.get(f"{KEYS}?limit=1&page=2").body

    shown = {name: value for name, value in made.items() if name != "key"}
    assert listed["keys"] == [{**shown, "revokedAt": "2026-03-16T11:00:00"}]
    assert shown["organizations"] == [OTHER, ORGANIZATION]
    assert listed["page_info"] == {"page": 2, "limit": 1, "items_found": 3, "total_pages": 3}
    assert "gpd_" not in str(admin.get(f"{KEYS}?limit=50").body)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({}, {("name", "required"), ("role", "required")}),
        (new(name=""), {("name", "length")}),
        (new(name="x" * 10_000), {("name", "length")}),
        (new(name="a\x1b[2Jb"), {("name", "characters")}),
        (new(role="owner"), {("role", "choice")}),
        (new(organizations=[]), {("organizations", "required")}),
        (new(role="admin", organizations=[]), {("organizations", "required")}),
        ({"name": "Tributi", "role": "admin"}, {("organizations", "required")}),
        (new(expiresAt="2026-03-15"), {("expiresAt", "past")}),
        (new(expiresAt="2026-03-16T10:00:00"), {("expiresAt", "past")}),
        (new(expiresAt="soon"), {("expiresAt", "date")}),
        (new(expiresAt=7), {("expiresAt", "type")}),
        (new(organizations=["1234"]), {("organizations[0]", "organization-code")}),
        (new(organizations="*"), {("organizations", "type")}),
        (new(organizations=[ORGANIZATION] * 1001), {("organizations", "count")}),
        (new(key="gpd_mine"), {("key", "unknown-field")}),
    ],
)
def test_invalid_key_is_400_and_not_created(quick_admin: Admin, content: object, wrong: Any):
    """The error names field and rule."""
    refused = quick_admin.post(KEYS, content)

    assert (refused.status, refused.errors) == (400, wrong)
    assert "gpd_" not in str(refused.body)
    assert quick_admin.get(KEYS).body["page_info"]["items_found"] == 2


@pytest.mark.parametrize(
    ("content", "status"),
    [(new(role="admin", organizations=["*"]), 201), (new(organizations=["*"]), 201)],
)
def test_key_for_every_organization_is_created_by_a_star(
    quick_admin: Admin, content: object, status: int
):
    """Every organization is said aloud, in a key of every role."""
    made = quick_admin.post(KEYS, content)

    assert made.status == status
    assert quick_admin.get(ALL, key=made.body["key"]).status == 200


def test_administrator_revokes_its_own_key(quick_admin: Admin):
    """The key is refused from the next request on."""
    made = quick_admin.post(KEYS, new(role="admin", organizations=["*"])).body

    assert quick_admin.request("DELETE", f"{KEYS}/{made['id']}", key=made["key"]).status == 204
    assert quick_admin.get(KEYS, key=made["key"]).status == 401


def test_administrator_of_one_organization_cannot_create_or_list_keys(quick_store: Store):
    """Both requests get 403."""
    ours = Admin(quick_store, ORGANIZATION)

    assert ours.post(KEYS, new()).status == 403
    assert ours.get(KEYS).status == 403


def test_key_secret_is_neither_stored_nor_logged(admin: Admin, caplog: pytest.LogCaptureFixture):
    """A digest is stored, and an Idempotency-Key is refused because its answer would be stored."""
    with caplog.at_level(logging.DEBUG):
        made = admin.post(KEYS, new())
        named = admin.post(KEYS, new(), headers={"Idempotency-Key": "una volta"})
        BackOffice(admin.store, Clock(), made.body["key"]).get(ALL)

    assert (named.status, named.errors) == (400, {("Idempotency-Key", "secret")})
    assert admin.get(KEYS).body["page_info"]["items_found"] == 3
    with admin.store.begin() as connection:
        stored = [
            *connection.execute(select(tables.api_key)),
            *connection.execute(select(tables.request)),
        ]
    for secret in (made.body["key"], made.body["key"].removeprefix("gpd_")):
        assert secret not in str(stored)
        assert secret not in caplog.text


def test_repeated_revocation_with_idempotency_key_gets_the_same_answer(quick_admin: Admin):
    """The second answer is the first one, although the key is gone."""
    made = quick_admin.post(KEYS, new()).body
    path, headers = f"{KEYS}/{made['id']}", {"Idempotency-Key": "revoca"}

    answers = [quick_admin.request("DELETE", path, headers=headers) for _ in range(2)]

    assert [each.status for each in answers] == [204, 204]
