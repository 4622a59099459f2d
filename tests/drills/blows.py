"""The blows of the crash drill: what is killed or filled at random instants, and restored."""

import contextlib
import os
import random
import signal
import sqlite3
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

from tests import world
from tests.drills.apps import App, alive, kill_process
from tests.drills.disk import small_disk
from tests.drills.knocking import CUT, NOBODY, Knocking
from tests.drills.strangers import Strangers
from tests.drills.watching import OK, SYSTEM_ERROR, UNAVAILABLE
from tests.postgres import Postgres

#: The weight of each blow: `kill -9` of a worker, of a master with its workers, of the database (or
#: a full disk); `kill -9` of a master alone, SIGTERM to a worker, SIGHUP to a master, strangers
#: that hold connections, and slow lists.
WEIGHTS = {"worker": 5, "master": 2, "database": 3, "orphans": 1, "stop": 2, "reload": 2,
         "strangers": 1, "lists": 1}  # fmt: skip
#: The ends that a question to the struck app may have; any other end is a finding.
ENDS = {
    "worker": {OK, UNAVAILABLE, CUT},
    "master": {OK, UNAVAILABLE, CUT, NOBODY},
    "database": {OK, UNAVAILABLE, SYSTEM_ERROR},
    "orphans": {OK, UNAVAILABLE, CUT, NOBODY},
    "stop": {OK, UNAVAILABLE},
    "reload": {OK, UNAVAILABLE},
    "strangers": {OK, UNAVAILABLE},
    "lists": {OK, UNAVAILABLE},
}
#: Blows during which most questions are answered OK.  A few may be refused, because on a busy
#: machine a question may wait for a thread longer than it is allowed to.
HARMLESS = ("stop", "reload", "strangers", "lists")
#: The number of questions whose ends are awaited after each blow, while the processes start.
KNOCKS = 12
#: LIMIT: 10 s, half of a worker's drain; a worker without its master must leave at once.
ORPHANS_LEAVE_WITHIN = 10.0
STRANGERS_FOR = 1.0
#: Lists that are read at the same time, the statuses that they may have, and the seconds for each.
LISTS, LIST_STATUSES, LIST_FOR = 8, {"200", "400", "429", "503"}, 30
POSITIONS = f"/organizations/{world.ORGANIZATION}/debtpositions"
#: The longest time that a disk stays full, in seconds.
FULL_FOR = 1.0
#: MiB of disk for a store, and for each of its receipts, with room to spare until it is filled.
ROOM, ROOM_FOR_EACH = 64, 0.03


class Beside(NamedTuple):
    """What the clients beside the senders need: a key, sessions, a context for plain sockets."""

    key: str
    connect: Callable[[], requests.Session]
    context: Callable[[], ssl.SSLContext] | None


class Ground(NamedTuple):
    """The database of the drill, and the blow against it."""

    url: str
    strike_database: Callable[[random.Random], None]


@contextmanager
def ground(database: str, receipts: int, home: Path, apps: Sequence[App]) -> Iterator[Ground]:
    """Yield a durable PostgreSQL that can be killed, or SQLite on a disk that can be filled."""
    if database == "postgresql":
        with Postgres(fsync=True) as postgres:

            def crash(_: random.Random) -> None:
                postgres.kill()
                postgres.start()

            yield Ground(postgres.create_database("drill"), crash)
        return

    def processes() -> Iterator[int]:
        for app in apps:
            yield from (app.master, *app.workers())

    (home / "disk").mkdir()
    with small_disk(home / "disk", int(ROOM + ROOM_FOR_EACH * receipts), processes) as disk:
        file = disk.home / "drill.db"

        def crowd(chance: random.Random) -> None:
            # WHY: SQLite writes over a log that it has written once, and would need no room.
            with closing(sqlite3.connect(file)) as session:
                session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                disk.fill()
            time.sleep(chance.random() * FULL_FOR)
            disk.free()

        yield Ground(f"sqlite:///{file}", crowd)


