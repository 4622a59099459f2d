"""Real processes that run the same task at one instant."""

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from typing import Any, Self

from gpd_soap.core.position import NewPosition
from gpd_soap.core.receipt import Receipt
from gpd_soap.store.database import migrate
from gpd_soap.store.positions import numbers
from gpd_soap.store.store import Store
from tests.store.samples import ORGANIZATION, add, take

#: LIMIT: seconds in which a race has ended on a busy machine, first imports included.
TIMEOUT_SECONDS = 120.0
# WHY: one process imports the program, and each process of a race is a copy of it.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["gpd_soap.wiring", "gpd_soap.api.app"])
#: LIMIT: databases whose stores a process keeps open, one of each kind.
KEPT_OPEN = 2

Wait = Callable[[], object]
Task = Callable[[Store, Wait, Any], Any]


class Crew:
    """Processes that run tasks together, each with its own store."""

    def __init__(self, size: int) -> None:
        self.size = size
        # WHY: without this reference, the semaphores may be gone before a process opens them.
        self._barrier = PROCESSES.Barrier(size)
        self._races = 0
        self._pipes: list[Connection[Any, Any]] = []
        self._processes: list[BaseProcess] = []
        for _ in range(size):
            ours, theirs = PROCESSES.Pipe()
            process = PROCESSES.Process(target=_work, args=(theirs, self._barrier), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.send(None)
            pipe.close()
        for process in self._processes:
            process.join(TIMEOUT_SECONDS)

    def race(self, task: Task, url: str, each: Sequence[Any]) -> list[Any]:
        """Runs the task in every process with its argument.  Returns the results in order.

        Raises the error of a process that failed.
        """
        self._barrier.reset()
        self._races += 1
        for pipe, argument in zip(self._pipes, each, strict=True):
            pipe.send((self._races, task, url, argument))
        answers = [self._answer(pipe) for pipe in self._pipes]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _answer(self, pipe: "Connection[Any, Any]") -> Any:
        """Returns a process's result of this race, or a TimeoutError."""
        while pipe.poll(TIMEOUT_SECONDS):
            number, answer = pipe.recv()
            # WHY: the results of a race that timed out come later, and belong to no other race.
            if number == self._races:
                return answer
        return TimeoutError()


def _work(pipe: "Connection[Any, Any]", barrier: Barrier) -> None:
    stores: dict[str, Store] = {}
    while (message := pipe.recv()) is not None:
        number, task, url, argument = message
        try:
            store = _store(stores, url)
            result = task(store, lambda: barrier.wait(TIMEOUT_SECONDS), argument)
            pipe.send((number, result))
        except Exception as error:  # noqa: BLE001  # WHY: `race` raises it in the test
            barrier.abort()
            pipe.send((number, RuntimeError(repr(error))))


def _store(stores: dict[str, Store], url: str) -> Store:
    """Returns the store of an earlier race over this database, or a new one."""
    if url not in stores:
        for old in [*stores][: len(stores) + 1 - KEPT_OPEN]:
            stores.pop(old).close()
        stores[url] = Store(url)
    return stores[url]


def take_once(store: Store, together: Wait, received: Receipt) -> bool:
    """Settles one receipt.  Returns whether it was counted as a repetition."""
    store.receipt_facts(received)
    together()
    return take(store, received).repeated


def add_in_turn(store: Store, together: Wait, rounds: list[NewPosition | Receipt]) -> None:
    """Adds a position or takes a receipt in each round."""
    for arriving in rounds:
        together()
        if isinstance(arriving, Receipt):
            take(store, arriving)
        else:
            add(store, arriving)


def issue_some(store: Store, together: Wait, how_many: int) -> list[str]:
    """Issues numbers in pairs, each pair in a transaction.  Returns their NAVs."""
    together()
    issued = []
    for _ in range(how_many):
        with store.begin() as connection:
            issued += [each.nav for each in numbers.issue(connection, ORGANIZATION, "01", 2)]
    return issued


def upgrade_once(store: Store, together: Wait, _: None) -> list[str]:
    """Upgrades the database.  Returns the revisions that are still pending."""
    together()
    migrate.upgrade(store.engine)
    return migrate.pending(store.engine)
