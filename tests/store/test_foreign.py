"""A shared database in which somebody else has a name of ours."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect, text

from gpd_soap.store.database import migrate
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.errors import StaleSchema
from gpd_soap.store.database.foreign import ForeignTable, created_by
from gpd_soap.store.tables import metadata

FOREIGN = "CREATE TABLE {} (somebody_elses integer)"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database."""
    opened = make_engine(database_url)
    yield opened
    opened.dispose()


def run(engine: Engine, statement: str) -> None:
    """Run one statement in a transaction of its own."""
    with engine.begin() as connection:
        connection.execute(text(statement))


def relations(engine: Engine) -> set[str]:
    """Every table and every index that our tables have, by name."""
    inspector = inspect(engine)
    found = set(metadata.tables)
    for table in metadata.tables:
        found |= {str(index["name"]) for index in inspector.get_indexes(table)}
        found.add(str(inspector.get_pk_constraint(table)["name"]))
    return found


def test_migrations_name_all_that_they_create(engine: Engine):
    """A table, an index or a key that a database has after an upgrade is one that was named."""
    named = set(created_by((migrate.SCRIPTS / "versions").glob("*.py")))

    migrate.upgrade(engine)

    assert relations(engine) <= named


@pytest.mark.parametrize("name", ["audit", "position", "journal_rest", "ix_audit_at", "pk_receipt"])
def test_an_upgrade_beside_a_foreign_table_names_it_and_changes_nothing(engine: Engine, name: str):
    """The check says the same, whatever of ours it is called like."""
    run(engine, FOREIGN.format(name))

    for act in (migrate.upgrade, migrate.check):
        with pytest.raises(ForeignTable, match=f"table {name}") as refused:
            act(engine)
        assert "of its own" in refused.value.hint

    assert inspect(engine).get_table_names() == [name]


def test_a_foreign_index_and_a_foreign_view_are_named_by_their_kind(engine: Engine):
    """Whatever else has a name of ours is in the way too."""
    run(engine, FOREIGN.format("theirs"))
    run(engine, "CREATE INDEX ix_audit_at ON theirs (somebody_elses)")
    run(engine, "CREATE VIEW demand AS SELECT 1 AS one")

    with pytest.raises(ForeignTable, match="view demand, index ix_audit_at"):
        migrate.upgrade(engine)


def test_a_foreign_table_of_a_later_revision_stops_the_next_upgrade(engine: Engine):
    """What earlier revisions created is ours, and is not in the way."""
    migrate.upgrade(engine)
    run(engine, "UPDATE alembic_version SET version_num = '0007'")
    run(engine, "DROP TABLE audit")
    with pytest.raises(StaleSchema, match="0008"):
        migrate.check(engine)
    run(engine, FOREIGN.format("audit"))

    with pytest.raises(ForeignTable, match=r": table audit$"):
        migrate.upgrade(engine)


@pytest.mark.parametrize("command", ["upgrade", "check"])
def test_a_command_beside_a_foreign_table_says_so_in_a_line_and_a_hint(
    engine: Engine, database_url: str, command: str
):
    """With what to do, and without a driver's words."""
    run(engine, FOREIGN.format("audit"))

    program = [sys.executable, "-m", "gpd_soap", "db", command]
    told = {"GPD_DATABASE_URL": database_url}
    ended = subprocess.run(program, env=told, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stdout == ""
    line, hint = ended.stderr.splitlines()
    assert "table audit" in line
    assert "rename what is in the way" in hint
