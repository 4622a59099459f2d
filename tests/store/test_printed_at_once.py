"""Notices that are printed into one folder at the same instant have lines of their own."""

import threading

import pytest
from sqlalchemy import text

from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchState
from gpd_soap.store.store import Store
from tests.store.samples import NOW, ORGANIZATION, nav

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize("second", [nav(2), nav(1)])
def test_second_print_waits_for_the_first_and_has_the_next_line(on_postgresql: Store, second: str):
    """A document of the same notice and model takes the place of the first one."""
    folder = Batch(
        ORGANIZATION, "bat_1", {"sent": True}, 0, BatchState.DONE, NOW, NOW, "key", "k-1"
    )
    with on_postgresql.begin() as connection:
        batches.add(connection, folder)

    def put(document: str, number: str) -> None:
        with on_postgresql.begin() as connection:
            batches.put_printed(connection, folder, number, "TemplateSingle", document)

    with on_postgresql.begin() as connection:
        batches.put_printed(connection, folder, nav(1), "TemplateSingle", "doc-1")
        late = threading.Thread(target=put, args=("doc-2", second))
        late.start()
        with on_postgresql.engine.connect() as watching:
            while late.is_alive() and not watching.execute(WAITING).scalar_one():
                watching.rollback()
                late.join(0.002)
    late.join()

    with on_postgresql.reading() as connection:
        lines = batches.lines(connection, folder, 0, 10)
    same = second == nav(1)
    documents = ["doc-2"] if same else ["doc-1", "doc-2"]
    assert [(each.number, each.document) for each in lines] == [*enumerate(documents, 1)]
