"""The time of each part: HTTP's and ours, and of ours each module's.

The first rows are CPU as the system counts it, behind gunicorn.  The others are cProfile's, of the
same exchanges in this process without HTTP, by gpd_soap and by the floor.  cProfile makes calls
more expensive than they are: its fractions show where to look, and not what can be gained.
"""

import cProfile
import io
import itertools
import pstats
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face
from gpd_soap.wsgi.http import Wsgi
from tests.bench import database, floor, notices
from tests.bench.compare import PLAN, POSTGRESQL, Size
from tests.bench.harness import Harness, harness, measure
from tests.bench.load import Unusable
from tests.bench.report import Report
from tests.bench.serving import CONSTANT, FLOOR, FULL

ROOT = Path(__file__).parents[2]
WARM, SHOWN = 50, 20


class Row(NamedTuple):
    """The own time of a part, without the functions that it calls, in µs for each exchange."""

    store: str
    primitive: str
    variant: str
    location: str
    us: float
    fraction: float


def profile(size: Size) -> Report:
    """Profile exchanges of each primitive."""
    with harness() as made:
        rows: list[Row] = []
        for kind, (_, primitives) in PLAN.items():
            url = made.database(kind, size.positions)
            rows += _behind_gunicorn(made, url, size) if kind == POSTGRESQL else ()
            for primitive, variant in itertools.product(primitives, (FLOOR.name, FULL.name)):
                rows += _profiled(kind, url, primitive, variant, size)
    return Report("profile", rows, [])


def _behind_gunicorn(made: Harness, url: str, size: Size) -> Iterator[Row]:
    costs = {}
    for variant in (CONSTANT, FLOOR, FULL):
        with made.serving(variant, url) as served:
            measure(served, notices.VERIFY, 1, 1)
            # WHY: constant bytes are right for one notice alone, so every request is about it.
            costs[variant.name] = measure(served, notices.VERIFY, 1, size.seconds).cpu
    for name, cpu in costs.items():
        yield Row(POSTGRESQL, notices.VERIFY, name, "behind gunicorn", cpu, cpu / costs[FULL.name])


def _profiled(kind: str, url: str, primitive: str, variant: str, size: Size) -> Iterator[Row]:
    store, exchanges = Store(url), min(size.exchanges, size.positions - WARM)
    face = floor.application(url) if variant == FLOOR.name else node_face(Settings(), store)
    template = notices.REQUESTS[primitive].template
    requests = [notices.filled(template, 1 + n).encode() for n in range(WARM + exchanges)]
    for request in requests[:WARM]:
        _ask(face, request)
    watched = cProfile.Profile()
    answers = watched.runcall(lambda: [_ask(face, request) for request in requests[WARM:]])
    store.close()
    wrong = notices.wrong(primitive, WARM + exchanges, answers[-1])
    if wrong:
        raise Unusable(wrong)
    if primitive == notices.SEND:
        database.renew(url)
    spent = _spent(watched)
    total = sum(spent.values())
    for location, seconds in spent.most_common(SHOWN):
        us = seconds / exchanges * 1e6
        yield Row(kind, primitive, variant, location, us, seconds / total)


def _spent(watched: cProfile.Profile) -> Counter[str]:
    """Return the own time of each part, in seconds."""
    spent: Counter[str] = Counter()
    stats: Any = pstats.Stats(watched)
    for (file, _, name), (_, _, own, *_) in stats.stats.items():
        spent[_location(file, name)] += own
    return spent


def _location(file: str, name: str) -> str:
    """Return our module, another package, or the name of a function in C."""
    if file == "~":
        return name
    path = Path(file)
    if path.is_relative_to(ROOT / "gpd_soap"):
        # WHY: the file name of the codec's generated code ends with its model.
        return str(path.relative_to(ROOT)).partition(":")[0]
    package = file.rpartition("site-packages/")[2]
    return package.partition("/")[0] if package != file else path.name


def _ask(face: Wsgi, request: bytes) -> bytes:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/partner",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(request)),
        "wsgi.input": io.BytesIO(request),
    }
    return b"".join(face(environ, lambda *_: None))
