"""Ready is said only when it is true, and always in time."""

from time import monotonic

import pytest
from sqlalchemy import text

from gpd_soap.contract.schema import Schema
from gpd_soap.monitoring.health import SECONDS, Health
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.postgres import Postgres, hanging

#: What whoever keeps us running waits.
PATIENCE = 3.0
#: LIMIT: seconds after which it hangs: the time that health gives itself, and a slow machine's.
HANGS = 20.0


def looked(store: Store) -> dict[str, tuple[bool, str]]:
    """Each fact by its name, found in time."""
    begun = monotonic()
    found = Health(store, Schema())()
    assert monotonic() - begun < HANGS
    return {fact.name: (fact.holds, fact.detail) for fact in found}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_all_is_well_with_every_table(kind: str, fresh_database: FreshDatabase) -> None:
    """Contract, database and schema are there; a probe need not have come."""
    store = Store(fresh_database(kind, world.prepare))

    assert looked(store) == {
        "contract": (True, "6 operations"),
        "database": (True, kind),
        "schema": (True, "up to date"),
        "last probe": (True, "none so far"),
    }
    store.close()


def test_an_older_schema_is_not_ready(database_url: str) -> None:
    """It is said what is missing and what to run."""
    store = Store(database_url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = looked(store)

    assert found["database"][0]
    assert found["schema"][0] is False
    assert "run `gpd-soap db upgrade` for 0002" in found["schema"][1]
    store.close()


def test_a_later_schema_is_ready_and_said(database_url: str) -> None:
    """What runs while a later version upgrades the database goes on until it is replaced."""
    store = Store(database_url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    found = looked(store)

    assert found["database"][0]
    assert found["schema"][0]
    assert "9999" in found["schema"][1]
    store.close()


def test_a_database_that_stopped_is_not_ready_until_it_is_back(
    fresh_database: FreshDatabase, postgres: Postgres
) -> None:
    """Without a restart of ours."""
    store = Store(fresh_database("postgresql", world.prepare))
    assert looked(store)["database"][0]

    postgres.stop()
    assert looked(store)["database"] == (False, "OperationalError")
    postgres.start()
    assert looked(store)["database"][0]
    store.close()


def test_health_gives_up_before_whoever_asks() -> None:
    """Its own time is less than theirs, by what a request needs besides."""
    assert SECONDS <= PATIENCE - 0.5


def test_a_database_that_hangs_is_not_ready() -> None:
    """It takes the connection and never answers: said in time, every time."""
    with hanging() as url:
        store = Store(url)
        for _ in range(2):
            assert looked(store)["database"] == (False, "no answer in 2.5 seconds")
