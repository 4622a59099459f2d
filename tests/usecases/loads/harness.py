"""Loads with a clock of the test's own, and a worker that does what is due."""

import csv
import io
from typing import Any, BinaryIO

from sqlalchemy import Table, func, select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store import tables
from gpd_soap.store.loads.loads import StoredLoad
from gpd_soap.store.store import Store
from gpd_soap.usecases.jobs.worker import Worker
from gpd_soap.usecases.loads.manage import Loads
from gpd_soap.usecases.loads.mend import RefusedRow
from gpd_soap.usecases.loads.reading import reading_of
from gpd_soap.usecases.loads.work import kinds
from gpd_soap.usecases.positions.manage import Ledger
from tests.store.samples import NOW, ORGANIZATION

ANNA = Actor(ActorKind.OPERATOR, "o-anna")


class LoadHarness:
    """A store, a clock, the loads of an operator, and workers."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, NOW
        self.loads = Loads(store, self.clock, ANNA)
        self.ledger = Ledger(store, self.clock, ANNA)

    def clock(self) -> Any:
        """Return the instant that the test has set."""
        return self.now

    def work(self) -> int:
        """Do the jobs that are due; return how many."""
        return Worker(self.store, kinds(), self.clock, lambda: 0.5).once()

    def tried(self, file: BinaryIO, name: str = "tari.csv") -> StoredLoad:
        """Return a load after its trial."""
        load = self.loads.receive(ORGANIZATION, name, file)
        self.work()
        return self.get(load)

    def loaded(self, file: BinaryIO, name: str = "tari.csv") -> StoredLoad:
        """Return a load after its positions were stored."""
        load = self.tried(file, name)
        self.begin(load)
        self.work()
        return self.get(load)

    def begin(self, load: StoredLoad) -> StoredLoad:
        """Begin to store the positions of a load."""
        return self.loads.load(ORGANIZATION, load.id, reading_of(load.reading).digest)

    def get(self, load: StoredLoad) -> StoredLoad:
        """Return a load as it is now."""
        return self.loads.get(load.organization, load.id)

    def count(self, table: Table) -> int:
        """Return the number of rows of a table."""
        with self.store.reading() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def iupds(self) -> list[str]:
        """Return the IUPDs that are stored, in order."""
        column = tables.position.c.iupd
        with self.store.reading() as connection:
            return list(connection.execute(select(column).order_by(column)).scalars())

    def findings(self, load: StoredLoad, *, warnings: bool = False) -> list[tuple[int, str, str]]:
        """Return line, field and rule of each finding."""
        rows = self.loads.findings(load, warnings=warnings)
        return [(each.line, each.field, each.rule) for each in rows]

    def to_mend(self, load: StoredLoad) -> bytes:
        """Return the rows to mend in the form of the file."""
        return b"".join(self.loads.to_mend(ORGANIZATION, load.id, describe)[1])


def describe(row: RefusedRow) -> tuple[str, str]:
    """Return the texts of the two columns."""
    return (
        ", ".join(f"{each.field} {each.rule}" for each in row.reasons),
        "; ".join(each.expected for each in row.reasons),
    )


def rows_of(content: bytes, encoding: str = "cp1252") -> list[list[str]]:
    """Return the rows of a CSV file with semicolons."""
    return list(csv.reader(io.StringIO(content.decode(encoding)), delimiter=";"))
