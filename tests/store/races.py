"""Real processes that do one thing at one instant."""

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

PATIENCE = 30.0
SPAWN = multiprocessing.get_context("spawn")

Wait = Callable[[], object]
Task = Callable[[Store, Wait, Any], Any]


class Crew:
    """Processes that start together, again and again, each with its own store."""

    def __init__(self, size: int) -> None:
        self.size = size
        # WHY: kept, lest its semaphores are gone before a process has opened them.
        self._barrier = SPAWN.Barrier(size)
        self._lines: list[Connection[Any, Any]] = []
        self._processes: list[BaseProcess] = []
        for _ in range(size):
            ours, theirs = SPAWN.Pipe()
            process = SPAWN.Process(target=_work, args=(theirs, self._barrier), daemon=True)
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.send(None)
            line.close()
        for process in self._processes:
            process.join(PATIENCE)

    def race(self, task: Task, url: str, each: Sequence[Any]) -> list[Any]:
        """Give every process its argument, and what each of them returned."""
        self._barrier.reset()
        for line, argument in zip(self._lines, each, strict=True):
            line.send((task, url, argument))
        answers = [line.recv() if line.poll(PATIENCE) else TimeoutError() for line in self._lines]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers


def _work(line: "Connection[Any, Any]", barrier: Barrier) -> None:
    stores: dict[str, Store] = {}
    while (order := line.recv()) is not None:
        task, url, argument = order
        try:
            store = _store(stores, url)
            line.send(task(store, lambda: barrier.wait(PATIENCE), argument))
        except Exception as error:  # noqa: BLE001  # WHY: it is the test's to judge
            barrier.abort()
            line.send(RuntimeError(repr(error)))


def _store(stores: dict[str, Store], url: str) -> Store:
    """The store of the last race, or a new one where that was elsewhere."""
    if url not in stores:
        for old in stores.values():
            old.close()
        stores.clear()
        stores[url] = Store(url)
    return stores[url]


def take_once(store: Store, together: Wait, taken: Receipt) -> bool:
    """Settle one receipt; whether it was counted on another."""
    store.known(taken)
    together()
    return take(store, taken).repeated


def meet(store: Store, together: Wait, rounds: list[NewPosition | Receipt]) -> None:
    """Let a position or a receipt arrive, round by round."""
    for arriving in rounds:
        together()
        if isinstance(arriving, Receipt):
            take(store, arriving)
        else:
            add(store, arriving)


def issue_some(store: Store, together: Wait, how_many: int) -> list[str]:
    """Issue numbers, two at once, each pair in a transaction of its own."""
    together()
    issued = []
    for _ in range(how_many):
        with store.begin() as connection:
            issued += [each.nav for each in numbers.issue(connection, ORGANIZATION, "01", 2)]
    return issued


def upgrade_once(store: Store, together: Wait, _: None) -> list[str]:
    """Upgrade the database; what is still pending then."""
    together()
    migrate.upgrade(store.engine)
    return migrate.pending(store.engine)
