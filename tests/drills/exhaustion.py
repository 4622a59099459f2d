"""The exhaustion drill: `python -m tests.drills.exhaustion`.

An app process accepts receipts while a resource runs out: connections, time, disk, its threads.
Every answer must be one that "Messages", rules 4 and 5, allow.  Every receipt must be answered OK
in the end, without help, and the store must then have each once with its effect.
"""

import argparse
import contextlib
import json
import random
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg

from tests.drills import judge, stories
from tests.drills.apps import App
from tests.drills.crash import prepare, show
from tests.drills.disk import Disk, small_disk
from tests.drills.proxy import Wire
from tests.drills.sending import Senders
from tests.drills.stories import Story
from tests.postgres import PORT, Postgres

RECEIPTS = 80
WIDTH = 8
IDLE, DRIPPING = 10_000, 20
#: MiB of disk for PostgreSQL.
ROOM = 192


class Harness(NamedTuple):
    """An app process, and the resources that it may run out of."""

    app: App
    postgres: Postgres
    wire: Wire
    disk: Disk


class Trouble(NamedTuple):
    """A resource that runs out, and for how long; None means until every receipt is answered OK.

    `within` is the time for all receipts to be answered OK, in seconds; `silence` is allowed where
    no answer can be expected.
    """

    begin: Callable[[Harness], AbstractContextManager[str]]
    seconds: float | None
    within: float
    silence: bool = False


class Report(NamedTuple):
    """The result of one trouble; `silent` counts the requests without any answer.

    `slowest` is the slowest answer to a question, in seconds.
    """

    trouble: str
    extent: str
    receipts: int
    questions: int
    again: int
    silent: int
    slowest: float
    seconds: float
    broken: list[str]


@contextmanager
def no_connections(harness: Harness) -> Iterator[str]:
    """Use every session of PostgreSQL, those of the app too."""
    with ExitStack() as taken:
        first = taken.enter_context(harness.postgres.connect())
        [most] = first.execute("SELECT current_setting('max_connections')::int").fetchone() or [0]
        sessions, deadline = 1, time.monotonic() + 20
        # WHY: an app that has one session answers every receipt, and nothing has run out.
        while sessions < most and time.monotonic() < deadline:
            harness.wire.cut()
            with contextlib.suppress(psycopg.OperationalError):
                while True:
                    taken.enter_context(harness.postgres.connect())
                    sessions += 1
        yield f"{sessions} sessions taken"


@contextmanager
def slow(harness: Harness) -> Iterator[str]:
    """Delay every query by three seconds."""
    harness.wire.delay = 3.0
    yield "3 s for each query"
    harness.wire.delay = 0.0


@contextmanager
def stopped(harness: Harness) -> Iterator[str]:
    """Stop the traffic of the database, and keep its connections open."""
    harness.wire.stop()
    yield "no word"
    harness.wire.go_on()


@contextmanager
def refused(harness: Harness) -> Iterator[str]:
    """Refuse every connection to the database."""
    harness.wire.refusing = True
    harness.wire.cut()
    yield "every connection refused"
    harness.wire.refusing = False


@contextmanager
def full(harness: Harness) -> Iterator[str]:
    """Fill PostgreSQL's disk, for rows and for its log; start it again afterwards."""
    harness.disk.fill()
    with contextlib.suppress(psycopg.Error), harness.postgres.connect() as session:
        session.execute("SELECT pg_switch_wal()")
    yield type(harness.disk).__name__
    harness.disk.free()
    harness.postgres.start()


