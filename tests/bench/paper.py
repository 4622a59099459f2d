"""Notices as PDF: how many a second of one core, their size, the memory of a batch, and the start.

The rates are of processor time, so that other work on the machine does not count.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from gpd_soap.core.actor import Actor, ActorKind, Origin
from gpd_soap.core.position import NewPosition
from gpd_soap.features.documents.archive.archive import Archive
from gpd_soap.features.documents.archive.batch import Producer, Request, begin
from gpd_soap.features.documents.notice import Issuer
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.database.transaction import in_transaction
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Choice
from gpd_soap.store.positions import insert
from gpd_soap.store.store import Store
from tests.bench.compare import Size
from tests.bench.load import Unusable
from tests.bench.report import Report, at_least, at_most
from tests.features.documents import samples

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ACTOR = Actor(ActorKind.COMMAND, "bench")
ISSUER = Issuer(cbill="A0EDT", authorisation="AUT. DB/0000/000 00000 DEL 01/01/2020")
#: Notices of a batch, and of the last one.
BATCH, LARGE = 400, 10_000
#: LIMIT: positions that are made at once, so that they do not decide on the memory.
CHUNK = 100
MIB, KIB = 1 << 20, 1 << 10


class Row(NamedTuple):
    """One batch in a process of its own: notices with slip, codes and archive."""

    round: int
    read_back: bool
    notices: int
    per_cpu_second: float
    kib_a_page: float
    peak_mib: float
    first_pdf: float


def paper(size: Size) -> Report:
    """Make batches with and without reading back, each in a new process; then a large one."""
    number = 20 if size.exchanges < BATCH else BATCH
    rows = [
        _batch(n, number, read_back=read_back)
        for n in range(size.rounds)
        for read_back in (False, True)
    ]
    if number == BATCH:
        rows.append(_batch(size.rounds, LARGE, read_back=False))
    fast = [row.per_cpu_second for row in rows if not row.read_back]
    safe = [row.per_cpu_second for row in rows if row.read_back]
    findings = [
        at_least("notices a second of one core", fast, 40),
        at_least("the same, each read back", safe, 12),
        at_most("KiB a page", [row.kib_a_page for row in rows], 60),
        at_most("MiB of the process, at most", [row.peak_mib for row in rows], 250),
        at_most("first PDF of a cold process, read back: s", [row.first_pdf for row in rows], 1.5),
    ]
    return Report("paper", rows, findings)


def _batch(number: int, notices: int, *, read_back: bool) -> Row:
    """Run this module in a process that makes one batch."""
    words = [sys.executable, "-m", "tests.bench.paper", str(notices), str(int(read_back))]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Unusable(ended.stderr[-500:])
    rate, kib, peak, first = map(float, ended.stdout.split())
    return Row(number, read_back, notices, rate, kib, peak, first)


def fill(store: Store, number: int) -> None:
    """Store an organization and positions with a slip each, as one load."""
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        configuration.put_organization(connection, samples.ORGANIZATION, "Comune di Esempio")
        for first in range(1, number + 1, CHUNK):
            serials = range(first, min(first + CHUNK, number + 1))
            insert.add(connection, [_position(each) for each in serials], NOW, ACTOR, Origin.LOAD)


def _position(serial: int) -> NewPosition:
    return samples.position(samples.option(serial, 100 + serial, slip=True))._replace(
        iupd=f"B-{serial:06d}"
    )


def _first_pdf(address: str, folder: Path) -> float:
    """Return the processor time of the command, from its call to its end, that writes a PDF."""
    words = [sys.executable, "-m", "gpd_soap", "notice", samples.nav(1), "-o", f"{folder}/a.pdf"]
    environment = {**os.environ, "GPD_DATABASE_URL": address}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print rate, size, peak memory and the time of the first document of this process."""
    number, read_back = int(sys.argv[1]), bool(int(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'bench.db'}")
        fill(store, number)
        first = _first_pdf(f"sqlite:///{Path(folder) / 'bench.db'}", Path(folder))
        archive = Archive(store, Typesetter(), read_back=read_back)
        request = Request(choice=Choice(loaded_at=NOW))
        batch = in_transaction(store, lambda c: begin(c, samples.ORGANIZATION, request, ACTOR, NOW))
        begun = time.process_time()
        clock = (NOW + timedelta(milliseconds=n) for n in range(10**9))
        Producer(store, archive, lambda: next(clock)).produce(batch, ACTOR)
        rate = number / (time.process_time() - begun)
        with store.reading() as connection:
            made = batches.counts(connection, batch).released
            size = connection.execute(select(func.avg(tables.document.c.size))).scalar_one()
        store.close()
    if made != number:
        raise SystemExit(f"{made} of {number} notices were released")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / MIB
    sys.stdout.write(f"{rate} {float(size) / KIB} {peak} {first}\n")


if __name__ == "__main__":
    main()
