"""What operators read about loads: lists, findings, notices, and the rows to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.loads import files, loads, rows
from gpd_soap.store.loads.files import Part
from gpd_soap.store.loads.loads import LoadKey, StoredLoad
from gpd_soap.store.loads.rows import FindingKey, LoadFinding, LoadRow, RowOutcome
from gpd_soap.usecases.loads import mend
from gpd_soap.usecases.loads.contents import opened
from gpd_soap.usecases.loads.mend import RefusedRow
from gpd_soap.usecases.loads.reading import reading_of
from gpd_soap.usecases.loads.refusals import FileRemoved, LoadNotFound

T = TypeVar("T")

#: LIMIT: findings on a page; a person reads no more.
SHOWN = 2_000


class StoredParts(NamedTuple):
    """Which bytes of a load are kept: the file as it was sent, and its refused rows."""

    sent: bool
    refused: bool


class Origin(NamedTuple):
    """Where a position came from: a load, and the line of its file."""

    load: str
    line: int


class LoadReader:
    """Reads the loads of all organizations; the caller has checked who may see which."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Return what `work` reads."""
        return read_only(self._database, work)

    def get(self, organization: str, load_id: str) -> StoredLoad:
        """Return a load.  Raises LoadNotFound."""
        return self.read(lambda c: existing(c, organization, load_id))

    def page(
        self, organization: str, after: LoadKey | None = None, limit: int = 20
    ) -> list[StoredLoad]:
        """Return the loads after a key, the newest first."""
        return self.read(lambda c: loads.page(c, organization, after, limit))

    def stored_parts(self, load: StoredLoad) -> StoredParts:
        """Return which bytes of a load are stored."""
        return self.read(lambda c: StoredParts(*(files.is_there(c, load, each) for each in Part)))

    def same_file(self, load: StoredLoad) -> str | None:
        """Return the id of an earlier load that stored a file of the same bytes, or None."""
        other = self.read(lambda c: loads.same_file(c, load.organization, load.digest))
        return None if other == load.id else other

    def findings(self, load: StoredLoad, *, warnings: bool = False) -> list[LoadFinding]:
        """Return the first findings of a load, by line."""
        return self.read(lambda c: rows.findings(c, load, warnings=warnings, limit=SHOWN))

    def findings_after(
        self, load: StoredLoad, after: FindingKey | None, limit: int, *, warnings: bool
    ) -> list[tuple[FindingKey, LoadFinding]]:
        """Return the findings of a load after a key, by line, each with its key."""
        return self.read(lambda c: rows.findings_after(c, load, after, limit, warnings=warnings))

    def rows_after(self, load: StoredLoad, line: int, limit: int) -> list[LoadRow]:
        """Return the positions that have an outcome, after a line of the file."""
        return self.read(lambda c: rows.after(c, load, line, limit))

    def notices(self, load: StoredLoad, after: int, limit: int) -> list[Any]:
        """Return the notices that a load made, after a line of its file."""
        return self.read(lambda c: rows.notices(c, load, after, limit))

    def origins(self, organization: str, iupd: str) -> list[Origin]:
        """Return the loads that stored a position with this IUPD, with its line in each."""
        stored = self.read(lambda c: rows.of_position(c, organization, iupd))
        return [Origin(*row) for row in stored]

    def staying(self, load: StoredLoad, outcome: RowOutcome, limit: int = 100) -> list[LoadRow]:
        """Return the first positions that a load could not take back, for one reason."""
        return self.read(lambda c: rows.with_outcome(c, load, outcome, 0, limit))

    def refused_rows(self, load: StoredLoad) -> Iterator[RefusedRow]:
        """Yield the refused rows of a load with their cells.  Raises FileRemoved."""
        with opened(self._database, load, Part.REFUSED) as file:
            yield from mend.read_refused(file)[1]

    def header(self, load: StoredLoad) -> list[str]:
        """Return the names of the columns as they are in the file; none if no bytes are kept."""
        try:
            with opened(self._database, load, Part.REFUSED) as file:
                return mend.read_refused(file)[0]
        except FileRemoved:
            return []

    def to_mend(
        self, organization: str, load_id: str, describe: mend.Describe
    ) -> tuple[StoredLoad, Iterator[bytes]]:
        """Return a load and its refused rows in the form of its file; audited as a reading.

        Raises LoadNotFound, and FileRemoved if they are kept no more.
        """
        load = self.get(organization, load_id)
        if not self.stored_parts(load).refused:
            raise FileRemoved
        return load, self._as_it_came(load, describe)

    def _as_it_came(self, load: StoredLoad, describe: mend.Describe) -> Iterator[bytes]:
        with opened(self._database, load, Part.REFUSED) as file:
            names, refused = mend.read_refused(file)
            yield from mend.as_it_came(names, refused, reading_of(load.reading), describe)


def existing(connection: Transaction, organization: str, load_id: str) -> StoredLoad:
    """Return a load.  Raises LoadNotFound."""
    load = loads.get(connection, organization, load_id)
    if load is None:
        raise LoadNotFound
    return load
