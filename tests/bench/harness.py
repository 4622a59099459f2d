"""The harness of the bench: a durable PostgreSQL, a folder, cores of servers and of the load."""

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.bench import database, load
from tests.bench.notices import SEND
from tests.bench.serving import Served, Variant, serving
from tests.postgres import Postgres

#: Seconds without CPU after which a server counts as idle.
QUIET = 0.3
#: Lines of a server's log that are shown where its answers were wrong.
LAST = 20


class Measured(NamedTuple):
    """One run: the generator's result, and the server's CPU for each answer, in µs."""

    load: load.Load
    cpu: float


class Harness(NamedTuple):
    """The place of the servers; the caller stays on the load's cores, with PostgreSQL and wrk."""

    home: Path
    postgres: Postgres
    server: list[int]
    load: list[int]

    def database(self, kind: str, positions: int) -> str:
        """Make a database with this many payable notices, and return its URL."""
        url = self.empty_database(kind, f"bench_{positions}")
        database.fill(url, positions)
        return url

    def empty_database(self, kind: str, name: str) -> str:
        """Make a database without tables, and return its URL."""
        lite = f"sqlite:///{self.home / name}.db"
        return self.postgres.create_database(name) if kind == "postgresql" else lite

    def serving(
        self, variant: Variant, url: str, workers: int = 1
    ) -> AbstractContextManager[Served]:
        """Serve a variant on the server's cores, one for each worker."""
        return serving(variant, url, self.home, self.server[:workers], workers)


@contextmanager
def harness(servers: int = 1) -> Iterator[Harness]:
    """Yield a harness: the server has `servers` cores; the load has the rest or shares the last."""
    load.find_wrk()
    there = sorted(os.sched_getaffinity(0))
    server, rest = there[:servers], there[servers:] or there[-1:]
    os.sched_setaffinity(0, rest)
    try:
        with TemporaryDirectory(prefix="bench-") as home, Postgres(fsync=True) as postgres:
            yield Harness(Path(home), postgres, server, rest)
    finally:
        os.sched_setaffinity(0, there)


def measure(served: Served, primitive: str, positions: int, seconds: int, **more: int) -> Measured:
    """Return the result of a load on a server, and restore the database.

    Raises Unusable if a receipt was answered OK and is not stored with its effect.
    """
    before = served.cpu_seconds()
    try:
        seen = load.run(served.address, primitive, positions=positions, seconds=seconds, **more)
    except load.Unusable as why:
        lines = "\n".join(served.log_file.read_text(encoding="utf-8").splitlines()[-LAST:])
        raise load.Unusable(f"{served.variant.name}, {primitive}: {why}\n{lines}") from None
    used = served.cpu_seconds() - before
    if primitive == SEND:
        _wait_until_at_rest(served)
        lost = database.lost(served.database, seen.taken)
        if lost:
            raise load.Unusable(
                f"{served.variant.name}: {lost} receipts answered OK and not stored"
            )
        database.renew(served.database)
    return Measured(seen, used / seen.answered * 1e6)


def _wait_until_at_rest(served: Served) -> None:
    """Wait for the requests that were under way when the load ended.

    WHY: a receipt that is stored after the database was renewed would be a repetition for the next
    server, and the floor accepts none twice.
    """
    used = None
    while used != (used := served.cpu_seconds()):
        time.sleep(QUIET)
