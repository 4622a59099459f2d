"""On PostgreSQL an upgrade makes the indexes of big tables while others write."""

import threading

from sqlalchemy import text

from gpd_soap.store.database import migrate
from gpd_soap.store.database.building import INDEXES, build_indexes
from gpd_soap.store.store import Store

[INDEX] = INDEXES
VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:index)")
#: Sessions that wait for another to end, as one does that makes an index.
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND query LIKE 'CREATE INDEX CONCURRENTLY%'"
)


def is_valid(store: Store) -> bool | None:
    """Whether the index is there and of use; None where it is not there."""
    with store.reading() as connection:
        valid: bool | None = connection.execute(VALID, {"index": INDEX}).scalar()
    return valid


def drop(store: Store) -> None:
    """Take the index away."""
    with store.begin() as connection:
        connection.execute(text(f"DROP INDEX {INDEX}"))


def test_an_index_is_made_beside_a_writer_that_others_need_not_wait_for(on_postgresql: Store):
    """While the index waits for an older writer, a newer one writes and commits."""
    drop(on_postgresql)
    made = threading.Thread(target=build_indexes, args=(on_postgresql.engine,))
    change = text("UPDATE position SET version = version")
    with on_postgresql.begin() as older:
        older.execute(change)
        made.start()
        waiting = 0
        while made.is_alive() and not waiting:
            with on_postgresql.reading() as connection:
                waiting = connection.execute(WAITING).scalar_one()
        with on_postgresql.begin() as newer:
            newer.execute(change)
    made.join()

    assert waiting == 1
    assert is_valid(on_postgresql) is True


def test_an_index_whose_making_was_broken_off_is_made_again(on_postgresql: Store):
    """What is left of it is of no use, and would be taken for it."""
    with on_postgresql.begin() as connection:
        broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(:index)"
        connection.execute(text(broken), {"index": INDEX})
    before = is_valid(on_postgresql)
    build_indexes(on_postgresql.engine)

    assert (before, is_valid(on_postgresql)) == (False, True)


def test_an_upgrade_brings_the_index_to_a_database_of_the_version_before(on_postgresql: Store):
    """It is made once, by whichever part of the upgrade comes first."""
    drop(on_postgresql)
    with on_postgresql.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    assert migrate.pending(on_postgresql.engine) == ["0010"]

    migrate.upgrade(on_postgresql.engine)

    assert migrate.pending(on_postgresql.engine) == []
    assert is_valid(on_postgresql) is True
