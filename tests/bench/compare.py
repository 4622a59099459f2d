"""Every variant in every round, in alternating order, and their paired ratios.

The speed of a machine changes from minute to minute, so that a rate alone says little.  Two rates
of one round, one right after the other, show how the servers compare.
"""

from contextlib import ExitStack
from statistics import median
from typing import NamedTuple

from tests.bench.harness import Measured, harness, measure
from tests.bench.notices import GET, SEND, VERIFY
from tests.bench.report import Finding, Report, at_least
from tests.bench.serving import BARE, FLOOR, FULL, STOCK, Served, Variant

POSTGRESQL, SQLITE = "postgresql", "sqlite"
PRIMITIVES = (VERIFY, GET, SEND)

#: The variants and the primitives that are measured on each database.
PLAN = {
    POSTGRESQL: ((FLOOR, STOCK, FULL, BARE), PRIMITIVES),
    SQLITE: ((FLOOR, FULL), (SEND,)),
}


#: The distance between the first notices of two rounds, so that rounds use different notices.
ELSEWHERE = 100_003


class Size(NamedTuple):
    """The size of a measurement; `seconds` is one variant's load in one round.

    `exchanges` is how many of each primitive are profiled.  `store` is the one database that the
    console is measured on; None is both.
    """

    positions: int = 100_000
    rounds: int = 5
    seconds: int = 5
    warm_up: bool = True
    exchanges: int = 2_000
    store: str | None = None


class Run(NamedTuple):
    """A variant under load with one primitive in one round; `generator` is wrk's part of a core."""

    round: int
    store: str
    primitive: str
    variant: str
    rate: float
    p50: float
    p99: float
    cpu: float
    generator: float
    refused: int
    sampled: int


class Row(NamedTuple):
    """A variant's medians over the rounds, and its slowest and fastest round."""

    store: str
    primitive: str
    variant: str
    per_second: float
    slowest: float
    fastest: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


class Target(NamedTuple):
    """A ratio of two variants, and the least that it should be."""

    store: str
    primitive: str
    over: Variant
    under: Variant
    least: float
    of: str = "rate"


TARGETS = [
    *(
        Target(POSTGRESQL, primitive, variant, FLOOR, least, of)
        for variant, least in ((FULL, 0.80), (BARE, 0.95))
        for primitive in (VERIFY, GET)
        for of in ("rate", "cpu")
    ),
    Target(POSTGRESQL, VERIFY, FULL, STOCK, 2),
    Target(POSTGRESQL, GET, FULL, STOCK, 3),
    Target(POSTGRESQL, SEND, FULL, STOCK, 3),
    Target(POSTGRESQL, SEND, FULL, FLOOR, 0.9),
    Target(SQLITE, SEND, FULL, FLOOR, 0.9),
]


def compare(size: Size) -> Report:
    """Serve all variants at once, load one at a time, and compare the ratios with the targets."""
    with harness() as made, ExitStack() as running:
        served = {
            store: [running.enter_context(made.serving(each, url)) for each in variants]
            for store, (variants, _) in PLAN.items()
            for url in [made.database(store, size.positions)]
        }
        _warm_up(served, size)
        runs = [run for number in range(size.rounds) for run in _round(number, served, size)]
    rows = [
        _row([run for run in runs if run[1:4] == of]) for of in dict.fromkeys(r[1:4] for r in runs)
    ]
    return Report("compare", rows, [_finding(target, runs) for target in TARGETS], runs)


def _warm_up(served: dict[str, list[Served]], size: Size) -> None:
    # WHY: the first answers compile schemas, open connections and prepare statements.
    for store, servers in served.items():
        for server in servers:
            for primitive in PLAN[store][1] if size.warm_up else ():
                measure(server, primitive, size.positions, 1)


def _round(number: int, served: dict[str, list[Served]], size: Size) -> list[Run]:
    runs = []
    for store, servers in served.items():
        for primitive in PLAN[store][1]:
            # WHY: the second server finds the caches that the first has warmed.
            for server in servers if number % 2 == 0 else reversed(servers):
                seen = measure(
                    server, primitive, size.positions, size.seconds, first=number * ELSEWHERE
                )
                runs.append(_run_of(number, store, primitive, server.variant.name, seen))
    return runs


def _run_of(number: int, store: str, primitive: str, variant: str, seen: Measured) -> Run:
    load = seen.load
    return Run(
        number, store, primitive, variant, load.rate, load.p50, load.p99, seen.cpu,
        load.generator / load.seconds, load.refused, load.samples,
    )  # fmt: skip


def _row(runs: list[Run]) -> Row:
    rates = [run.rate for run in runs]
    middle = [median(values) for values in zip(*(run[5:8] for run in runs), strict=True)]
    return Row(*runs[0][1:4], median(rates), min(rates), max(rates), *middle)


def _finding(target: Target, runs: list[Run]) -> Finding:
    over, under = (
        [run for run in runs if run[1:4] == (target.store, target.primitive, variant.name)]
        for variant in (target.over, target.under)
    )
    # WHY: less CPU is more speed, so its ratio is inverted, and 0.8 means the same for both.
    paired = [
        one.rate / other.rate if target.of == "rate" else other.cpu / one.cpu
        for one, other in zip(over, under, strict=True)
    ]
    whose = f"{target.over.name} / {target.under.name}"
    name = f"{target.of}, {target.primitive} on {target.store}: {whose}"
    return at_least(name, paired, target.least)
