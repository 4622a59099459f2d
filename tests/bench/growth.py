"""Speed and memory while the store and the number of requests grow."""

from contextlib import ExitStack
from typing import NamedTuple

from tests.bench.compare import ELSEWHERE, POSTGRESQL, Size
from tests.bench.harness import harness, measure
from tests.bench.load import CONNECTIONS
from tests.bench.notices import SEND, VERIFY
from tests.bench.report import Finding, Report, at_most
from tests.bench.serving import FULL, Served

SMALL, LARGE = 10_000, 2_000_000
#: Few callers, so that the latency is that of the server and not of a queue.
CALLERS = 4
REQUESTS = 100_000


class Row(NamedTuple):
    """One run over a store of this many positions: latencies in ms, the worker's memory in MiB."""

    round: int
    primitive: str
    positions: int
    p50: float
    p99: float
    per_second: float
    requests: int
    memory: float


def growth(size: Size) -> Report:
    """Load a small and a large store in turn, then one server for a long time."""
    with harness() as made, ExitStack() as running:
        served = {
            positions: running.enter_context(
                made.serving(FULL, made.database(POSTGRESQL, positions))
            )
            for positions in (SMALL, size.positions)
        }
        for positions, server in served.items():
            _round(0, server, positions, size)  # warms up
        rows = [
            row
            for number in range(size.rounds)
            for positions in (served if number % 2 == 0 else reversed(served))
            for row in _round(number, served[positions], positions, size)
        ]
        lasting = _lasting(served[SMALL], size)
    findings = [
        *(_slower(rows, primitive) for primitive in (VERIFY, SEND)),
        at_most(f"memory after {lasting[-1].requests} requests, MiB", [lasting[-1].memory], 90),
        at_most("the same / in the first run", [lasting[-1].memory / lasting[0].memory], 1.02),
    ]
    return Report("growth", [*rows, *lasting], findings)


def _round(number: int, server: Served, positions: int, size: Size) -> list[Row]:
    # WHY: each notice takes one receipt, and the small store has few.
    return [
        _run(number, server, VERIFY, positions, size.seconds, CALLERS),
        _run(number, server, SEND, positions, max(size.seconds // 2, 1), CALLERS),
    ]


def _lasting(server: Served, size: Size) -> list[Row]:
    """Load one server until it has answered `REQUESTS` requests."""
    rows: list[Row] = []
    requests = 0
    while requests < REQUESTS:
        row = _run(len(rows), server, VERIFY, SMALL, size.seconds, CONNECTIONS)
        requests += row.requests
        rows.append(row._replace(requests=requests))
    return rows


def _run(
    number: int, server: Served, primitive: str, positions: int, seconds: int, callers: int
) -> Row:
    first = number * ELSEWHERE
    load = measure(server, primitive, positions, seconds, connections=callers, first=first).load
    figures = (load.p50, load.p99, load.rate, load.answered)
    return Row(number, primitive, positions, *figures, server.memory())


def _slower(rows: list[Row], primitive: str) -> Finding:
    small, large = (
        [row.p50 for row in rows if row.primitive == primitive and (row.positions == SMALL) == few]
        for few in (True, False)
    )
    paired = [after / before for before, after in zip(small, large, strict=True)]
    return at_most(f"{primitive}: latency, large store / small", paired, 1.15)
