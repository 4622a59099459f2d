"""Every page of the console among millions of positions: its time on a server, and its bytes."""

import gzip
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from statistics import median, quantiles
from typing import NamedTuple
from urllib.parse import urlsplit

from gpd_soap.clock import utc_now
from gpd_soap.console.cookies import SESSION
from gpd_soap.store.people.sessions import Session
from gpd_soap.store.store import Store
from gpd_soap.usecases.people.authorize import open_session
from gpd_soap.usecases.people.session_rules import RECENT
from gpd_soap.usecases.people.tokens import new_token, token_digest
from tests.bench import load
from tests.bench.compare import POSTGRESQL, SQLITE, Size
from tests.bench.console import town as towns
from tests.bench.console.addresses import FILE, ORGANIZATION, Address, Addresses
from tests.bench.console.furnishing import furnish
from tests.bench.console.town import Town
from tests.bench.harness import Harness, harness
from tests.bench.report import Finding, Report, at_most
from tests.bench.serving import Served, Variant, cpu_seconds, serving

#: A console without a limit of requests for each operator: each page is asked many times at once.
CONSOLE = Variant("gpd-soap admin", "admin", (("GPD_RATE", "0"),))
#: Calls of each page that are measured; a size of one second asks a tenth.
CALLS = 40
ANSWERS = (200, 303)
#: Kilobytes (of 1000 bytes) and requests of the first page; kilobytes of a later one.
FIRST_PAGE, FIRST_REQUESTS, LATER_PAGE = 150, 12, 60
_ASSET = re.compile(r"/console/static/[^\"')#]+")
_GZIP = b"\x1f\x8b"


class Answer(NamedTuple):
    """An answer of the server, after so many milliseconds."""

    status: int
    milliseconds: float
    body: bytes


class Row(NamedTuple):
    """One address of a page: milliseconds of server time, and the kilobytes of its longest answer.

    `most` is its bound at the 95th percentile.  `cpu` is what the server used for one answer, with
    PostgreSQL, in milliseconds; it is that of the work also where others share the machine.
    """

    store: str
    page: str
    filters: str
    status: int
    p50: float
    p95: float
    most: int
    cpu: float
    kilobytes: float


