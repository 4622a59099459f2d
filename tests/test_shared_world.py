"""The shared world is the same for each test, whatever the test before it wrote."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import NullPool, create_engine, select, text, update
from sqlalchemy.exc import DBAPIError

from gpd_soap.store import tables
from tests import world
from tests.calling import call
from tests.conftest import KINDS, Databases, FreshDatabase, SharedDatabases, migrated
from tests.messages.build import claim, qr, receipt, soap_request
from tests.postgres import Postgres
from tests.shared_world import TABLES, SharedWorld

VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
RECEIPT = soap_request("paSendRTV2", claim() + receipt(world.nav(1))).encode()
#: Statements that make a trigger on a table.
TRIGGER = {
    "sqlite": ["CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT 1; END"],
    "postgresql": [
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "CREATE TRIGGER no BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION no()",
    ],
}
MONTH = "CREATE TABLE {0}_later PARTITION OF {0} FOR VALUES FROM ('2099-01-01') TO ('2099-02-01')"
XML = {"CONTENT_TYPE": "text/xml"}


@pytest.fixture(params=KINDS)
def one(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[SharedWorld]:
    """Yield a shared world that no other test uses."""
    with closing(SharedWorld(fresh_database(request.param, world.prepare))) as made:
        yield made


def test_shared_world_after_a_question_has_no_changed_table(one: SharedWorld):
    """A request that changes nothing costs nothing to put back."""
    call(one.face(), "POST", "/partner", VERIFY, **XML)

    assert one.changed() == set()


def test_shared_world_after_a_receipt_names_its_tables_and_puts_them_back(one: SharedWorld):
    """The next test finds the notice unpaid, and gets the same response."""
    before = call(one.face(), "POST", "/partner", VERIFY, **XML).body

    call(one.face(), "POST", "/partner", RECEIPT, **XML)
    changed = one.changed()
    paid = call(one.face(), "POST", "/partner", VERIFY, **XML).body
    one.reset()

    assert changed == {"receipt", "payment_option", "event"}
    assert paid != before
    assert one.changed() == set()
    assert call(one.face(), "POST", "/partner", VERIFY, **XML).body == before


@pytest.mark.parametrize("kind", KINDS)
def test_shared_world_put_back_with_other_blanks_in_json_is_unchanged(
    kind: str, fresh_database: FreshDatabase
):
    """The program writes the same JSON with other blanks than the row that is put back."""
    url = fresh_database(kind, world.prepare)
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        [data] = connection.execute(select(tables.event.c.data).limit(1)).scalars()
        written = {"data": json.dumps(data, indent=2)}
        connection.execute(text("UPDATE event SET data = :data"), written)
    with closing(SharedWorld(url)) as shared:
        with shared.store.begin() as connection:
            connection.execute(update(tables.event).values(subject="another"))
        shared.reset()
        with shared.store.begin() as connection:
            connection.execute(update(tables.payment_option).values(reported_at=world.NOW))

        assert shared.changed() == {"payment_option"}


def test_shared_world_with_every_row_deleted_is_put_back(one: SharedWorld):
    """Every table is put back, and each after the tables that it refers to."""
    with one.store.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(table.delete())

    emptied = one.changed()
    one.reset()

    assert {"organization", "station", "service", "position", "transfer"} <= emptied
    assert one.changed() == set()


def test_shared_world_after_a_stop_of_the_server_answers_again(
    databases: Databases, fresh_database: FreshDatabase
):
    """A test that stops PostgreSQL does not disturb the tests after it."""
    server = databases.server("postgresql")
    assert isinstance(server, Postgres)
    with closing(SharedWorld(fresh_database("postgresql", world.prepare))) as one:
        before = call(one.face(), "POST", "/partner", VERIFY, **XML).body
        with one.store.begin() as connection:
            connection.execute(update(tables.payment_option).values(reported_at=world.NOW))

        server.restart()
        one.revive()
        one.reset()

        assert call(one.face(), "POST", "/partner", VERIFY, **XML).body == before


def test_shared_world_builds_a_face_once_for_its_settings(one: SharedWorld):
    """Equal settings share a face, and other settings have another one."""
    assert one.face(max_body=2048) is one.face(max_body=2048)
    assert one.face(max_body=2048) is not one.face()


@pytest.mark.parametrize("kind", KINDS)
def test_shared_database_with_a_changed_table_fails_that_test_and_is_replaced(
    databases: Databases, kind: str
):
    """The test that changes a table is named, and the tests after it get another database."""
    shared = SharedDatabases(databases)
    first = shared.lend(kind, migrated)
    with first.store.begin() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO other"))

    with pytest.raises((AssertionError, DBAPIError)):
        shared.take_back(first)
    second = shared.lend(kind, migrated)
    shared.take_back(second)

    assert first is not second
    assert second is shared.lend(kind, migrated)
    shared.close()


def test_shared_database_with_a_trigger_fails_that_test(one: SharedWorld):
    """A trigger would make the tests after it fail."""
    with one.store.begin() as connection:
        for statement in TRIGGER[connection.dialect.name]:
            connection.execute(text(statement))

    with pytest.raises(AssertionError):
        one.reset()


def test_shared_database_after_a_vacuum_is_unchanged(fresh_database: FreshDatabase):
    """PostgreSQL vacuums by itself, and forgets then that a table once had triggers."""
    url = fresh_database("postgresql", world.prepare)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE other (name text REFERENCES broker)"))
        connection.execute(text("ALTER TABLE other DROP CONSTRAINT other_name_fkey"))
    with closing(SharedWorld(url)) as shared:
        with engine.connect() as connection:
            connection.execute(text("VACUUM"))
        call(shared.face(), "POST", "/partner", RECEIPT, **XML)
        shared.reset()

        assert shared.changed() == set()


def test_shared_database_with_a_new_month_is_unchanged(fresh_database: FreshDatabase):
    """The program itself adds a partition for each month to the tables that grow."""
    partitioned = [t for t in TABLES if t.dialect_options["postgresql"]["partition_by"]]
    with closing(SharedWorld(fresh_database("postgresql", world.prepare))) as shared:
        with shared.store.begin() as connection:
            for table in partitioned:
                connection.execute(text(MONTH.format(table.name)))
            connection.execute(update(tables.payment_option).values(reported_at=world.NOW))
        shared.reset()

        assert shared.changed() == set()
    assert {table.name for table in partitioned} >= {"event", "journal"}
