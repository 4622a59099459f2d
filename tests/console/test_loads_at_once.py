"""Two people press the button that prints a load at one instant: one batch is begun."""

import contextlib
import threading

from sqlalchemy import event, func, select

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.console import harness
from tests.console.harness import Console
from tests.console.loads import reading_in, tried, work
from tests.usecases.loads.files import as_csv, line


def test_load_that_two_people_print_at_once_is_printed_once(fresh_database: FreshDatabase):
    """The second one waits for the first, and reads what it began."""
    store = Store(fresh_database("postgresql", harness.prepare))
    console = Console(store)
    console.later(minutes=1)
    clients = [console.client("writer"), console.client("admin")]
    address = tried(
        console, clients[0], as_csv([line(each, scadenza="30/04/2027") for each in (1, 2)])
    )
    clients[0].post(f"{address}/load", data={"reading": reading_in(clients[0].get(address).text)})
    work(console)
    meeting, statuses = threading.Barrier(2), list[int]()

    def meet(_c: object, _cursor: object, statement: str, *_: object) -> None:
        # WHY: who is kept out by the lock never comes here, so that the other goes on alone.
        if "INSERT INTO document_batch_line" in statement:
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(1)

    event.listen(store.engine, "before_cursor_execute", meet)
    threads = [
        threading.Thread(
            target=lambda client=client: statuses.append(
                client.post(f"{address}/print").status_code
            )
        )
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    event.remove(store.engine, "before_cursor_execute", meet)

    with store.reading() as connection:
        batches = connection.execute(select(func.count()).select_from(tables.document_batch))
        assert (statuses, batches.scalar_one()) == ([303, 303], 1)
    store.close()
