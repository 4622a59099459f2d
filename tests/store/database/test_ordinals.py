"""The ordinal of an event where a database of the version before is upgraded while it serves."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from gpd_soap.store.database import migrate
from gpd_soap.store.database.engine import make_engine
from tests.postgres import Postgres
from tests.store.samples import NOW, ORGANIZATION
from tests.store.test_grants import create_role, granted, serving_url
from tests.store.upgrading import upgrade_to

#: The insertion of an event as the version before has it.
INSERT = text("""
INSERT INTO event (organization, subject, at, id, type, actor_kind, actor, data)
VALUES (:organization, 'P-1', :at, :id, 'position.updated', 'key', 'k-1', '{}')
""")
ORDINALS = text("SELECT id, ordinal FROM event ORDER BY id")


@pytest.fixture
def before(empty_url: str) -> Iterator[Engine]:
    """Yields an engine on a database of the version before."""
    engine = make_engine(empty_url)
    upgrade_to(engine, "0029")
    yield engine
    engine.dispose()


@pytest.fixture
def empty_url(postgres: Postgres, fresh_database: Any) -> str:
    """Returns the address of an empty database with a serving role beside."""
    create_role(postgres)
    return str(fresh_database("postgresql"))


@pytest.fixture
def serving(empty_url: str) -> Iterator[Engine]:
    """Yields an engine of the serving role on that database."""
    engine = make_engine(serving_url(empty_url))
    yield engine
    engine.dispose()


def insert(engine: Engine, key: str) -> None:
    """Inserts an event as the version before does."""
    with engine.begin() as connection:
        connection.execute(INSERT, {"organization": ORGANIZATION, "at": NOW, "id": key})


def test_version_before_writes_events_after_the_upgrade(before: Engine, serving: Engine):
    """Its role was granted its rights before there was a sequence, and its insertion names none."""
    with before.begin() as connection:
        connection.execute(text("GRANT SELECT, INSERT ON event TO gpd_serving"))
    insert(before, "e1")
    migrate.upgrade(before)

    insert(serving, "e2")
    insert(serving, "e3")

    with serving.connect() as connection:
        ordinals = {row.id: row.ordinal for row in connection.execute(ORDINALS)}
    assert ordinals["e1"] is None
    assert ordinals["e2"] < ordinals["e3"]


def test_every_role_that_may_write_events_may_number_them(before: Engine, serving: Engine):
    """Rights of everybody are those of each role."""
    with before.begin() as connection:
        connection.execute(text("GRANT SELECT, INSERT ON event TO PUBLIC"))
    migrate.upgrade(before)

    insert(serving, "e1")

    with serving.connect() as connection:
        assert connection.execute(ORDINALS).all() == [("e1", 1)]


def test_serving_role_cannot_set_the_sequence_back(
    before: Engine, serving: Engine, empty_url: str, postgres: Postgres
):
    """A later event would have a lower ordinal than an earlier one."""
    migrate.upgrade(before)
    granted(empty_url, postgres)

    with serving.connect() as connection, pytest.raises(ProgrammingError, match="denied"):
        connection.execute(text("SELECT setval('event_ordinal', 1)"))


def test_upgrade_writes_no_event_again(before: Engine):
    """Millions of events stay where they are, so that the upgrade locks them for an instant."""
    insert(before, "e1")
    row_address = text("SELECT tableoid, ctid, xmin FROM event")
    with before.connect() as connection:
        row_addresses = connection.execute(row_address).all()

    migrate.upgrade(before)

    with before.connect() as connection:
        assert connection.execute(row_address).all() == row_addresses
