"""Names of ours that another program's table, view or index has in a shared database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, bindparam, text

from gpd_soap.store.database.errors import StoreError

#: Finds the names that a migration creates: tables, sequences, indexes, keys that have an index.
CREATED = re.compile(
    r"""create_table\(\s*"(\w+)"|create_index\(\s*"(\w+)"|CREATE\ (?:TABLE|SEQUENCE)\ (\w+)
        |(?:PrimaryKey|Unique)Constraint\([^()]*?(?:op\.f\()?"(pk_\w+|uq_\w+)\"""",
    re.VERBOSE | re.ASCII,
)

#: By dialect, selects the relations with one of these names, and their kinds.
IN_USE = {
    "postgresql": """
        SELECT relname,
            CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'
                WHEN 'm' THEN 'view' WHEN 'i' THEN 'index' ELSE 'relation' END
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = current_schema() AND relname IN :names ORDER BY relname""",
    "sqlite": "SELECT name, type FROM sqlite_master WHERE name IN :names ORDER BY name",
}


class ForeignTable(StoreError):
    """A name that we need is in use by another program."""

    hint = "give gpd-soap a database or a schema of its own, or rename what is in the way"


def created_names(scripts: Iterable[Path]) -> Iterator[str]:
    """Yields the names of the tables and indexes that these migrations create."""
    for script in scripts:
        for match in CREATED.finditer(script.read_text(encoding="utf-8")):
            yield next(name for name in match.groups() if name is not None)


def reject_foreign(connection: Connection, names: Collection[str]) -> None:
    """Raises ForeignTable if one of these names, which no table of ours has yet, is in use."""
    if not names:
        return
    in_use = text(IN_USE[connection.dialect.name]).bindparams(bindparam("names", expanding=True))
    rows = connection.execute(in_use, {"names": sorted(names)}).all()
    if rows:
        listed = ", ".join(f"{kind} {name}" for name, kind in rows)
        raise ForeignTable(f"the database has something else of a name of ours: {listed}")
