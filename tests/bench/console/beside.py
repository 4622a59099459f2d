"""The node face with and without five operators clicking, over one large town.

The node face has a process of its own, as has the console.  Rounds alternate, and each compares two
rates that follow one another.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

from sqlalchemy import delete, update

from gpd_soap.clock import utc_now
from gpd_soap.store import tables
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.node.settlement import PAID
from gpd_soap.store.store import Store
from tests import world
from tests.bench import database, load
from tests.bench.compare import ELSEWHERE, POSTGRESQL, Size
from tests.bench.console import town as towns
from tests.bench.console.addresses import FILE, Address
from tests.bench.console.asking import ANSWERS, Browser, Operators, opened
from tests.bench.harness import harness
from tests.bench.notices import GET, SEND, VERIFY
from tests.bench.report import Report, at_least
from tests.bench.serving import FLOOR, Served, Variant

#: Both faces in one server: a process each, and a core each.  The console's core is that of the
#: load too where the machine has two.
BOTH = Variant(
    "gpd-soap all",
    "all",
    (("GPD_ADMIN_WORKERS", "1"), ("GPD_RATE", "0"), ("GPD_PIN", "true")),
)
#: Operators, and the seconds between two clicks of one.
NAMES = ("reader", "clerk", "writer", "admin", "clerk")
PAUSE = 2.0
#: The status of a request that waited too long for a thread.
BUSY = 503
#: What is left of the node face's rate.
LEAST = 0.97


class Row(NamedTuple):
    """One run of the load; `clicks` were answered meanwhile, half of them within `click_ms`.

    `refused` counts those that were answered 503, because the machine had no time for them.
    `over_floor` is the rate over the floor's in the same round.
    """

    round: int
    primitive: str
    operators: int
    per_second: float
    over_floor: float
    p99: float
    clicks: int
    click_ms: float
    refused: int


class Clicks:
    """What the operators of a run did: milliseconds of each answer, and what went wrong."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.wrong: list[str] = []
        self.refused = 0


def beside(size: Size) -> Report:
    """Load both faces' server and the floor in turn, with operators clicking and without."""
    rows: list[Row] = []
    with (
        harness(servers=2) as made,
        opened(made, POSTGRESQL, size, BOTH) as (served, operators, addresses),
    ):
        plain = towns.plain_of(size.positions)
        pages = [each for each in addresses if each.most != FILE and each.operators != ("",)]
        with made.serving(FLOOR, served.database) as floor:
            for primitive in (VERIFY, GET, SEND):
                for server in (served, floor):
                    _load(server, primitive, plain, 1, 0)
            for number in range(size.rounds):
                for primitive in (VERIFY, GET, SEND):
                    least = _load(floor, primitive, plain, size.seconds, number).rate
                    # WHY: the second run finds the caches that the first has warmed.
                    for clicking in (True, False) if number % 2 else (False, True):
                        with _clicking(served, operators, pages, clicking=clicking) as clicks:
                            seen = _load(served, primitive, plain, size.seconds, number)
                        many = len(NAMES) if clicking else 0
                        rows.append(_row(number, primitive, seen, least, clicks, many))
    findings = [
        finding
        for primitive in (VERIFY, GET, SEND)
        for finding in (
            at_least(f"{primitive}: rate with five operators / without", _pairs(rows, primitive),
                     LEAST),
        )
    ]  # fmt: skip
    return Report("node-and-console", rows, findings)


def _row(
    number: int, primitive: str, seen: load.Load, least: float, clicks: Clicks, operators: int
) -> Row:
    if clicks.wrong:
        raise load.Unusable(clicks.wrong[0])
    middle = median(clicks.times) if clicks.times else 0.0
    return Row(number, primitive, operators, seen.rate, seen.rate / least,
               seen.p99, len(clicks.times), middle, clicks.refused)  # fmt: skip


def _pairs(rows: list[Row], primitive: str) -> list[float]:
    with_them, without = (
        [row.per_second for row in rows if (row.primitive, row.operators) == (primitive, number)]
        for number in (len(NAMES), 0)
    )
    return [one / other for one, other in zip(with_them, without, strict=True)]


def _load(served: Served, primitive: str, plain: int, seconds: int, number: int) -> load.Load:
    """Load the node face with its plain notices; make them payable again after receipts."""
    first = number * ELSEWHERE
    seen = load.run(served.address, primitive, positions=plain, seconds=seconds, first=first)
    if primitive == SEND:
        lost = database.lost(served.database, seen.taken)
        if lost:
            raise load.Unusable(f"{lost} receipts answered OK and not stored")
        _renew(served.database, plain)
    return seen


def _renew(url: str, plain: int) -> None:
    """Make the plain notices payable again; the town's own receipts stay."""
    store, option, receipt = Store(url), tables.payment_option.c, tables.receipt.c
    last = world.nav(plain)
    with store.begin() as connection:
        without_statement_timeout(connection)
        connection.execute(
            delete(tables.receipt).where(
                receipt.organization == world.ORGANIZATION, receipt.nav <= last
            )
        )
        paid = update(tables.payment_option).where(
            option.organization == world.ORGANIZATION,
            option.nav <= last,
            option.paid_at.is_not(None),
        )
        connection.execute(paid.values(dict.fromkeys(set(PAID) - {"updated_at"})))
    store.close()


@contextmanager
def _clicking(
    served: Served, operators: Operators, pages: list[Address], *, clicking: bool
) -> Iterator[Clicks]:
    """During the block, let each operator open one page after another."""
    clicks, ended = Clicks(), threading.Event()
    if not clicking:
        yield clicks
        return
    operators.sign_in(*set(NAMES))
    threads = [
        threading.Thread(target=_click, args=(served, operators, pages, index, clicks, ended.wait))
        for index in range(len(NAMES))
    ]
    for thread in threads:
        thread.start()
    try:
        yield clicks
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _click(
    served: Served,
    operators: Operators,
    pages: list[Address],
    index: int,
    clicks: Clicks,
    ended: Callable[[float], bool],
) -> None:
    """Open a page every two seconds; the operators begin one after another."""
    name = NAMES[index]
    allowed = [page for page in pages if name in page.operators]
    browser = Browser(served.admin, operators.tokens)
    number = int(utc_now().timestamp()) + index * 13
    pause = PAUSE * index / len(NAMES)
    while not ended(pause):
        begun = time.monotonic()
        page = allowed[number * 7 % len(allowed)]
        try:
            answer = browser.get(page.path(number), name)
        except load.Unusable as why:
            clicks.wrong.append(str(why))
            break
        if answer.status == BUSY:
            clicks.refused += 1
        elif answer.status not in (*ANSWERS, *page.also):
            clicks.wrong.append(f"{page.path(number)} as {name}: HTTP {answer.status}")
        clicks.times.append(answer.milliseconds)
        number += 1
        pause = max(PAUSE - (time.monotonic() - begun), 0.0)
    browser.close()
