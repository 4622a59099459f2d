"""A shared database in which another program uses a name of ours."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect, text

from gpd_soap.store.database import migrate
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.errors import StaleSchema
from gpd_soap.store.database.foreign import ForeignTable, created_names
from gpd_soap.store.tables import metadata
from tests.store.upgrading import upgrade_to

FOREIGN = "CREATE TABLE {} (somebody_elses integer)"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Yields an engine on an empty database."""
    opened = make_engine(database_url)
    yield opened
    opened.dispose()


def run(engine: Engine, statement: str) -> None:
    """Executes one statement in a transaction."""
    with engine.begin() as connection:
        connection.execute(text(statement))


def relations(engine: Engine) -> set[str]:
    """Returns the names of our tables, indexes and primary keys."""
    inspector = inspect(engine)
    names = set(metadata.tables)
    for table in metadata.tables:
        names |= {str(index["name"]) for index in inspector.get_indexes(table)}
        names.add(str(inspector.get_pk_constraint(table)["name"]))
    return names


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_created_names_include_every_relation_of_an_upgrade(engine: Engine):
    """Every table, index and key of an upgraded database was named."""
    named = set(created_names((migrate.SCRIPTS / "versions").glob("*.py")))

    migrate.upgrade(engine)

    assert relations(engine) <= named


@pytest.mark.parametrize("name", ["audit", "position", "journal_rest", "ix_audit_at", "pk_receipt"])
def test_upgrade_with_a_foreign_table_names_it_and_changes_nothing(engine: Engine, name: str):
    """The check raises the same error, for every kind of name."""
    run(engine, FOREIGN.format(name))

    for act in (migrate.upgrade, migrate.check):
        with pytest.raises(ForeignTable, match=f"table {name}") as refused:
            act(engine)
        assert "of its own" in refused.value.hint

    assert inspect(engine).get_table_names() == [name]


def test_upgrade_with_a_foreign_index_or_view_names_its_kind(engine: Engine):
    """Relations of every kind are in the way."""
    run(engine, FOREIGN.format("theirs"))
    run(engine, "CREATE INDEX ix_audit_at ON theirs (somebody_elses)")
    run(engine, "CREATE VIEW demand AS SELECT 1 AS one")

    with pytest.raises(ForeignTable, match="view demand, index ix_audit_at"):
        migrate.upgrade(engine)


def test_upgrade_with_a_foreign_table_of_a_pending_revision_is_refused(engine: Engine):
    """Tables of earlier revisions are ours, and are not in the way."""
    upgrade_to(engine, "0007")
    with pytest.raises(StaleSchema, match="lacks 0008 to "):
        migrate.check(engine)
    run(engine, FOREIGN.format("audit"))

    with pytest.raises(ForeignTable, match=r": table audit$"):
        migrate.upgrade(engine)


@pytest.mark.parametrize("command", ["upgrade", "check"])
def test_command_with_a_foreign_table_prints_one_line_with_a_hint(
    engine: Engine, database_url: str, command: str
):
    """The hint names the remedy, and no text of the driver appears."""
    run(engine, FOREIGN.format("audit"))

    program = [sys.executable, "-m", "gpd_soap", "db", command]
    environment = {"GPD_DATABASE_URL": database_url}
    ended = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    assert "table audit" in line
    assert "rename what is in the way" in line
