"""The failover drill: `python -m tests.drills.failover`.

Three PostgreSQL nodes run as deploy/patroni configures them.  One app process finds the primary
through HAProxy, another one by a list of hosts.  Receipts come all the time while nodes are killed,
disconnected and switched; only the killed programs are started again.

Afterwards every receipt that was answered OK must be on the last primary exactly once with its
effect.  The standbys must have the same rows.
"""

import argparse
import json
import random
import secrets
import signal
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psycopg

from gpd_soap.store.database.grants import grant
from gpd_soap.store.store import Store
from tests.drills import judge, stories
from tests.drills.apps import App
from tests.drills.cluster import AUTHORITY, HOST, OWNER, SERVING, Cluster, cluster
from tests.drills.crash import not_ready, prepare, show
from tests.drills.followers import Followers, feed_faults
from tests.drills.network import NODES, Cables, network
from tests.drills.outages import BLOWS, CUTS, SHORT, Ground, Struck, strike
from tests.drills.sending import Senders
from tests.drills.stories import Story
from tests.drills.watching import OK, SILENCE, SYSTEM_ERROR, UNAVAILABLE, Watch, during, gap

LAWFUL = (OK, UNAVAILABLE, SYSTEM_ERROR, SILENCE)
APPS = ("haproxy", "hosts")
WIDTH = 8
#: Steps begun in a second, and the seconds for each blow that the steps must last.
RATE, SECONDS_OF_EACH = 25, 50


class Felt(NamedTuple):
    """The effect of the blows of one kind: seconds without an OK, median and longest.

    `by` has the longest for each app alone; `answers` counts the answers to receipts and questions.
    """

    times: int
    receipts: tuple[float, float]
    questions: tuple[float, float]
    by: dict[str, tuple[float, float]]
    answers: dict[str, dict[str, int]]
    slowest: tuple[float, float]
    whole_after: float


class Report(NamedTuple):
    """What happened; `again` counts the requests sent once more, `broken` has the faults."""

    network: str
    seed: int
    receipts: int
    positions: int
    questions: int
    again: int
    felt: dict[str, Felt]
    seconds: float
    broken: list[str]


