"""Two workers on two cores against one on one.

On a machine of two cores the generator and PostgreSQL have no core of their own.  There everything
runs on one core, and then on two.
"""

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.bench.compare import POSTGRESQL, Size
from tests.bench.harness import Harness, harness, measure
from tests.bench.notices import GET, VERIFY
from tests.bench.report import Report, at_least
from tests.bench.serving import Served, Variant, cpu_seconds
from tests.postgres import Postgres

PINNED = Variant("gpd-soap", settings=(("GPD_PIN", "true"),))


class Row(NamedTuple):
    """One run; the CPU of the workers, of wrk and of PostgreSQL as parts of one core."""

    round: int
    primitive: str
    workers: int
    per_second: float
    workers_cpu: float
    generator_cpu: float
    postgresql_cpu: float


def scale(size: Size) -> Report:
    """Serve one database with one worker and with two, and load them in turn."""
    with harness(servers=2) as made, ExitStack() as running:
        url = made.database(POSTGRESQL, size.positions)
        served = [running.enter_context(made.serving(PINNED, url, n)) for n in (1, 2)]
        for server in served:
            measure(server, VERIFY, size.positions, 1)
        rows = [
            _run(number, primitive, workers, server, made, size)
            for number in range(size.rounds)
            for primitive in (VERIFY, GET)
            for workers, server in enumerate(served, 1)
        ]
    findings = [
        at_least(f"{primitive}: two workers / one", _pairs(rows, primitive), 1.6)
        for primitive in (VERIFY, GET)
    ]
    return Report("scale", rows, findings)


def _run(
    number: int, primitive: str, workers: int, server: Served, made: Harness, size: Size
) -> Row:
    if made.load[0] in made.server:
        _confine(made.postgres, made.server[:workers])
    before = _database_cpu(made.postgres)
    seen = measure(server, primitive, size.positions, size.seconds)
    used = _database_cpu(made.postgres) - before
    load = seen.load
    return Row(
        number, primitive, workers, load.rate, seen.cpu * load.answered / load.seconds / 1e6,
        load.generator / load.seconds, used / load.seconds,
    )  # fmt: skip


def _pairs(rows: list[Row], primitive: str) -> list[float]:
    one, two = (
        [row.per_second for row in rows if (row.primitive, row.workers) == (primitive, workers)]
        for workers in (1, 2)
    )
    return [double / single for single, double in zip(one, two, strict=True)]


def _confine(postgres: Postgres, cores: Iterable[int]) -> None:
    """Restrict PostgreSQL, this process and its children to these cores."""
    for process in (0, *_processes(postgres)):
        os.sched_setaffinity(process, cores)


def _database_cpu(postgres: Postgres) -> float:
    return sum(cpu_seconds(process) for process in _processes(postgres))


def _processes(postgres: Postgres) -> list[int]:
    assert postgres._process is not None
    master = postgres._process.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()
    return [master, *map(int, children)]
