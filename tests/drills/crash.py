"""The crash drill: `python -m tests.drills.crash`.

Two app processes over one database accept receipts while workers, masters and PostgreSQL are killed
(on SQLite: while the disk fills up).  Afterwards every receipt that was answered OK must be in the
store exactly once with its effect.  One receipt must have paid each position, and every other
receipt must be on the worklist.

The blow `updates` changes some positions through the admin API at the instant of their receipts:
updates, deletions, re-creations, withdrawals, publications, payments elsewhere, other accounts.
Each must end as some serial order of those operations gives.

The other blows:

    worker, master, database   `kill -9`; on SQLite a full disk instead of the last
    orphans                    `kill -9` of a master alone, and a new start at once
    stop, reload               SIGTERM to a worker, SIGHUP to a master
    strangers                  silent and slow TLS handshakes and heads
    lists                      long lists of the admin API

Clients question the struck app all the time.  Examples:

    python -m tests.drills.crash                        # everything, on PostgreSQL
    python -m tests.drills.crash --database sqlite      # everything, on SQLite
    python -m tests.drills.crash --blows updates,stop   # these alone
"""

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import requests
from sqlalchemy import text

from gpd_soap.core.position import NewPosition
from gpd_soap.store.access import keys
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests import world
from tests.drills import effects, encounters, judge, stories
from tests.drills.apps import App
from tests.drills.authority import Authority
from tests.drills.blows import WEIGHTS, Beside, Ground, Striker, ground
from tests.drills.effects import Tally
from tests.drills.encounters import Encounter
from tests.drills.followers import Followers, feed_faults
from tests.drills.sending import Senders, Step
from tests.drills.stories import Story

WIDTH = 8
BATCH = 500
#: The blow against positions, and all blows.
UPDATES = "updates"
BLOWS = (UPDATES, *WEIGHTS)


class Size(NamedTuple):
    """The size of a drill; the same seed sends the same, though not at the same instants.

    `updates` counts the positions that are changed, and `kills` the other blows.
    """

    receipts: int = 20_000
    kills: int = 200
    updates: int = 800
    seed: int = 1
    database: str = "postgresql"
    blows: tuple[str, ...] = BLOWS

    @property
    def strikes(self) -> int:
        """The number of blows other than `updates`."""
        return self.kills if set(self.blows) - {UPDATES} else 0

    @property
    def seconds(self) -> float:
        """The seconds after which the drill has failed."""
        return 300 + 6 * self.strikes + self.receipts / 20 + self.updates / 2


class Report(NamedTuple):
    """What happened; `again` counts the requests that were sent once more, `broken` has the faults.

    `kills` counts the blows by kind, and `ends` the ends of questions meanwhile.  `updates` counts
    the encounters by the kind of change, those that met a receipt, and those without explanation.
    """

    database: str
    seed: int
    receipts: int
    positions: int
    questions: int
    again: int
    kills: dict[str, int]
    ends: dict[str, dict[str, int]]
    updates: dict[str, dict[str, int]]
    seconds: float
    broken: list[str]


class Plan(NamedTuple):
    """Everything that will be sent."""

    stories: list[Story]
    meetings: list[Encounter]

    @property
    def initial_positions(self) -> list[NewPosition]:
        """The positions that are in the store from the beginning."""
        meetings = (encounter.position for encounter in self.meetings)
        return [*stories.initial_positions(self.stories), *meetings]

    def steps(self, chance: random.Random) -> list[Step]:
        """Return every step once, with the encounters among the others."""
        steps: list[Step] = [*stories.in_order(self.stories, chance)]
        every = len(steps) / (len(self.meetings) or 1)
        for number, encounter in reversed([*enumerate(self.meetings)]):
            steps.insert(int((number + chance.random()) * every), encounter)
        return steps


def plan(size: Size) -> Plan:
    """Return stories and encounters with this many receipts together, or a few more."""
    chance = random.Random(size.seed)
    count = size.updates if UPDATES in size.blows else 0
    meetings = encounters.write(count, random.Random(f"{size.seed}-meetings"))
    receipts = sum(len(encounter.messages) for encounter in meetings)
    return Plan(stories.write(size.receipts - receipts, chance), meetings)


def drill(size: Size) -> Report:
    """Hold one drill, and return its report."""
    planned = plan(size)
    apps: list[App] = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="drill-")))
        held_on = stack.enter_context(ground(size.database, size.receipts, home, apps))
        key = prepare(held_on.url, planned.initial_positions)
        beside, variables = Beside(key, requests.Session, None), dict[str, str]()
        if "strangers" in size.blows:
            authority = Authority(home / "authority")
            beside = Beside(key, authority.connect, authority.context)
            variables = authority.variables
        for number in range(2):
            log_file = home / f"app-{number}.log"
            apps.append(App(held_on.url, log_file, beside.connect, **variables))
            stack.callback(apps[-1].stop)
            apps[-1].start()
        followers = Followers(held_on.url, held_on.url, apps[0].admin, key, home)
        stack.callback(followers.kill)
        return _hold(size, held_on, apps, beside, planned, followers)