def drill(blows: Sequence[str], seed: int = 1) -> Report:
    """Hold one drill, and return its report; blows that the network does not allow are left out."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="drill-", dir="/tmp")))
        # WHY: the nodes run as `nobody` where we are root, and must reach their folders.
        home.chmod(0o755)
        net = network(stack)
        blows = blows if isinstance(net, Cables) else [each for each in blows if each not in CUTS]
        planned = stories.write(RATE * SECONDS_OF_EACH * len(blows), random.Random(seed))
        made = stack.enter_context(cluster(net, home))
        password = secrets.token_hex(8)
        made.create_database(password)
        trusted = home / AUTHORITY
        urls = [url.replace("PASSWORD", password) for url in addresses(net.prefix, trusted)]
        owner = urls[0].replace(SERVING, OWNER)
        key, apps = prepare(owner, stories.initial_positions(planned)), []
        let_serve(owner)
        for name, url in zip(APPS, urls, strict=True):
            apps.append(App(url, home / f"{name}.log"))
            stack.callback(apps[-1].stop)
            apps[-1].start()
        followers = Followers(owner, urls[0], apps[0].admin, key, home)
        stack.callback(followers.kill)
        return _hold(Ground(made, net), apps, key, planned, blows, seed, followers)


def addresses(prefix: str, trusted: Path) -> tuple[str, str]:
    """Return the URL through HAProxy, and the URL with a list of hosts, as in README."""
    hosts = "&".join(f"host={prefix}.{number}:5432" for number in NODES)
    only = f"target_session_attrs=read-write&sslmode=verify-full&sslrootcert={trusted}"
    return (
        f"postgresql://{SERVING}:PASSWORD@{HOST}:5000/gpd?hostaddr={prefix}.254&{only}",
        f"postgresql://{SERVING}:PASSWORD@/gpd?{hosts}&{only}",
    )


def let_serve(owner: str) -> None:
    """Give the serving role its rights, as `gpd-soap db grant` does."""
    store = Store(owner)
    with store.begin() as connection:
        grant(connection, SERVING)
    store.close()


def _hold(  # noqa: PLR0917  # each is a part of the drill
    ground: Ground,
    apps: list[App],
    key: str,
    planned: list[Story],
    blows: Sequence[str],
    seed: int,
    followers: Followers,
) -> Report:
    steps = stories.in_order(planned, random.Random(-seed))
    senders = Senders(apps, key, steps, seed)
    begun = time.monotonic()
    with Watch([app.node for app in apps]) as watch:
        senders.start(WIDTH)
        followers.start()
        with _paced(senders):
            struck, broken = _strike(ground, blows)
        if senders.done >= len(steps) - WIDTH:
            broken.append("the load ended before the blows")
        senders.allow(len(steps) + WIDTH)
        ended = senders.finish(time.monotonic() + 20 + len(steps) / 40)
    senders.stop()
    took = time.monotonic() - begun
    broken += [*senders.wrong, *not_ready(apps), *_unlawful(senders, watch, struck)]
    if not ended:
        broken.append(f"after {took:.0f} s {len(steps) - senders.done} steps are not done")
    followers.kill()
    followers.start()
    broken += followers.faults(judge.look(ground.cluster.url(ground.cluster.role("leader"))))
    followers.kill()
    for app in apps:
        app.stop()
    broken += _look(ground.cluster, planned, senders)
    felt = {name: _felt([s for s in struck if s.blow == name], senders, watch)
            for name in dict.fromkeys(s.blow for s in struck)}  # fmt: skip
    return Report(
        ground.network.kind, seed, sum(senders.deliveries.taken.values()), len(planned),
        len(watch.answers) + senders.questions, senders.again, felt, round(took, 1), broken,
    )  # fmt: skip


def _strike(ground: Ground, blows: Sequence[str]) -> tuple[list[Struck], list[str]]:
    """Return the blows that were struck, until the cluster does not recover from one."""
    struck: list[Struck] = []
    for blow in blows:
        try:
            struck.append(strike(ground, blow))
        except AssertionError as error:
            return struck, [f"{blow}: {error}"]
    return struck, []


@contextmanager
def _paced(senders: Senders) -> Iterator[None]:
    """Allow steps at a steady rate."""
    over = threading.Event()

    def pace() -> None:
        while not over.wait(1 / RATE):
            senders.allow(1)

    thread = threading.Thread(target=pace)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _unlawful(senders: Senders, watch: Watch, struck: list[Struck]) -> Iterator[str]:
    """Yield wrong answers, missing answers, and an OK while there was no second copy."""
    for answer in watch.answers:
        if answer.what not in LAWFUL:
            yield f"a verify: {answer.what}"
    if silent := sum(a.what == SILENCE for a in (*senders.answers, *watch.answers)):
        yield f"{silent} requests got no answer in the Node's time"
    for quiet in (each.quiet for each in struck if each.quiet):
        if early := during(senders.answers, *quiet)[OK]:
            yield f"{early} receipts were answered OK without a second copy"


def _felt(struck: list[Struck], senders: Senders, watch: Watch) -> Felt:
    sources = {"receipts": senders.answers, "questions": watch.answers}

    def most(what: str, app: int | None = None) -> list[float]:
        answers = [a for a in sources[what] if app in (None, a.app)]
        return [gap(answers, s.since, s.until) for s in struck]

    def slowest(what: str) -> float:
        return max(a.took for a in sources[what] for s in struck if s.since <= a.instant <= s.until)

    counted = {
        what: sum((during(answers, s.since, s.until) for s in struck), start=during([], 0, 0))
        for what, answers in sources.items()
    }
    return Felt(
        len(struck), _middle_and_most(most("receipts")), _middle_and_most(most("questions")),
        {name: (round(max(most("receipts", n)), 1), round(max(most("questions", n)), 1))
         for n, name in enumerate(APPS)},
        {what: dict(each) for what, each in counted.items()},
        (round(slowest("receipts"), 1), round(slowest("questions"), 1)),
        round(max(s.until - s.since for s in struck), 1),
    )  # fmt: skip


def _middle_and_most(seconds: list[float]) -> tuple[float, float]:
    return round(statistics.median(seconds), 1), round(max(seconds), 1)


def _look(made: Cluster, planned: list[Story], senders: Senders) -> list[str]:
    """Return the faults of the last primary, and the standbys that differ from it."""
    primary = made.role("leader")
    content = judge.look(made.url(primary))
    broken = judge.judge(planned, senders.deliveries, content)
    broken += feed_faults(made.url(primary), content)
    end = _position(made.url(primary), "pg_current_wal_lsn()")
    for node in made.nodes:
        if node is not primary:
            _position(made.url(node), "pg_last_wal_replay_lsn()", end)
            if judge.in_order(judge.look(made.url(node))) != judge.in_order(content):
                broken.append(f"{node.name} holds other rows than the primary")
    return broken


def _position(url: str, where: str, until: str = "0/0") -> str:
    """Return a node's place in its log, once it has reached `until` or has stopped before it."""
    plain = url.replace("postgresql+psycopg", "postgresql")
    deadline = time.monotonic() + 20
    with psycopg.connect(plain, autocommit=True) as session:
        while True:
            question = f"SELECT {where}::text, {where} >= %s::pg_lsn"
            row = session.execute(question, [until]).fetchone()
            if (row and row[1]) or time.monotonic() > deadline:
                return str(row and row[0])
            time.sleep(0.1)


def main() -> None:
    """Hold the drill and print the report; exit with 1 if anything is wrong."""
    arguments = _arguments()
    # WHY: without this, an early SIGTERM would leave the cluster running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    blows = SHORT if arguments.short else arguments.blows * arguments.rounds
    report = drill(blows, arguments.seed)
    if arguments.json:
        arguments.json.write_text(json.dumps(_plain(report), indent=1) + "\n", encoding="utf-8")
    for name, felt in report.felt.items():
        sys.stdout.write(f"{name}: {felt}\n")
    sys.stdout.write(show(report._replace(felt={})))
    sys.exit(bool(report.broken))


def _plain(report: Report) -> dict[str, Any]:
    return report._asdict() | {"felt": {k: v._asdict() for k, v in report.felt.items()}}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.drills.failover",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("blows", nargs="*", default=[*BLOWS], metavar="BLOW", help=", ".join(BLOWS))
    parser.add_argument("--short", action="store_true", help=", then ".join(SHORT))
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report to this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
