"""Names of ours that somebody else's table, view or index has in a shared database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, bindparam, text

from gpd_soap.store.database.errors import StoreError

#: How a migration says what it creates: a table, an index, or a key that has an index.
CREATED = re.compile(
    r"""create_table\(\s*"(\w+)"|create_index\(\s*"(\w+)"|CREATE\ TABLE\ (\w+)
        |(?:PrimaryKey|Unique)Constraint\([^()]*?(?:op\.f\()?"(pk_\w+|uq_\w+)\"""",
    re.VERBOSE,
)

#: What has one of these names, and its kind, by dialect.
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
    """A name that we need is in use for something that is not ours."""

    hint = "give gpd-soap a database or a schema of its own, or rename what is in the way"


def created_by(scripts: Iterable[Path]) -> Iterator[str]:
    """The tables and indexes that these migrations create."""
    for script in scripts:
        for match in CREATED.finditer(script.read_text(encoding="utf-8")):
            yield next(name for name in match.groups() if name is not None)


def reject_foreign(connection: Connection, names: Collection[str]) -> None:
    """Raise ForeignTable if one of these names, which nothing of ours has yet, is in use."""
    if not names:
        return
    in_use = text(IN_USE[connection.dialect.name]).bindparams(bindparam("names", expanding=True))
    rows = connection.execute(in_use, {"names": sorted(names)}).all()
    if rows:
        listed = ", ".join(f"{kind} {name}" for name, kind in rows)
        raise ForeignTable(f"the database has something else of a name of ours: {listed}")
