"""The bytes of loaded files, in pieces, so that every process and machine can read them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import IO

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_file import overwrite_deleted
from gpd_soap.store.loads.loads import StoredLoad

FILE = tables.load_file.c
#: LIMIT: 256 KiB in a row, so that neither a statement nor a process holds a whole file.
PIECE = 256 * 1024


class Part(StrEnum):
    """What the bytes are: the file as it was sent, or its refused rows."""

    SENT = "sent"
    REFUSED = "refused"


def put(
    connection: Connection, load: StoredLoad, part: Part, file: IO[bytes], now: datetime
) -> None:
    """Store a part from where the file is read; it replaces an earlier one."""
    remove(connection, load, part)
    number = 0
    while content := file.read(PIECE):
        row = {
            "organization": load.organization,
            "load": load.id,
            "part": part,
            "number": number,
            "content": content,
            "stored_at": now,
        }
        connection.execute(insert(tables.load_file), row)
        number += 1


def pieces(connection: Connection, load: StoredLoad, part: Part) -> Iterator[bytes]:
    """Yield the bytes of a part, one piece in memory at a time."""
    statement = select(FILE.content).where(_is(load, part))
    number = 0
    while True:
        piece = connection.execute(statement.where(FILE.number == number)).scalar()
        if piece is None:
            return
        yield bytes(piece)
        number += 1


def is_there(connection: Connection, load: StoredLoad, part: Part) -> bool:
    """Return whether a part is still kept."""
    counting = select(func.count()).select_from(tables.load_file)
    return connection.execute(counting.where(_is(load, part), FILE.number == 0)).scalar_one() > 0


def remove(connection: Connection, load: StoredLoad, part: Part) -> None:
    """Remove a part."""
    overwrite_deleted(connection)
    connection.execute(delete(tables.load_file).where(_is(load, part)))


def _is(load: StoredLoad, part: Part) -> ColumnElement[bool]:
    return and_(FILE.organization == load.organization, FILE.load == load.id, FILE.part == part)