class Operators:
    """Sessions of the operators of a store, each proved a moment ago."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.tokens: dict[str, str] = {}
        self._since: dict[str, datetime] = {}

    def sign_in(self, *names: str) -> None:
        """Open a new session of each operator whose factor was proved some minutes ago."""
        now = utc_now()
        for name in filter(None, names):
            if now - self._since.get(name, now - RECENT) < RECENT / 2:
                continue
            token, self._since[name] = new_token(secrets.token_bytes), now
            session = Session(token_digest(token), name, now, now, now, proved=True)
            with self._store.begin() as connection:
                open_session(connection, session, "sign in")
            self.tokens[name] = token


class Browser:
    """A kept connection to a server, which asks for pages as an operator."""

    def __init__(self, address: str, tokens: dict[str, str]) -> None:
        self._url, self._tokens = urlsplit(address), tokens
        self._connection = HTTPConnection(self._url.hostname or "", self._url.port, timeout=30)

    def get(self, path: str, operator: str = "") -> Answer:
        """Return the answer to a GET, with the time until its last byte.

        Raises Unusable if the server gives none.
        """
        headers = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
        if operator:
            headers["Cookie"] = f"{SESSION}={self._tokens[operator]}; language=it"
        begun = time.perf_counter()
        try:
            self._connection.request("GET", path, headers=headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as error:
            raise load.Unusable(f"{path}: {type(error).__name__}") from error
        return Answer(response.status, (time.perf_counter() - begun) * 1000, body)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def console(size: Size) -> Report:
    """Fill both databases with a town, and ask its console for every page."""
    rows: list[Row] = []
    findings: list[Finding] = []
    with harness() as made:
        for kind in (POSTGRESQL, SQLITE) if size.store is None else (size.store,):
            with opened(made, kind, size) as (served, operators, addresses):
                measured = list(_rows(kind, made, served, operators, addresses, size))
                rows += measured
                findings += _findings(kind, measured)
                findings += _weight(kind, Browser(served.admin, operators.tokens))
    return Report("console", rows, findings)


@contextmanager
def opened(
    made: Harness, kind: str, size: Size, variant: Variant = CONSOLE
) -> Iterator[tuple[Served, Operators, list[Address]]]:
    """Serve a town's console on the server's cores; yield it, its operators and its addresses."""
    url = made.empty_database(kind, f"town_{size.positions}")
    town: Town = towns.fill(url, size.positions, utc_now())
    store = Store(url)
    addresses = list(Addresses(town, furnish(store, town)))
    with serving(variant, url, made.home, made.server) as served:
        yield served, Operators(store), addresses
    store.close()


def _rows(
    kind: str,
    made: Harness,
    served: Served,
    operators: Operators,
    addresses: list[Address],
    size: Size,
) -> Iterator[Row]:
    def cpu() -> float:
        return served.cpu_seconds() + (_of_postgresql(made) if kind == POSTGRESQL else 0)

    calls = max(CALLS * size.seconds // Size().seconds, 2)
    for address in addresses:
        operators.sign_in(*address.operators)
        browser = Browser(served.admin, operators.tokens)
        yield row_of(kind, address, browser.get, calls, cpu)
        browser.close()


def _of_postgresql(made: Harness) -> float:
    """Return the CPU that the processes of PostgreSQL have used; one may just have ended."""
    used = 0.0
    for process in made.postgres.processes:
        with suppress(FileNotFoundError, ProcessLookupError):
            used += cpu_seconds(process)
    return used


def row_of(
    kind: str,
    address: Address,
    get: Callable[[str, str], Answer],
    calls: int,
    cpu: Callable[[], float],
) -> Row:
    """Ask for an address this often, by each operator in turn, and return its figures.

    Raises Unusable if an answer is no page.
    """
    names = address.operators
    answers, used = [], 0.0
    # WHY: the first call of each operator prepares statements and fills caches.
    for number in range(-len(names), calls):
        path, name = address.path(number + len(names)), names[number % len(names)]
        answer = get(path, name)
        if answer.status not in (*ANSWERS, *address.also):
            raise load.Unusable(f"{path} as {name}: HTTP {answer.status}")
        answers.append(answer)
        if number < 0:
            used = cpu()
    used = (cpu() - used) * 1000 / calls
    measured = answers[len(names) :]
    times = [answer.milliseconds for answer in measured]
    longest = max(len(answer.body) for answer in measured)
    return Row(
        kind, address.endpoint, address.name, measured[0].status, median(times),
        quantiles(times, n=20, method="inclusive")[-1], address.most, used,
        longest / 1000,
    )  # fmt: skip


def _findings(kind: str, rows: list[Row]) -> Iterator[Finding]:
    for row in rows:
        name = f"{kind}: {row.page}{', ' if row.filters else ''}{row.filters}"
        if row.p95 > row.most:
            yield at_most(f"{name}, ms", [row.p95], row.most)
        if row.kilobytes > LATER_PAGE and row.most != FILE:
            yield at_most(f"{name}, kB", [row.kilobytes], LATER_PAGE)
    for most in sorted({row.most for row in rows}):
        slowest = max(row.p95 for row in rows if row.most == most)
        yield at_most(f"{kind}: the slowest of those below {most}, ms", [slowest], most)
    longest = max(row.kilobytes for row in rows if row.most != FILE)
    yield at_most(f"{kind}: the longest page, kB", [longest], LATER_PAGE)


def _weight(kind: str, browser: Browser) -> Iterator[Finding]:
    """Weigh the first page of an operator, with each asset that it names, and those they name."""
    page = browser.get(f"{ORGANIZATION}/", "admin").body
    weights: dict[str, int] = {}
    waiting = _assets(page)
    while waiting:
        address = waiting.pop()
        if address not in weights:
            body = browser.get(address).body
            weights[address] = len(body)
            waiting |= _assets(body)
    kilobytes = (len(page) + sum(weights.values())) / 1000
    yield at_most(f"{kind}: the first page, kB", [kilobytes], FIRST_PAGE)
    yield at_most(f"{kind}: the first page, requests", [1 + len(weights)], FIRST_REQUESTS)
    browser.close()


def _assets(content: bytes) -> set[str]:
    """Return the addresses of assets that a page or a style sheet names."""
    plain = gzip.decompress(content) if content.startswith(_GZIP) else content
    return set(_ASSET.findall(plain.decode("utf-8", "replace")))
