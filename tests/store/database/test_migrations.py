"""Migrations bring an empty database to the tables of this version."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, inspect, text

from gpd_soap.store.database import migrate
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.errors import LaterSchema, StaleSchema
from gpd_soap.store.tables import DEBTOR_INDEXES, metadata
from tests.conftest import KINDS, FreshDatabase

#: The indexes of expressions.
BY_NAME = {
    index.name
    for index in DEBTOR_INDEXES
    if any(not isinstance(each, Column) for each in index.expressions)
}

FAILS = '''"""A migration that makes a table, then fails."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade() -> None:
    """Make a table, then fail."""
    op.create_table("half_done", sa.Column("id", sa.Integer))
    op.execute("SELECT * FROM nowhere")
'''


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Yields an engine on an empty database."""
    opened = make_engine(database_url)
    yield opened
    opened.dispose()


def partitions_of(engine: Engine) -> set[str]:
    """Returns the partitions, which add nothing to their table."""
    if engine.dialect.name != "postgresql":
        return set()
    parts = text("SELECT inhrelid::regclass::text FROM pg_inherits")
    with engine.connect() as connection:
        return set(connection.execute(parts).scalars())


def index_text(index: Any) -> str:
    """Returns an index with its options as text."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def shape_of(engine: Engine) -> dict[str, Any]:
    """Returns every table of a database except Alembic's and partitions, with all its parts."""
    inspector = inspect(engine)
    left_out = {"alembic_version", *partitions_of(engine)}
    return {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            ],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(map(str, inspector.get_foreign_keys(table))),
            "indexes": sorted(map(index_text, inspector.get_indexes(table))),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "checks": sorted(map(str, inspector.get_check_constraints(table))),
        }
        for table in inspector.get_table_names()
        if table not in left_out
    }


def expression_indexes(engine: Engine) -> list[str]:
    """Returns the indexes of expressions on SQLite, which its inspector leaves out."""
    if engine.dialect.name != "sqlite":
        return []
    made = text(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%(%(%' ORDER BY 1"
    )
    with engine.connect() as connection:
        return list(connection.execute(made).scalars())


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
@pytest.mark.parametrize("kind", KINDS)
def test_migrated_schema_equals_the_declared_one(
    request: pytest.FixtureRequest, kind: str, fresh_database: FreshDatabase
):
    """A change of a table without a migration fails here."""
    declared, migrated = (make_engine(fresh_database(kind)) for _ in range(2))
    for each in (declared, migrated):
        request.addfinalizer(each.dispose)
    metadata.create_all(declared)
    migrate.upgrade(migrated)

    assert shape_of(migrated) == shape_of(declared)
    assert shape_of(migrated).keys() == metadata.tables.keys()
    assert expression_indexes(migrated) == expression_indexes(declared)
    partitions = partitions_of(migrated)

    def is_whole(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name not in partitions

    def is_comparable(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
        # WHY: PostgreSQL stores an expression in other words; `shape_of` compares those.
        return kind != "index" or name not in BY_NAME

    with migrated.connect() as connection:
        options: dict[str, Any] = {
            "compare_type": True,
            "include_name": is_whole,
            "include_object": is_comparable,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_empty_database_is_stale_until_it_is_upgraded(engine: Engine):
    """At first every revision is pending, then none, and a second upgrade does nothing."""
    assert migrate.pending(engine)[0] == "0001"
    with pytest.raises(StaleSchema, match="0001") as refused:
        migrate.check(engine)
    assert "db upgrade" in refused.value.hint

    migrate.upgrade(engine)
    migrate.upgrade(engine)

    assert migrate.pending(engine) == []
    migrate.check(engine)


def test_database_of_a_later_version_is_refused(engine: Engine):
    """An older program neither serves from tables of a later version nor changes them."""
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))

    for act in (migrate.check, migrate.pending, migrate.upgrade):
        with pytest.raises(LaterSchema, match="later"):
            act(engine)


def test_files_are_named_after_their_revisions():
    """The revisions are read from the names of the files; Alembic reads the files themselves."""
    scripts = list(ScriptDirectory.from_config(migrate._config()).walk_revisions())[::-1]

    assert migrate._revisions() == tuple(script.revision for script in scripts)
    for script in scripts:
        assert migrate._files([script.revision]) == [Path(script.path)]


def test_failing_migration_leaves_no_table(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Migrations before the failing one are rolled back too."""
    scripts = tmp_path / "100% broken"
    shutil.copytree(migrate.SCRIPTS, scripts)
    last = migrate.pending(engine)[-1]
    (scripts / "versions" / "9999_fails.py").write_text(FAILS.format(last=last))
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    migrate._revisions.cache_clear()

    try:
        with pytest.raises(Exception, match="nowhere"):
            migrate.upgrade(engine)
    finally:
        migrate._revisions.cache_clear()

    assert inspect(engine).get_table_names() == []


def test_upgrade_changes_no_logging_and_prints_nothing(
    engine: Engine, capsys: pytest.CaptureFixture[str]
):
    """A library that migrates inside a server configures nothing."""
    before = (logging.root.level, list(logging.root.handlers), logging.root.manager.disable)

    migrate.upgrade(engine)

    assert (logging.root.level, logging.root.handlers, logging.root.manager.disable) == before
    assert not logging.getLogger("sqlalchemy").disabled
    assert capsys.readouterr() == ("", "")
