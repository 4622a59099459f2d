"""Bytes that name a person outside positions and receipts: messages, and remembered answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, literal, or_, select

from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_file import overwrite_deleted

MESSAGE, REQUEST = tables.quarantine.c, tables.request.c
#: The encodings in which a message may carry a code.
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def messages(connection: Connection, organization: str, code: str) -> int:
    """Returns how many messages in quarantine have this code somewhere."""
    holding = MESSAGE.organization == organization, _holds(connection, MESSAGE.raw, code)
    statement = select(func.count()).select_from(tables.quarantine).where(*holding)
    return connection.execute(statement).scalar_one()


def responses(connection: Connection, code: str) -> int:
    """Returns how many remembered answers have this code somewhere."""
    holding = _holds(connection, REQUEST.body, code)
    statement = select(func.count()).select_from(tables.request).where(holding)
    return connection.execute(statement).scalar_one()


def remove_responses(connection: Connection, code: str) -> int:
    """Removes the remembered answers that have this code somewhere; returns how many."""
    overwrite_deleted(connection)
    holding = _holds(connection, REQUEST.body, code)
    return connection.execute(delete(tables.request).where(holding)).rowcount


def _holds(connection: Connection, column: Any, code: str) -> ColumnElement[bool]:
    """SQL condition: the bytes have the code, in capital or small letters, in a usual encoding."""
    spellings = {text.encode(name) for text in (code.upper(), code.lower()) for name in ENCODINGS}
    parts = [literal(each) for each in sorted(spellings)]
    # WHY: PostgreSQL's grammar has another form for `position` without its schema.
    on_sqlite = connection.dialect.name == "sqlite"
    index_of: Any = func.instr if on_sqlite else func.pg_catalog.position
    return or_(*(index_of(column, part) > 0 for part in parts))
