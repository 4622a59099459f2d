"""The crash drill: `python -m tests.drills.crash`.

Two app processes over one database take receipts while workers, masters and PostgreSQL are killed
(on SQLite: while the disk fills up).  Then every receipt that was answered OK must be in the store
exactly once with its effect, every position be paid by one, and every other be on the worklist.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import requests

from gpd_soap.store.access import keys
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests import world
from tests.drills import judge, stories
from tests.drills.apps import App
from tests.drills.blows import Ground, Striker, ground
from tests.drills.sending import Senders
from tests.drills.stories import Story

WIDTH = 8
BATCH = 500


class Size(NamedTuple):
    """How long a drill; the same seed sends the same, though not at the same instants."""

    receipts: int = 20_000
    kills: int = 200
    seed: int = 1
    database: str = "postgresql"

    @property
    def seconds(self) -> float:
        """After so long it has failed."""
        return 20 + 3 * self.kills + self.receipts / 40


class Report(NamedTuple):
    """What happened; `again` counts what had to be sent once more, `broken` is what is wrong."""

    database: str
    seed: int
    receipts: int
    positions: int
    questions: int
    again: int
    kills: dict[str, int]
    seconds: float
    broken: list[str]


def drill(size: Size) -> Report:
    """Hold one drill."""
    chance = random.Random(size.seed)
    told = stories.write(size.receipts, chance)
    apps: list[App] = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="drill-")))
        held_on = stack.enter_context(ground(size.database, size.receipts, home, apps))
        key = prepare(held_on.url, told)
        for number in range(2):
            apps.append(App(held_on.url, home / f"app-{number}.log"))
            stack.callback(apps[-1].stop)
            apps[-1].start()
        return _hold(size, held_on, apps, key, told)


def _hold(size: Size, held_on: Ground, apps: Sequence[App], key: str, told: list[Story]) -> Report:
    chance = random.Random(-size.seed)
    steps = stories.in_order(told, chance)
    senders, striker = Senders(apps, key, steps, size.seed), Striker(held_on, apps, chance)
    begun = time.monotonic()
    senders.start(WIDTH)
    _strike(senders, striker, len(steps), size, chance)
    senders.allow(len(steps) + WIDTH)
    ended = senders.finish(begun + size.seconds)
    senders.stop()
    took = time.monotonic() - begun
    broken = [*senders.wrong, *not_ready(apps)]
    if not ended:
        broken.append(f"after {took:.0f} s {len(steps) - senders.done} steps are not done")
    for app in apps:
        app.stop()
    broken += judge.judge(told, senders.heard, judge.look(held_on.url))
    return Report(
        size.database, size.seed, sum(senders.heard.taken.values()), len(told), senders.questions,
        senders.again, dict(striker.struck), round(took, 1), broken,
    )  # fmt: skip


def _strike(
    senders: Senders, striker: Striker, steps: int, size: Size, chance: random.Random
) -> None:
    """Every blow falls while steps are under way: each share of them waits for its own."""
    share = steps // (size.kills + 1)
    deadline = time.monotonic() + size.seconds
    for number in range(size.kills):
        senders.allow(share)
        at = number * share + chance.random() * (share - WIDTH)
        while senders.done < at and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.02)
        striker.strike()


def prepare(url: str, told: list[Story]) -> str:
    """Make the database, with the positions that are there from the beginning; a key for it."""
    world.prepare(url)
    store, now = Store(url), datetime.now(UTC)
    there = [story.position for story in told if story.position is not None]
    for first in range(0, len(there), BATCH):
        with store.begin() as connection:
            positions.add(connection, there[first : first + BATCH], now)
    with store.begin() as connection:
        _, key = keys.create(connection, "Drill", keys.Role.WRITER, [world.ORGANIZATION], now)
    store.close()
    return key


def not_ready(apps: Sequence[App]) -> list[str]:
    """The apps that have not come back by themselves."""
    states = [requests.get(f"{app.node}/health/ready", timeout=10).status_code for app in apps]
    return [f"app {number} is not ready after the drill" for number, state in enumerate(states)
            if state != 200]  # fmt: skip


def main() -> None:
    """Hold the drill, say what happened, and fail if anything is wrong."""
    told = vars(_arguments())
    kept_in: Path | None = told.pop("json")
    report = drill(Size(**told))
    if kept_in:
        kept_in.write_text(json.dumps(report._asdict(), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(show(report))
    sys.exit(bool(report.broken))


def show(report: NamedTuple) -> str:
    """The report in lines."""
    facts = [f"{name}: {value}" for name, value in report._asdict().items() if name != "broken"]
    verdict = report._asdict()["broken"] or ["nothing lost, nothing half done"]
    return "\n".join((*facts, *verdict)) + "\n"


def _arguments() -> argparse.Namespace:
    usual: dict[str, Any] = Size._field_defaults
    parser = argparse.ArgumentParser(
        prog="python -m tests.drills.crash",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in ("receipts", "kills", "seed"):
        parser.add_argument(f"--{name}", type=int, default=usual[name], help=f"[{usual[name]}]")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
