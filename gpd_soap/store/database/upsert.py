"""INSERT of rows whose key may exist already, for either database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: Connection,
    table: Table,
    changed: list[str],
    *,
    added: Sequence[str] = (),
    **to: Any,
) -> Any:
    """Returns an INSERT that, where the key exists, sets `changed` to the new values or to `to`.

    To the columns `added`, the new values are added.
    """
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    values = {name: to.get(name, statement.excluded[name]) for name in changed}
    values |= {name: table.c[name] + statement.excluded[name] for name in added}
    keys = [column.name for column in table.primary_key]
    if not values:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


def insert_if_absent(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Inserts a row unless its key is in use.  Returns whether it did.

    Of several calls at one instant with the same key, one returns True.
    """
    # WHY: some drivers do not count the rows of an INSERT.
    first = upsert(connection, table, []).returning(*table.primary_key)
    return connection.execute(first, row).first() is not None
