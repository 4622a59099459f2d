"""Builds the answers about loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gpd_soap.api.responses import Body, camel_case, rome_text, without_none
from gpd_soap.store.loads.loads import LoadKey, StoredLoad
from gpd_soap.store.loads.rows import FindingKey, LoadFinding, LoadRow
from gpd_soap.usecases.loads.reading import OURS, Kind, reading_of
from gpd_soap.validation.queries.cursors import line_cursor, load_cursor

COUNTED = (
    *("ready", "present", "refused", "warned", "ready_cents", "present_cents", "refused_cents"),
    "without_amount",
)


def loads_page(rows: Sequence[StoredLoad], limit: int) -> Body:
    """Returns a page of loads, of which one more was read: Loads."""
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = None if last is None else load_cursor(LoadKey(last.created_at, last.id))
    return without_none(loads=[load(row) for row in rows[:limit]], limit=limit, next_cursor=cursor)


def load(row: StoredLoad) -> Body:
    """Returns a load: Load."""
    figures = row.figures
    return camel_case(
        id=row.id,
        name=row.name,
        digest=row.digest,
        size=row.size,
        state="interrupted" if row.is_interrupted else str(row.state),
        reading=_reading(row.reading),
        rows=figures.get("rows", row.reading["records"]),
        **{name: figures.get(name, 0) for name in COUNTED},
        rules=[_rule(each) for each in figures.get("rules", ())],
        taken_back=figures.get("undone") and _taken_back(figures["undone"]),
        job=row.job,
        done=row.done,
        total=row.total,
        last_error=row.last_error or None,
        created_at=rome_text(row.created_at),
        loaded_at=rome_text(row.loaded_at),
        ended_at=rome_text(row.ended_at),
        actor_kind=row.actor_kind,
        actor=row.actor,
    )


def findings_page(rows: Sequence[tuple[FindingKey, LoadFinding]], limit: int) -> Body:
    """Returns a page of findings, of which one more was read: LoadLines."""
    following = rows[limit - 1][0] if len(rows) > limit else None
    lines = [
        without_none(line=each.line, field=each.field, rule=each.rule, expected=each.expected)
        for _, each in rows[:limit]
    ]
    return _lines(lines, following, limit)


def rows_page(rows: Sequence[LoadRow], limit: int) -> Body:
    """Returns a page of positions, of which one more was read: LoadLines."""
    following = FindingKey(rows[limit - 1].line, 0) if len(rows) > limit else None
    lines = [
        without_none(line=each.line, iupd=each.iupd or None, outcome=each.outcome)
        for each in rows[:limit]
    ]
    return _lines(lines, following, limit)


def _lines(lines: list[Body], following: FindingKey | None, limit: int) -> Body:
    cursor = None if following is None else line_cursor(following)
    return without_none(lines=lines, limit=limit, next_cursor=cursor)


def _reading(stored: dict[str, Any]) -> Body:
    reading = reading_of(stored)
    return without_none(
        digest=reading.digest,
        kind=str(reading.kind),
        encoding=reading.encoding,
        separator=reading.separator if reading.kind is Kind.CSV else None,
        records=reading.records,
        amounts=reading.amounts,
        dates=str(reading.dates),
        columns=["" if field == OURS else field for field in reading.fields],
        values=dict(reading.constants),
        missing=reading.missing,
    )


def _rule(counted: Sequence[Any]) -> Body:
    field, rule, lines, is_warning = counted
    return {"field": field, "rule": rule, "lines": lines, "isWarning": is_warning}


def _taken_back(counts: dict[str, int]) -> Body:
    return {name: number for name, number in counts.items() if name not in ("present", "refused")}
