"""The drill of starts: `python -m tests.drills.starts`.

A server's workers are ended and started again, hundreds of times, while requests wait for each.
Half get SIGTERM in the first milliseconds after their fork, the others later. No other signal may
end a worker, and none may hang or use a whole core. Every request must be answered, and none with
503 or a failure of ours.
"""

import argparse
import json
import os
import random
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import requests

from tests import world
from tests.e2e.served import started
from tests.messages.build import claim, qr, soap_request
from tests.messages.demands import AMOUNT, PLATE, ask
from tests.postgres import Postgres

XML = {"Content-Type": "text/xml"}
#: LIMIT: 15 s in which a worker without a request must end; the server allows it 20 s.
LEAVE_SECONDS = 15.0
#: LIMIT: 0.5 s of a core that idle workers may use in one second; a thread that loops uses one.
IDLE_SECONDS = 0.5
#: Seconds that a worker lives at most, and between two looks at the workers.
LIFE_SECONDS, POLL_SECONDS = 0.3, 0.003
SENDERS = 6
SIGNALLED = re.compile(r"Worker \(pid:(\d+)\) was sent (\w+)!")
FAILED = re.compile(r"Worker \(pid:\d+\) exited with code \d+|WORKER TIMEOUT|Traceback")
#: The log line of a request that got 503 because it waited too long for a thread on a busy machine.
WAITED = "a request was refused: it waited #.# s for a thread"
BUSY = "HTTP 503"
DIGITS = re.compile(r"\d+")
FAULT = re.compile(rb"<faultCode>(\w+)</faultCode>")

#: Each message, and a part that its answer must contain.
MESSAGES = {
    soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(1))): b"<outcome>",
    soap_request("paVerifyPaymentNotice", claim() + qr("x")): b"PAA_SINTASSI_XSD",
    ask(PLATE.format(AMOUNT), "00002"): b"<outcome>OK</outcome>",
    ask(PLATE.format("<importo>x</importo>"), "00002"): b"PAA_SINTASSI_XSD",
}


class Report(NamedTuple):
    """What happened; `broken` has the faults."""

    starts: int
    workers: int
    answers: int
    ends: dict[str, int]
    slowest_leave: float
    warnings: dict[str, int]
    seconds: float
    broken: list[str]


