"""Health: the facts are true, and always known in time."""

from time import monotonic

import pytest
from sqlalchemy import text

from gpd_soap.contract.schema import Schema
from gpd_soap.monitoring.health import SECONDS, Health
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import KINDS, FreshDatabase, migrated
from tests.postgres import Postgres, hanging

#: Seconds that a supervisor waits for an answer.
SUPERVISOR_SECONDS = 3.0
#: LIMIT: seconds; longer than health's own limit on a slow machine.
HANGS = 20.0


def facts_of(store: Store) -> dict[str, tuple[bool, str]]:
    """Each fact by its name; fails if they are not known in time."""
    start = monotonic()
    facts = Health(store, Schema())()
    assert monotonic() - start < HANGS
    return {fact.name: (fact.holds, fact.detail) for fact in facts}


@pytest.mark.parametrize("kind", KINDS)
def test_database_with_every_table_is_ready(kind: str, fresh_database: FreshDatabase) -> None:
    """No probe need have come."""
    store = Store(fresh_database(kind, world.prepare))

    assert facts_of(store) == {
        "contract": (True, "6 operations"),
        "database": (True, kind),
        "schema": (True, "up to date"),
        "last probe": (True, "none so far"),
    }
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_older_schema_is_not_ready(kind: str, fresh_database: FreshDatabase) -> None:
    """The detail names the missing migrations and the command to run."""
    store = Store(fresh_database(kind, migrated))
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    facts = facts_of(store)

    assert facts["database"][0]
    assert facts["schema"][0] is False
    assert "run `gpd-soap db upgrade` for 0002" in facts["schema"][1]
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_later_schema_is_ready_and_named(kind: str, fresh_database: FreshDatabase) -> None:
    """While a later version upgrades the database, this one serves until it is replaced."""
    store = Store(fresh_database(kind, migrated))
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    facts = facts_of(store)

    assert facts["database"][0]
    assert facts["schema"][0]
    assert "9999" in facts["schema"][1]
    store.close()


def test_stopped_database_is_not_ready_until_it_restarts(
    fresh_database: FreshDatabase, postgres: Postgres
) -> None:
    """Our process needs no restart."""
    store = Store(fresh_database("postgresql", world.prepare))
    assert facts_of(store)["database"][0]

    postgres.stop()
    assert facts_of(store)["database"] == (False, "OperationalError")
    postgres.start()
    assert facts_of(store)["database"][0]
    store.close()


def test_health_answers_before_a_supervisor_gives_up() -> None:
    """Its limit leaves the supervisor's request half a second."""
    assert SECONDS <= SUPERVISOR_SECONDS - 0.5


def test_database_that_hangs_is_not_ready() -> None:
    """It accepts the connection and never answers; each check ends in time."""
    with hanging() as url:
        store = Store(url)
        for _ in range(2):
            assert facts_of(store)["database"] == (False, "no answer in 2.5 seconds")
