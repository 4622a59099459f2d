"""Keys over the API: made, listed, revoked, and shown to nobody twice."""

import logging
import re
from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.api.office import ALL, ORGANIZATION, Admin, Clock, Office
from tests.validation.bodies import OTHER

KEYS = "/keys"


def new(**more: object) -> dict[str, object]:
    """A key to be made."""
    return {"name": "Tributi", "role": "writer", "organizations": [ORGANIZATION], **more}


def test_a_key_made_over_the_api_works_until_it_is_revoked(admin: Admin, elsewhere: Store):
    """From the next request on, in another process too."""
    made = admin.post(KEYS, new())
    assert (made.status, made.headers["Cache-Control"]) == (201, "no-store")
    assert re.fullmatch(r"gpd_[A-Za-z0-9_-]{43}", made.body["key"])
    here, there = (Office(store, Clock(), made.body["key"]) for store in (admin.store, elsewhere))
    assert (here.get(ALL).status, there.get(ALL).status) == (200, 200)
    assert here.get(f"/organizations/{OTHER}/debtpositions").status == 403

    assert admin.delete(f"{KEYS}/{made.body['id']}").status == 204

    assert (here.get(ALL).status, there.get(ALL).status) == (401, 401)
    again = admin.delete(f"{KEYS}/{made.body['id']}")
    assert (again.status, again.title) == (404, "Not found the key")
    assert admin.delete(f"{KEYS}/nobodys").status == 404


def test_the_list_shows_every_key_and_no_secret(admin: Admin):
    """Page by page, the oldest first; when one was revoked, when it was."""
    admin.clock.now = admin.clock.now.replace(hour=10)
    made = admin.post(KEYS, new(role="reader", organizations=[OTHER, ORGANIZATION, OTHER])).body
    admin.delete(f"{KEYS}/{made['id']}")

    listed = admin.get(f"{KEYS}?limit=1&page=2").body

    kept = {name: value for name, value in made.items() if name != "key"}
    assert listed["keys"] == [{**kept, "revokedAt": "2026-03-16T11:00:00"}]
    assert kept["organizations"] == [OTHER, ORGANIZATION]
    assert listed["page_info"] == {"page": 2, "limit": 1, "items_found": 3, "total_pages": 3}
    assert "gpd_" not in str(admin.get(f"{KEYS}?limit=50").body)


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({}, {("name", "required"), ("role", "required")}),
        (new(name=""), {("name", "length")}),
        (new(name="x" * 10_000), {("name", "length")}),
        (new(name="a\x1b[2Jb"), {("name", "characters")}),
        (new(role="owner"), {("role", "choice")}),
        (new(organizations=[]), {("organizations", "required")}),
        (new(organizations=["1234"]), {("organizations[0]", "organization-code")}),
        (new(organizations="*"), {("organizations", "type")}),
        (new(organizations=[ORGANIZATION] * 1001), {("organizations", "count")}),
        (new(key="gpd_mine"), {("key", "unknown-field")}),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(quick_admin: Admin, told: object, wrong: Any):
    """And none is made."""
    refused = quick_admin.post(KEYS, told)

    assert (refused.status, refused.errors) == (400, wrong)
    assert "gpd_" not in str(refused.body)
    assert quick_admin.get(KEYS).body["page_info"]["items_found"] == 2


@pytest.mark.parametrize(
    ("told", "status"),
    [(new(role="admin", organizations=[]), 201), (new(organizations=["*"]), 201)],
)
def test_a_key_may_be_for_every_organization(quick_admin: Admin, told: object, status: int):
    """An administrator's without a word, any other when it says so."""
    made = quick_admin.post(KEYS, told)

    assert made.status == status
    assert quick_admin.get(ALL, key=made.body["key"]).status == 200


def test_an_administrator_may_revoke_the_own_key(quick_admin: Admin):
    """It is the holder's to say that it is lost."""
    made = quick_admin.post(KEYS, new(role="admin", organizations=[])).body

    assert quick_admin.ask("DELETE", f"{KEYS}/{made['id']}", key=made["key"]).status == 204
    assert quick_admin.get(KEYS, key=made["key"]).status == 401


def test_an_organization_s_administrator_makes_no_keys(quick_store: Store):
    """Nor sees who else has one."""
    ours = Admin(quick_store, ORGANIZATION)

    assert ours.post(KEYS, new()).status == 403
    assert ours.get(KEYS).status == 403


def test_a_key_is_neither_stored_nor_logged(admin: Admin, caplog: pytest.LogCaptureFixture):
    """Its digest is; nor is it kept for an Idempotency-Key, which is refused."""
    with caplog.at_level(logging.DEBUG):
        made = admin.post(KEYS, new())
        named = admin.post(KEYS, new(), headers={"Idempotency-Key": "una volta"})
        Office(admin.store, Clock(), made.body["key"]).get(ALL)

    assert (named.status, named.errors) == (400, {("Idempotency-Key", "secret")})
    assert admin.get(KEYS).body["page_info"]["items_found"] == 3
    with admin.store.begin() as connection:
        kept = [
            *connection.execute(select(tables.api_key)),
            *connection.execute(select(tables.request)),
        ]
    for secret in (made.body["key"], made.body["key"].removeprefix("gpd_")):
        assert secret not in str(kept)
        assert secret not in caplog.text


def test_a_revocation_may_be_named(quick_admin: Admin):
    """Twice the same answer, though the key is gone after the first."""
    made = quick_admin.post(KEYS, new()).body
    path, headers = f"{KEYS}/{made['id']}", {"Idempotency-Key": "revoca"}

    answers = [quick_admin.ask("DELETE", path, headers=headers) for _ in range(2)]

    assert [each.status for each in answers] == [204, 204]
