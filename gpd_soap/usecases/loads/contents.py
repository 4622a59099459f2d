"""The bytes of a load as a file on the disk, for as long as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.loads import files
from gpd_soap.store.loads.files import Part
from gpd_soap.store.loads.loads import StoredLoad
from gpd_soap.usecases.loads.refusals import FileRemoved


@contextmanager
def opened(database: Database, load: StoredLoad, part: Part) -> Iterator[IO[bytes]]:
    """Yield a file without a name that has the bytes of a part.  Raises FileRemoved."""
    with TemporaryFile() as file:
        read_only(database, partial(_write, load=load, part=part, file=file))
        if not file.tell():
            raise FileRemoved
        file.seek(0)
        yield file


def _write(connection: Transaction, load: StoredLoad, part: Part, file: IO[bytes]) -> None:
    file.writelines(files.pieces(connection, load, part))
