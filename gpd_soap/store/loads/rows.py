"""The rows of a load that were handled, and the findings about its lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select
from sqlalchemy import update as update_of

from gpd_soap.store import tables
from gpd_soap.store.loads.loads import StoredLoad
from gpd_soap.store.rows import OPTION
from gpd_soap.store.tables.base import truncate

ROW, FINDING = tables.load_row.c, tables.load_finding.c


class RowOutcome(StrEnum):
    """What became of a position of a file: loaded, or why not; and, of a loaded one, later.

    PAID, CHANGED, STAYS and GONE are loaded positions that were not taken back.  PAID: it has a
    payment.  CHANGED: it was changed since.  STAYS: its state forbids it.  GONE: it had been
    deleted before.
    """

    LOADED = "loaded"
    PRESENT = "present"
    REFUSED = "refused"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"
    PAID = "paid"
    CHANGED = "changed"
    STAYS = "stays"
    GONE = "gone"


class LoadRow(NamedTuple):
    """One position of a file by its first line."""

    line: int
    iupd: str
    outcome: str


class LoadFinding(NamedTuple):
    """What is wrong with a line, without its value; `field` is GPD's name of a column."""

    line: int
    field: str
    rule: str
    expected: str
    is_warning: bool


class FindingKey(NamedTuple):
    """Where a page of findings begins: after this one."""

    line: int
    number: int


def add_rows(connection: Connection, load: StoredLoad, rows: Iterable[LoadRow]) -> None:
    """Store the outcomes of positions."""
    _add(connection, tables.load_row, load, [row._asdict() for row in rows])


def add_findings(
    connection: Connection, load: StoredLoad, first: int, findings: Sequence[LoadFinding]
) -> None:
    """Store findings, numbered from `first`."""
    rows = [
        {
            "number": number,
            **each._asdict(),
            "field": truncate(each.field, FINDING.field),
            "rule": truncate(each.rule, FINDING.rule),
            "expected": truncate(each.expected, FINDING.expected),
        }
        for number, each in enumerate(findings, first)
    ]
    _add(connection, tables.load_finding, load, rows)


def forget_findings(connection: Connection, load: StoredLoad) -> None:
    """Remove the findings of an earlier reading of the file."""
    connection.execute(delete(tables.load_finding).where(*_of(load, tables.load_finding)))


def handled(connection: Connection, load: StoredLoad) -> int:
    """Return how many positions of the file have an outcome."""
    counting = select(func.count()).select_from(tables.load_row)
    return connection.execute(counting.where(*_of(load, tables.load_row))).scalar_one()


def counts(connection: Connection, load: StoredLoad) -> dict[str, int]:
    """Return the number of positions by outcome."""
    statement = select(ROW.outcome, func.count()).where(*_of(load, tables.load_row))
    rows = connection.execute(statement.group_by(ROW.outcome))
    return {row[0]: row[1] for row in rows}


def refused_lines(connection: Connection, load: StoredLoad) -> list[int]:
    """Return the first lines of the refused positions, in their order."""
    statement = select(ROW.line).where(
        *_of(load, tables.load_row), ROW.outcome == RowOutcome.REFUSED
    )
    return list(connection.execute(statement.order_by(ROW.line)).scalars())


def findings(
    connection: Connection, load: StoredLoad, *, warnings: bool, limit: int
) -> list[LoadFinding]:
    """Return the first findings of a load, by line."""
    columns = [FINDING[name] for name in LoadFinding._fields]
    statement = select(*columns).where(
        *_of(load, tables.load_finding), FINDING.is_warning.is_(warnings)
    )
    rows = connection.execute(statement.order_by(FINDING.line, FINDING.number).limit(limit))
    return [LoadFinding._make(row) for row in rows]


def findings_after(
    connection: Connection,
    load: StoredLoad,
    after: FindingKey | None,
    limit: int,
    *,
    warnings: bool,
) -> list[tuple[FindingKey, LoadFinding]]:
    """Return the findings of a load after a key, by line, each with its key."""
    columns = [FINDING.number, *(FINDING[name] for name in LoadFinding._fields)]
    statement = select(*columns).where(
        *_of(load, tables.load_finding), FINDING.is_warning.is_(warnings)
    )
    if after is not None:
        same = and_(FINDING.line == after.line, FINDING.number > after.number)
        statement = statement.where(or_(FINDING.line > after.line, same))
    rows = connection.execute(statement.order_by(FINDING.line, FINDING.number).limit(limit))
    findings = [(number, LoadFinding._make(values)) for number, *values in rows]
    return [(FindingKey(each.line, number), each) for number, each in findings]


def after(connection: Connection, load: StoredLoad, line: int, limit: int) -> list[LoadRow]:
    """Return the positions that have an outcome after a line, in the order of the file."""
    columns = [ROW[name] for name in LoadRow._fields]
    statement = select(*columns).where(*_of(load, tables.load_row), ROW.line > line)
    rows = connection.execute(statement.order_by(ROW.line).limit(limit))
    return [LoadRow._make(row) for row in rows]


def with_outcome(
    connection: Connection, load: StoredLoad, outcome: RowOutcome, after: int, limit: int
) -> list[LoadRow]:
    """Return the positions of an outcome after a line, in the order of the file."""
    columns = [ROW[name] for name in LoadRow._fields]
    statement = select(*columns).where(
        *_of(load, tables.load_row), ROW.outcome == outcome, ROW.line > after
    )
    rows = connection.execute(statement.order_by(ROW.line).limit(limit))
    return [LoadRow._make(row) for row in rows]


def notices(connection: Connection, load: StoredLoad, after: int, limit: int) -> list[Any]:
    """Return line, IUPD, number and amount of notices that the load made, after a line.

    Those of the last position are whole only if fewer than `limit` come.
    """
    of_row: ColumnElement[bool] = and_(
        OPTION.organization == load.organization, OPTION.iupd == ROW.iupd
    )
    statement = (
        select(ROW.line, ROW.iupd, OPTION.nav, OPTION.amount, OPTION.due_at)
        .select_from(tables.load_row)
        .join(tables.payment_option, of_row)
        .where(*_of(load, tables.load_row), ROW.outcome == RowOutcome.LOADED, ROW.line > after)
        .order_by(ROW.line, OPTION.nav)
        .limit(limit)
    )
    return list(connection.execute(statement))


def of_position(connection: Connection, organization: str, iupd: str) -> list[Any]:
    """Return load and line of each row that stored this position, the last first."""
    statement = select(ROW.load, ROW.line).where(
        ROW.organization == organization,
        ROW.iupd == iupd,
        ROW.outcome.not_in((RowOutcome.REFUSED, RowOutcome.PRESENT)),
    )
    return list(connection.execute(statement.order_by(ROW.line.desc())))


def decide(connection: Connection, load: StoredLoad, decided: Sequence[LoadRow]) -> None:
    """Store other outcomes of rows that have one."""
    statement = update_of(tables.load_row).where(
        *_of(load, tables.load_row), ROW.line == bindparam("of_line")
    )
    rows = [{"of_line": each.line, "to_outcome": each.outcome} for each in decided]
    if rows:
        connection.execute(statement.values(outcome=bindparam("to_outcome")), rows)


def _add(connection: Connection, table: Any, load: StoredLoad, rows: list[dict[str, Any]]) -> None:
    owner = {"organization": load.organization, "load": load.id}
    if rows:
        connection.execute(insert(table), [{**owner, **row} for row in rows])


def _of(load: StoredLoad, table: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.organization == load.organization, table.c.load == load.id
