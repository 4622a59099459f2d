"""PostgreSQL has no old version of a row that a run has changed, in whichever table."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event, text

from gpd_soap.settings import Settings
from gpd_soap.store.retention.clean import CHANGED
from gpd_soap.store.store import Store
from gpd_soap.usecases.retention.keep import By, keep
from tests.conftest import FreshDatabase
from tests.store.samples import ACTOR, NOW, prepare
from tests.usecases.retention.planting import plant

LONG_AGO = datetime.fromisoformat("2012-03-01T08:00:00+00:00")
CHANGE = re.compile(r"\s*(?:UPDATE|DELETE FROM) \"?(\w+)", re.IGNORECASE)
#: What the program itself counts by, which holds no person.
OWN = {"feed"}


@contextmanager
def changed_tables(store: Store) -> Iterator[set[str]]:
    """Yield the names of the tables of which statements change or remove rows."""
    seen: set[str] = set()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        match = CHANGE.match(statement)
        if match is not None:
            seen.add(match[1])

    event.listen(store.engine, "before_cursor_execute", note)
    yield seen
    event.remove(store.engine, "before_cursor_execute", note)


def test_every_table_that_a_run_changes_is_vacuumed(fresh_database: FreshDatabase) -> None:
    """A replaced name would be on the disk else, until a fifth of the table has changed."""
    with closing(Store(fresh_database("postgresql", prepare))) as store:
        with store.begin() as connection:
            plant(connection, LONG_AGO)
        with changed_tables(store) as changed:
            list(keep(store, Settings(), NOW, By(ACTOR)))
        with store.reading() as connection:
            vacuumed = set(
                connection.execute(
                    text("SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL")
                ).scalars()
            )

    assert {"position", "quarantine", "audit", "operator", "load_file"} <= changed
    assert changed - OWN <= set(CHANGED)
    # The journal and the events are vacuumed month by month.
    assert set(CHANGED) - {"journal", "event"} <= vacuumed
