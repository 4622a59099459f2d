"""Latency far below saturation and above it; above it no answered receipt may be lost."""

from typing import NamedTuple

from tests.bench import database
from tests.bench.compare import POSTGRESQL, Size
from tests.bench.harness import harness, measure
from tests.bench.notices import SEND, VERIFY
from tests.bench.openloop import offer
from tests.bench.report import Finding, Report, at_most
from tests.bench.serving import FULL, Served

#: SPEC: SANP "Livelli di servizio": the seconds that the Node waits for a question, and a receipt.
PATIENCE = {VERIFY: 7, SEND: 15}


class Row(NamedTuple):
    """One primitive at one rate; latencies in ms, from the instant at which a request was due.

    `slowest` counts from the sending.  A caller beyond the limit of connections waits before that,
    and gives up `unsent` when an answer would come too late.
    """

    primitive: str
    offered: float
    of_saturation: float
    requests: int
    right: int
    refused: int
    wrong: int
    broken: int
    unsent: int
    unanswered: int
    p50: float
    p99: float
    most: float
    slowest: float
    generator_lag: float
    generator_cpu: float
    lost: int


def tail(size: Size) -> Report:
    """Find the saturation rate in a closed loop, then offer half of it, and twice as much."""
    rows = []
    with harness() as made:
        url = made.database(POSTGRESQL, size.positions)
        with made.serving(FULL, url) as served:
            for primitive in (VERIFY, SEND):
                measure(served, primitive, size.positions, 1)
                saturated = measure(served, primitive, size.positions, size.seconds).load.rate
                rows += [_offered(served, primitive, saturated, of, size) for of in (0.5, 2.0)]
    return Report("tail", rows, [finding for row in rows for finding in _findings(row)])


def _offered(served: Served, primitive: str, saturated: float, of: float, size: Size) -> Row:
    rate, lost = saturated * of, 0
    # WHY: a growing queue shows only in a run longer than the Node's patience.  The run ends with
    # the notices, because each takes one receipt.
    seconds = min(4 * size.seconds, size.positions / rate)
    patience = PATIENCE[primitive]
    seen = offer(served.address, primitive, size.positions, rate, seconds, patience)
    if primitive == SEND:
        lost = database.lost(served.database, seen.taken)
        database.renew(served.database)
    return Row(primitive, rate, of, *seen[:-1], lost)


def _findings(row: Row) -> list[Finding]:
    where = f"{row.primitive} at {row.of_saturation:g} of saturation"
    wrong = at_most(f"{where}: neither right nor refused", [row.wrong], 0)
    if row.of_saturation < 1:
        return [
            wrong,
            at_most(f"{where}: p99 / p50", [row.p99 / row.p50], 10),
            at_most(f"{where}: slowest answer, s", [row.most / 1000], 2),
        ]
    sent = [
        wrong,
        at_most(f"{where}: slowest answer since sent, s", [row.slowest / 1000], 2),
        at_most(f"{where}: sent, and not answered", [row.unanswered + row.broken], 0),
    ]
    if row.primitive != SEND:
        return sent
    return [*sent, at_most(f"{where}: receipts answered OK and not stored", [row.lost], 0)]
