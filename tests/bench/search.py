"""Time of a search and of the pages of a list, in the process, on both databases."""

import time
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles
from typing import Any, NamedTuple

from sqlalchemy import text

from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.positions import keyset, notices
from gpd_soap.store.positions.keyset import PositionKey
from gpd_soap.store.positions.notices import NoticeKey
from gpd_soap.store.positions.search import PositionQuery
from gpd_soap.store.store import Store
from gpd_soap.usecases import search as use_case
from gpd_soap.validation.queries.search import NoticesQuery
from tests import world
from tests.bench import database
from tests.bench.compare import POSTGRESQL, SQLITE, Size
from tests.bench.harness import harness
from tests.bench.report import Finding, Report, at_most

#: Searches of each kind, and pages of each list.
SEARCHES = 100
#: Twenty rows, as on a page of a console.
ROWS = 20
#: 400 given names and 9,973 surnames; one name in ten has three words.
NAMED = """UPDATE position SET debtor_code =
  CAST(10000000000 + (CAST(substr(iupd, 6) AS integer) % 300007) AS varchar(16)),
  debtor_full_name = CASE WHEN (CAST(substr(iupd, 6) AS integer) % 10) = 0 THEN 'Maria ' ELSE '' END
    || 'Nome' || (CAST(substr(iupd, 6) AS integer) % 400)
    || ' Cognomè' || (CAST(substr(iupd, 6) AS integer) % 9973)"""


class Row(NamedTuple):
    """Milliseconds of one kind of question: half of them took less than `p50`.

    `cpu` is the median of this process alone, which for SQLite is all of it.
    """

    store: str
    question: str
    p50: float
    p95: float
    cpu: float


def search(size: Size) -> Report:
    """Measure each search, and the first and a late page of each list."""
    rows: list[Row] = []
    findings: list[Finding] = []
    with harness() as made:
        for kind in (POSTGRESQL, SQLITE):
            store = Store(made.database(kind, size.positions))
            _name(store)
            database.tidy(store)
            measured = [_row(kind, name, work) for name, work in _questions(store, size.positions)]
            rows += measured
            findings += [at_most(f"{kind}: {row.question}, ms", [row.p50], 10) for row in measured]
            store.close()
    return Report("search", rows, findings)


def _row(kind: str, question: str, work: Callable[[int], object]) -> Row:
    """Measure a question as often as `SEARCHES` says, each time about another notice."""
    times, used = [], []
    for number in range(SEARCHES + 20):
        begun, cpu = time.perf_counter(), time.thread_time()
        work(number)
        times.append((time.perf_counter() - begun) * 1000)
        used.append((time.thread_time() - cpu) * 1000)
    # WHY: the first ones prepare statements and fill caches.
    times, used = times[20:], used[20:]
    return Row(kind, question, median(times), quantiles(times, n=20)[-1], median(used))


def _questions(store: Store, positions: int) -> list[tuple[str, Callable[[int], object]]]:
    def searched(text_of: Callable[[int], str]) -> Callable[[int], object]:
        def work(number: int) -> object:
            serial = number * 7919 % positions + 1
            result = use_case.search(store, world.ORGANIZATION, text_of(serial), ROWS)
            assert result.hits is not None
            assert result.hits.notices, text_of(serial)
            return result

        return work

    return [
        ("notice", searched(world.nav)),
        ("IUV", searched(lambda serial: world.nav(serial)[1:])),
        ("IUPD", searched(lambda serial: f"IUPD-{serial}")),
        ("surname", searched(lambda n: f"cognome{n % 9973}")),
        ("surname of thousands", searched(lambda n: f"cognome{n % 9 + 1}")),
        ("fiscal code", searched(lambda n: f"{n % 300007 + 10**10}")),
        ("name as given", searched(lambda n: f"nome{n % 400} cognome{n % 9973}")),
        *_pages(store, positions),
    ]


def _pages(store: Store, positions: int) -> list[tuple[str, Callable[[int], object]]]:
    """Return the first page of each list, and one that begins after nine tenths of it."""
    serial = positions * 9 // 10
    iupd, nav = f"IUPD-{serial}", world.nav(serial)
    lists: list[tuple[str, Any, Callable[[Any], object]]] = [
        ("notices", NoticeKey(0, "", "", nav), lambda after: _notices(store, after)),
        (
            "notices of a name",
            NoticeKey(0, "NOME9", "", nav),
            lambda after: _notices(store, after, name="nome"),
        ),
        *(
            (
                f"positions by {order}",
                PositionKey(value, iupd),
                lambda after, order=order: _positions(store, order, after),
            )
            for order, value in (
                ("inserted", database.SINCE),
                ("iupd", iupd),
                ("company", world.NAME),
            )
        ),
    ]
    result: list[tuple[str, Callable[[int], object]]] = []
    for name, begin, read in lists:
        result.append((f"{name}, first page", partial(_read, read, None)))
        result.append((f"{name}, late page", partial(_read, read, begin)))
    return result


def _read(read: Callable[[Any], Any], begin: Any, _number: int) -> object:
    return read(begin)


def _notices(store: Store, after: Any, **filters: str) -> Any:
    query = NoticesQuery(limit=ROWS, **filters)
    listing = query.listing()

    def work(connection: Any) -> Any:
        return notices.page(connection, world.ORGANIZATION, listing, ROWS, after)[1]

    return read_only(store, work)


def _positions(store: Store, order: str, after: Any) -> Any:
    query = PositionQuery(None, None, None, order, descending=True, limit=ROWS, page=0)

    def work(connection: Any) -> Any:
        return keyset.page(connection, world.ORGANIZATION, query, after, database.SINCE)[1]

    return read_only(store, work)


def _name(store: Store) -> None:
    """Give the positions the names and codes of many people."""
    with store.begin() as connection:
        without_statement_timeout(connection)
        connection.execute(text(NAMED))