class Striker:
    """Strikes one target after another, and waits until each works again."""

    def __init__(
        self,
        ground: Ground,
        apps: Sequence[App],
        chance: random.Random,
        beside: Beside,
        blows: Collection[str],
    ) -> None:
        """`blows` are the kinds of blow that are struck."""
        self._ground, self._apps, self._chance, self._beside = ground, apps, chance, beside
        self._weights = {blow: weight for blow, weight in WEIGHTS.items() if blow in blows}
        #: Each kind is struck once before chance decides.
        self._first = chance.sample([*self._weights], len(self._weights))
        self.struck: Counter[str] = Counter()
        #: By kind of blow, the ends of the questions to the struck app meanwhile.
        self.ends: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.wrong: list[str] = []

    def strike(self) -> None:
        """Strike one blow, and restore its target."""
        blow = self._first.pop() if self._first else self._choose()
        app = self._chance.choice(self._apps)
        with Knocking(app.node, self._beside.connect) as knocking:
            self._strike(blow, app, knocking)
            knocking.wait_for(KNOCKS)
        self.struck[blow] += 1
        self.ends[blow] += knocking.ends
        unexpected = {end: count for end, count in knocking.ends.items() if end not in ENDS[blow]}
        refused = blow in HARMLESS and knocking.ends[UNAVAILABLE] > knocking.ends[OK]
        if unexpected or refused:
            number = self._apps.index(app)
            self.wrong.append(f"{blow} of app {number}: questions ended so: {dict(knocking.ends)}")

    def _choose(self) -> str:
        return self._chance.choices(list(self._weights), list(self._weights.values()))[0]

    def _strike(self, blow: str, app: App, knocking: Knocking) -> None:
        match blow:
            case "database":
                self._ground.strike_database(self._chance)
            case "master":
                app.kill()
                app.start()
            case "orphans":
                self._leave_orphans(app)
            case "reload":
                os.kill(app.master, signal.SIGHUP)
            case "stop":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._chance.choice(_workers(app)), signal.SIGTERM)
            case "strangers":
                self._bring_strangers(app, knocking)
            case "lists":
                self._read_lists(app)
            case _:
                kill_process(self._chance.choice(_workers(app)))

    def _leave_orphans(self, app: App) -> None:
        """Kill a master while its workers keep connections alive, and start another."""
        left = app.kill_master()
        app.start()
        deadline = time.monotonic() + ORPHANS_LEAVE_WITHIN
        while any(map(alive, left)) and time.monotonic() < deadline:
            time.sleep(0.02)
        for orphan in filter(alive, left):
            self.wrong.append(f"a worker outlives its master by {ORPHANS_LEAVE_WITHIN:.0f} s")
            kill_process(orphan)

    def _bring_strangers(self, app: App, knocking: Knocking) -> None:
        context = self._beside.context() if self._beside.context else None
        with Strangers(app, context, self._chance) as strangers:
            time.sleep(STRANGERS_FOR)
            knocking.wait_for(KNOCKS)
        self.ends["strangers: connections"][""] += strangers.came

    def _read_lists(self, app: App) -> None:
        """Read several pages of the longest list at once."""
        order = self._chance.choice(("STATUS", "IUPD", "COMPANY_NAME"))
        query = f"?limit=50&page={self._chance.randrange(200)}&orderby={order}"
        with ThreadPoolExecutor(LISTS) as pool:
            statuses = list(pool.map(self._read_list, LISTS * [f"{app.admin}{POSITIONS}{query}"]))
        self.ends["lists: statuses"] += Counter(statuses)
        if set(statuses) - LIST_STATUSES:
            self.wrong.append(f"a list was answered so: {Counter(statuses)}")

    def _read_list(self, url: str) -> str:
        try:
            answer = requests.get(url, headers={"X-Api-Key": self._beside.key}, timeout=LIST_FOR)
        except requests.RequestException as error:
            return type(error).__name__
        return str(answer.status_code)


def _workers(app: App) -> list[int]:
    """Return the living workers; a master whose workers were all killed soon has new ones."""
    deadline = time.monotonic() + 10
    while not (workers := app.workers()):
        assert time.monotonic() < deadline, "a master without workers"
        time.sleep(0.01)
    return workers
