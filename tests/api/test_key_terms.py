"""Keys that expire, and their last use."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from gpd_soap.store.access.keys import COARSE, Role
from gpd_soap.store.store import Store
from tests.api.office import ALL, NOW, ORGANIZATION, Admin, BackOffice, Clock
from tests.api.test_key_operations import KEYS, new


def test_key_is_401_from_the_instant_of_its_expiry(admin: Admin):
    """It works until the end of its last day in Rome, and the list shows both."""
    made = admin.post(KEYS, new(expiresAt="2026-03-20")).body
    assert made["expiresAt"] == "2026-03-20T23:59:59.999999"

    admin.clock.now = NOW.replace(day=20, hour=22, minute=59)
    assert admin.get(ALL, key=made["key"]).status == 200
    admin.clock.now = NOW.replace(day=20, hour=23, minute=0)
    assert admin.get(ALL, key=made["key"]).status == 401

    [listed] = [key for key in admin.get(KEYS).body["keys"] if key["id"] == made["id"]]
    assert listed["expiresAt"] == made["expiresAt"]
    assert admin.delete(f"{KEYS}/{made['id']}").status == 204


def last_use(admin: Admin, key_id: str) -> str | None:
    """Last use of a key, as the list shows it, once it is written."""
    assert admin.store.access_trail.flush(20)
    [listed] = [key for key in admin.get(KEYS).body["keys"] if key["id"] == key_id]
    shown: str | None = listed.get("lastUsedAt")
    return shown


def test_last_use_of_a_key_is_shown_to_five_minutes(admin: Admin):
    """A refused request is a use too, since the key was known."""
    made = admin.post(KEYS, new()).body
    assert last_use(admin, made["id"]) is None

    admin.get(ALL, key=made["key"])
    assert last_use(admin, made["id"]) == "2026-03-16T10:00:00"
    admin.clock.now += COARSE - timedelta(seconds=1)
    admin.get(ALL, key=made["key"])
    assert last_use(admin, made["id"]) == "2026-03-16T10:00:00"
    admin.clock.now += timedelta(seconds=1)
    admin.get("/keys", key=made["key"])
    assert last_use(admin, made["id"]) == "2026-03-16T10:05:00"


def test_last_use_is_written_once_in_five_minutes_by_all_processes(admin: Admin, elsewhere: Store):
    """A list that is read a hundred times a second changes no row a hundred times."""
    made = admin.post(KEYS, new()).body
    assert admin.store.access_trail.flush(20)
    written: list[str] = []
    offices = [BackOffice(store, Clock(), made["key"]) for store in (admin.store, elsewhere)]
    for store in (admin.store, elsewhere):
        event.listen(
            store.access_trail._engine,
            "after_cursor_execute",
            lambda _c, cursor, statement, *_: written.extend([statement] * cursor.rowcount),
        )

    for office in offices:
        assert {office.get(ALL).status for _ in range(20)} == {200}
        assert office.store.access_trail.flush(20)

    assert len([each for each in written if "last_used_at" in each]) == 1


@pytest.mark.parametrize("role", list(Role))
def test_request_of_a_key_in_use_writes_nothing(quick_store: Store, role: Role):
    """The request itself only reads."""
    office = BackOffice(quick_store, Clock())
    key = office.key(role, ORGANIZATION)
    statements: list[str] = []
    event.listen(
        quick_store.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: statements.append(statement.split()[0]),
    )

    assert office.get(ALL, key=key).status == 200

    assert {"UPDATE", "INSERT", "DELETE"}.isdisjoint(statements)
