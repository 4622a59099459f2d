"""What is struck, at random instants, and how it comes back."""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.drills.apps import App, kill_process
from tests.drills.disk import small_disk
from tests.postgres import Postgres

#: Of ten blows: against a worker, a master, and the database itself.
OFTEN = {"worker": 5, "master": 2, "database": 3}
#: The longest that a disk stays full, in seconds.
FULL_FOR = 1.0
#: What a store of that many receipts takes, with room to spare until it is filled.
ROOM, ROOM_FOR_EACH = 64, 0.03


class Ground(NamedTuple):
    """Where the drill is held: the database, and the blow against it."""

    url: str
    strike_database: Callable[[random.Random], None]


@contextmanager
def ground(database: str, receipts: int, home: Path, apps: Sequence[App]) -> Iterator[Ground]:
    """A durable PostgreSQL to be killed, or SQLite on a disk to be filled."""
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
            # WHY: a log that was written once is written over, and takes no room.
            with closing(sqlite3.connect(file)) as session:
                session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                disk.fill()
            time.sleep(chance.random() * FULL_FOR)
            disk.free()

        yield Ground(f"sqlite:///{file}", crowd)


class Striker:
    """Strikes one thing after another, and leaves each standing again."""

    def __init__(self, ground: Ground, apps: Sequence[App], chance: random.Random) -> None:
        self._ground, self._apps, self._chance = ground, apps, chance
        self.struck: Counter[str] = Counter()

    def strike(self) -> None:
        """One blow, and whatever it takes to stand again."""
        what = self._chance.choices(list(OFTEN), list(OFTEN.values()))[0]
        app = self._chance.choice(self._apps)
        if what == "database":
            self._ground.strike_database(self._chance)
        elif what == "master":
            app.kill()
            app.start()
        else:
            kill_process(self._chance.choice(_workers(app)))
        self.struck[what] += 1


def _workers(app: App) -> list[int]:
    """Those that live; a master whose workers are all struck has new ones in a moment."""
    deadline = time.monotonic() + 10
    while not (workers := app.workers()):
        assert time.monotonic() < deadline, "a master without workers"
        time.sleep(0.01)
    return workers