class Senders:
    """Threads that send every message in turn, each over a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url, self._over, self._lock = url, threading.Event(), threading.Lock()
        self.ends: Counter[str] = Counter()

    def send(self) -> None:
        """Send every message in turn until stopped, and count how each request ended."""
        while not self._over.is_set():
            for message, expected in MESSAGES.items():
                end = self._end(message.encode(), expected)
                with self._lock:
                    self.ends[end] += 1

    def stop(self) -> None:
        """Send nothing more."""
        self._over.set()

    def _end(self, message: bytes, expected: bytes) -> str:
        try:
            answer = requests.post(self._url, message, headers=XML, timeout=30)
        except requests.RequestException as error:
            return type(error).__name__
        good = answer.status_code == 200 and expected in answer.content
        if good:
            return "answered"
        fault = FAULT.search(answer.content)
        return f"HTTP {answer.status_code} {fault[1].decode() if fault else ''}".strip()


@contextmanager
def sending(url: str) -> Iterator[Senders]:
    """Yield senders at work; at the end each has its last answer."""
    senders = Senders(url)
    with ThreadPoolExecutor(SENDERS) as pool:
        threads = [pool.submit(senders.send) for _ in range(SENDERS)]
        try:
            yield senders
        finally:
            senders.stop()
    for thread in threads:
        thread.result()


def drill(server: Postgres | None, starts: int, workers: int = 4, seed: int = 1) -> Report:
    """End each worker soon after its start, until this many have started; return the report.

    Without a `server` of PostgreSQL, the database is SQLite.
    """
    begun = time.monotonic()
    with TemporaryDirectory() as home:
        database = server.create_database("starts") if server else f"sqlite:///{home}/starts.db"
        log_file = Path(home) / "log"
        world.prepare(database)
        with started("node", database, log_file, GPD_WORKERS=str(workers)) as served:
            with sending(served.url) as senders:
                seen, slowest = _end_workers(served.process.pid, starts, random.Random(seed))
            burnt = _burnt_while_idle(served.process.pid)
            served.process.send_signal(signal.SIGTERM)
            stopped = served.process.wait(2 * LEAVE_SECONDS)
        text = log_file.read_text("utf-8")
    broken = [f"a worker was ended by {name}" for _, name in SIGNALLED.findall(text)]
    broken += [f"the log says: {line}" for line in FAILED.findall(text)]
    warnings = Counter(_warnings(text))
    # WHY: a machine that is too busy may refuse requests, which is the subject of another drill.
    ends = senders.ends - Counter({"answered": senders.ends["answered"], BUSY: warnings[WAITED]})
    broken += [f"{many} requests: {end}" for end, many in ends.items()]
    if slowest > LEAVE_SECONDS:
        broken.append(f"a worker took {slowest:.1f} s to leave")
    if burnt > IDLE_SECONDS:
        broken.append(f"idle workers used {burnt:.1f} s of a core in a second")
    if stopped != 0:
        broken.append(f"the server exited with {stopped}")
    return Report(
        starts=seen,
        workers=workers,
        answers=senders.ends["answered"],
        ends=dict(senders.ends),
        slowest_leave=round(slowest, 1),
        warnings=dict(warnings),
        seconds=round(time.monotonic() - begun, 1),
        broken=broken,
    )


def _end_workers(master: int, starts: int, chance: random.Random) -> tuple[int, float]:
    """End the workers in turn; return how many started, and the slowest end in seconds.

    Half of them are ended when they are first seen, the others within LIFE_SECONDS.
    """
    due: dict[int, float] = {}
    ended: dict[int, float] = {}
    slowest = 0.0
    while len(due) < starts and slowest <= 2 * LEAVE_SECONDS:
        living = _children(master)
        now = time.monotonic()
        for worker in living - due.keys():
            due[worker] = now + chance.choice((0.0, chance.uniform(0, LIFE_SECONDS)))
        slowest = max([slowest, *(now - since for since in ended.values())])
        for gone in ended.keys() - living:
            del ended[gone]
        # WHY: without any worker the requests would be refused, so one that is ready stays.
        [*_, staying] = [None, *sorted(filter(_is_ready, living - ended.keys()))]
        for worker in living - ended.keys() - {staying} if staying else ():
            if due[worker] <= now:
                os.kill(worker, signal.SIGTERM)
                ended[worker] = now
        time.sleep(POLL_SECONDS)
    return len(due), slowest


def _warnings(text: str) -> Iterator[str]:
    """Yield the warnings of the log, without their numbers."""
    for line in text.splitlines():
        entry = json.loads(line) if line.startswith("{") else {"level": "error", "message": line}
        if entry["level"].lower() not in ("debug", "info"):
            yield DIGITS.sub("#", entry["message"])


def _children(process: int) -> set[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return {int(each) for each in children.split()}


def _is_ready(worker: int) -> bool:
    """Return whether a worker has its own signal handlers, and no longer its master's."""
    try:
        status = Path(f"/proc/{worker}/status").read_text("ascii")
    except OSError:
        return False
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    # WHY: gunicorn sets this handler last, and a master has none for it.
    return bool(caught >> (signal.SIGABRT - 1) & 1)


def _burnt_while_idle(master: int) -> float:
    """Return the seconds of a core that the workers use in one second without a request."""
    before = {worker: _used(worker) for worker in _children(master)}
    time.sleep(1)
    return sum(max(0.0, _used(worker) - used) for worker, used in before.items())


def _used(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Hold the drill and print the report; exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.starts", description=__doc__)
    parser.add_argument("--starts", type=int, default=1000, help="[1000]")
    parser.add_argument("--workers", type=int, default=4, help="[4]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    parser.add_argument(
        "--database", choices=("postgresql", "sqlite"), default="postgresql", help="[postgresql]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report to this file")
    arguments = parser.parse_args()
    with Postgres() if arguments.database == "postgresql" else nullcontext() as server:
        report = drill(server, arguments.starts, arguments.workers, arguments.seed)
    if arguments.json:
        arguments.json.write_text(json.dumps(report._asdict(), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(f"{name}: {value}" for name, value in report._asdict().items()))
    sys.stdout.write("\n")
    sys.exit(bool(report.broken))


if __name__ == "__main__":
    main()
