"""Transactions that read, on SQLite: a write fails, and a statement is prepared once for many."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from gpd_soap.store.store import Store

WRITE = text("INSERT INTO probe VALUES (1)")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store on SQLite with a table."""
    store = Store(f"sqlite:///{tmp_path / 'x.db'}")
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE probe (a)"))
    return store


def pragmas(store: Store) -> list[str]:
    """Return a list that grows by each pragma that is run."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.extend([statement] if statement.startswith("PRAGMA") else [])

    event.listen(store.engine, "before_cursor_execute", note)
    return seen


def test_write_fails_where_it_is_to_read_and_passes_afterwards(store: Store):
    """The same connection serves both, whatever came before."""
    for _ in range(2):
        with store.reading() as connection, pytest.raises(OperationalError, match="readonly"):
            connection.execute(WRITE)
        with store.begin() as connection:
            connection.execute(WRITE)

    with store.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM probe")) == 2


def test_connection_that_leaves_the_pool_may_write(store: Store):
    """The node face takes its connections out, also one on which something was read."""
    with store.reading() as connection:
        mine: Any = connection.connection.driver_connection
    pooled = store.engine.raw_connection()
    driver: Any = pooled.driver_connection
    pooled.detach()
    driver.execute(str(WRITE))
    driver.close()

    assert driver is mine


def test_reading_after_reading_prepares_nothing_anew(store: Store):
    """WHY: a pragma makes SQLite prepare each statement again, which takes longer than a search."""
    seen = pragmas(store)
    for _ in range(5):
        with store.reading() as connection:
            connection.execute(text("SELECT 1"))
    for _ in range(5):
        with store.begin() as connection:
            connection.execute(WRITE)

    assert seen == ["PRAGMA query_only = ON", "PRAGMA query_only = OFF"]


def test_connection_that_is_opened_again_may_write(store: Store):
    """What was noted about the one before does not count for it."""
    with store.reading() as connection:
        connection.execute(text("SELECT 1"))
        connection.invalidate()
    with store.begin() as connection:
        connection.execute(WRITE)
    with store.reading() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(WRITE)