def _hold(
    size: Size, held_on: Ground, apps: Sequence[App], beside: Beside, planned: Plan,
    followers: Followers,
) -> Report:  # fmt: skip
    chance = random.Random(-size.seed)
    steps = planned.steps(chance)
    senders = Senders(apps, beside.key, steps, size.seed, beside.connect)
    striker = Striker(held_on, apps, chance, beside, size.blows)
    begun = time.monotonic()
    senders.start(WIDTH)
    followers.start()
    _strike(senders, striker, len(steps), size, chance)
    followers.kill()
    followers.start()
    senders.allow(len(steps) + WIDTH)
    ended = senders.finish(begun + size.seconds)
    senders.stop()
    took = time.monotonic() - begun
    broken = [*senders.wrong, *senders.meetings.wrong, *striker.wrong]
    broken += not_ready(apps, beside.connect)
    if not ended:
        broken.append(f"after {took:.0f} s {len(steps) - senders.done} steps are not done")
    broken += followers.faults(judge.look(held_on.url))
    followers.kill()
    for app in apps:
        app.stop()
        broken += app.deaths()
    content = judge.look(held_on.url)
    broken += feed_faults(held_on.url, content)
    others = [message for encounter in planned.meetings for message in encounter.messages]
    broken += judge.judge(planned.stories, senders.deliveries, content, others)
    unexplained, tallies = effects.judge(
        planned.meetings, senders.meetings.records, senders.meetings.etags,
        effects.look(held_on.url, content),
    )  # fmt: skip
    return Report(
        size.database, size.seed, sum(senders.deliveries.taken.values()),
        len(planned.stories) + len(planned.meetings), senders.questions, senders.again,
        dict(striker.struck), {blow: dict(ends) for blow, ends in sorted(striker.ends.items())},
        _counted(tallies), round(took, 1), [*broken, *unexplained],
    )  # fmt: skip


def _counted(tallies: dict[str, Tally]) -> dict[str, dict[str, int]]:
    """Return the tallies by kind, and their sum."""
    together = Tally(*map(sum, zip(*tallies.values(), strict=True))) if tallies else Tally()
    return {kind: tally._asdict() for kind, tally in {**tallies, "all": together}.items()}


def _strike(
    senders: Senders, striker: Striker, steps: int, size: Size, chance: random.Random
) -> None:
    """Strike every blow while steps are under way, each in a part of the steps of its own."""
    part = steps // (size.strikes + 1)
    deadline = time.monotonic() + size.seconds
    for number in range(size.strikes):
        senders.allow(part)
        threshold = number * part + chance.random() * (part - WIDTH)
        while senders.done < threshold and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.02)
        striker.strike()


def prepare(url: str, initial_positions: Sequence[NewPosition]) -> str:
    """Make the database with these positions, and return a key for it."""
    world.prepare(url)
    store, now = Store(url), datetime.now(UTC)
    for first in range(0, len(initial_positions), BATCH):
        with store.begin() as connection:
            positions.add(connection, initial_positions[first : first + BATCH], now, world.ACTOR)
    with store.begin() as connection:
        _, key = keys.create(connection, "Drill", keys.Role.WRITER, [world.ORGANIZATION], now)
        # WHY: a new database has no statistics, and without them some plans are slow.
        connection.execute(text("ANALYZE"))
    store.close()
    return key


def not_ready(
    apps: Sequence[App], connect: Callable[[], requests.Session] = requests.Session
) -> Iterator[str]:
    """Yield a sentence for each app that does not answer that it is ready."""
    with connect() as session:
        for number, app in enumerate(apps):
            if session.get(f"{app.node}/health/ready", timeout=10).status_code != 200:
                yield f"app {number} is not ready after the drill"


def main() -> None:
    """Hold the drill and print the report; exit with 1 if anything is wrong."""
    options = vars(_arguments())
    report_file: Path | None = options.pop("json")
    # WHY: without this, SIGTERM would leave the servers of the drill running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    report = drill(Size(**options))
    if report_file:
        report_file.write_text(json.dumps(report._asdict(), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(show(report))
    sys.exit(bool(report.broken))


def show(report: NamedTuple) -> str:
    """Return the report as lines."""
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
    for name in ("receipts", "kills", "updates", "seed"):
        parser.add_argument(f"--{name}", type=int, default=usual[name], help=f"[{usual[name]}]")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument(
        "--blows", type=_blows, default=BLOWS, help=f"some of {','.join(BLOWS)} [all]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report to this file")
    return parser.parse_args()


def _blows(text: str) -> tuple[str, ...]:
    """Return the blows of a list with commas.  Raises ArgumentTypeError for an unknown one."""
    blows = tuple(text.split(","))
    if unknown := set(blows) - set(BLOWS):
        raise argparse.ArgumentTypeError(f"no such blow: {', '.join(sorted(unknown))}")
    return blows


if __name__ == "__main__":
    main()