@contextmanager
def idle(harness: Harness) -> Iterator[str]:
    """Open thousands of connections that send nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    address = urlsplit(harness.app.node)
    with ExitStack() as held:
        count = min(IDLE, hard - 1000)
        for _ in range(count):
            connection = held.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex((address.hostname, address.port))
        yield f"{count} connections"
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def dripping(harness: Harness) -> Iterator[str]:
    """Send bytes slowly from more senders than there are threads."""
    address = urlsplit(harness.app.node)
    request = b"POST /partner HTTP/1.1\r\nHost: here\r\nContent-Length: 5000\r\n\r\n" + b" " * 4000
    over = threading.Event()
    with ExitStack() as held:
        senders = [
            held.enter_context(socket.create_connection((address.hostname, address.port)))
            for _ in range(DRIPPING)
        ]
        dripper = threading.Thread(target=_drip, args=(senders, request, over))
        dripper.start()
        time.sleep(0.5)
        yield f"{DRIPPING} senders"
        over.set()
        dripper.join()


def _drip(senders: list[socket.socket], request: bytes, over: threading.Event) -> None:
    for index in range(len(request)):
        for sender in senders:
            with contextlib.suppress(OSError):
                sender.send(request[index : index + 1])
        if over.wait(0.2):
            return


TROUBLES = {
    "no connections": Trouble(no_connections, 4, 20),
    "slow": Trouble(slow, 12, 60),
    "stopped": Trouble(stopped, 12, 60, silence=True),
    "refused": Trouble(refused, 4, 20),
    "full": Trouble(full, 4, 30),
    "idle": Trouble(idle, None, 30),
    "dripping": Trouble(dripping, None, 60, silence=True),
}


def drill(name: str, receipts: int = RECEIPTS, seed: int = 1) -> Report:
    """Let one resource run out while this many receipts come, and return the report."""
    planned = stories.write(receipts, random.Random(seed))
    with _harness(planned) as (harness, key):
        return _hold(name, harness, key, planned)


@contextmanager
def _harness(planned: list[Story]) -> Iterator[tuple[Harness, str]]:
    servers: list[Postgres] = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="drill-")))
        # WHY: PostgreSQL runs as `nobody` where we are root, and must reach its folder.
        home.chmod(0o755)
        (room := home / "disk").mkdir()
        room.chmod(0o777)
        disk = stack.enter_context(
            small_disk(room, ROOM, lambda: [each for s in servers for each in s.processes])
        )
        postgres = stack.enter_context(Postgres(fsync=True, data=room / "data"))
        servers.append(postgres)
        wire = stack.enter_context(Wire(postgres.home / f".s.PGSQL.{PORT}"))
        key = prepare(postgres.create_database("drill"), stories.initial_positions(planned))
        app = App(wire.url("drill"), home / "app.log", GPD_WORKERS="1")
        stack.callback(app.stop)
        app.start()
        yield Harness(app, postgres, wire, disk), key


def _hold(name: str, harness: Harness, key: str, planned: list[Story]) -> Report:
    trouble, steps = TROUBLES[name], stories.in_order(planned, random.Random(0))
    senders = Senders([harness.app], key, steps, seed=0)
    senders.start(WIDTH)
    senders.allow(len(steps) // 4)
    deadline = time.monotonic() + 10
    while senders.done < len(steps) // 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    begun = time.monotonic()
    with trouble.begin(harness) as extent:
        senders.allow(len(steps) + WIDTH)
        senders.finish(begun + (trouble.within if trouble.seconds is None else trouble.seconds))
    ended = senders.finish(begun + trouble.within)
    senders.stop()
    took = time.monotonic() - begun
    broken = [*senders.wrong]
    if not ended:
        broken.append(f"after {took:.0f} s {len(steps) - senders.done} steps are not done")
    if senders.silent and not trouble.silence:
        broken.append(f"{senders.silent} requests got no answer")
    harness.app.stop()
    broken += judge.judge(planned, senders.deliveries, judge.look(harness.postgres.url("drill")))
    return Report(
        name, extent, sum(senders.deliveries.taken.values()), senders.questions, senders.again,
        senders.silent, round(senders.slowest, 1), round(took, 1), broken,
    )  # fmt: skip


def main() -> None:
    """Hold every drill and print the reports; exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.drills.exhaustion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("troubles", nargs="*", default=[*TROUBLES], metavar="TROUBLE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the reports to this file")
    arguments = parser.parse_args()
    reports = [drill(name) for name in arguments.troubles]
    if arguments.json:
        rows = [report._asdict() for report in reports]
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for report in reports:
        sys.stdout.write(show(report) + "\n")
    sys.exit(any(report.broken for report in reports))


if __name__ == "__main__":
    main()
