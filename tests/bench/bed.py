"""The test bed: a durable PostgreSQL, a directory, and who may use which core."""

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

#: Seconds without CPU after which a server has nothing under way.
QUIET = 0.3
#: Lines of a server's log that are told where its answers were wrong.
LAST = 20


class Measured(NamedTuple):
    """One run: what the generator saw, and the server's CPU for each answer, in µs."""

    load: load.Load
    cpu: float


class Bed(NamedTuple):
    """Where servers run.  Who holds it stays on the load's cores, with PostgreSQL and wrk."""

    home: Path
    postgres: Postgres
    server: list[int]
    load: list[int]

    def database(self, kind: str, positions: int) -> str:
        """A database of so many payable notices."""
        name = f"bench_{positions}"
        lite = f"sqlite:///{self.home / name}.db"
        url = self.postgres.create_database(name) if kind == "postgresql" else lite
        database.fill(url, positions)
        return url

    def serving(
        self, variant: Variant, url: str, workers: int = 1
    ) -> AbstractContextManager[Served]:
        """A variant on the server's cores, one for each worker."""
        return serving(variant, url, self.home, self.server[:workers], workers)


@contextmanager
def bed(servers: int = 1) -> Iterator[Bed]:
    """Make it: so many cores are the server's, load has the rest, or shares the last one."""
    load.find_wrk()
    there = sorted(os.sched_getaffinity(0))
    server, rest = there[:servers], there[servers:] or there[-1:]
    os.sched_setaffinity(0, rest)
    try:
        with TemporaryDirectory(prefix="bench-") as home, Postgres(fsync=True) as postgres:
            yield Bed(Path(home), postgres, server, rest)
    finally:
        os.sched_setaffinity(0, there)


def measure(served: Served, primitive: str, positions: int, seconds: int, **more: int) -> Measured:
    """Load a server, look whether its answers were right, and leave the database as it was.

    Unusable where a receipt was answered OK and is not kept with its effect.
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
            raise load.Unusable(f"{served.variant.name}: {lost} receipts answered OK and not kept")
        database.renew(served.database)
    return Measured(seen, used / seen.answered * 1e6)


def _wait_until_at_rest(served: Served) -> None:
    """Wait for what was under way when the load ended.

    WHY: a receipt that is kept after the database was renewed is there when the next server is
    sent the same, and the floor takes none twice.
    """
    used = None
    while used != (used := served.cpu_seconds()):
        time.sleep(QUIET)
