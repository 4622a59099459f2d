"""Batches of notices: what was requested, and the outcome of each line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from gpd_soap.core.actor import Origin
from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.rows import OPTION, POSITION

BATCH, LINE = tables.document_batch.c, tables.document_batch_line.c


class BatchState(StrEnum):
    """Whether lines of a batch still wait; those of a cancelled one wait for a person."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Batch(NamedTuple):
    """A batch; with the option `whole`, a line is a position with every way to pay it."""

    organization: str
    id: str
    options: dict[str, Any]
    total: int
    state: str
    created_at: datetime
    ended_at: datetime | None
    actor_kind: str
    actor: str


class BatchLine(NamedTuple):
    """One notice of a batch: its document, or why there is none."""

    number: int
    nav: str
    document: str | None
    reason: str | None


class Counts(NamedTuple):
    """How many lines of a batch have a document, and how many have none."""

    released: int
    refused: int


class Choice(NamedTuple):
    """The positions of a batch: those due within a window, or of one load; both ends included."""

    due: tuple[datetime, datetime] | None = None
    loaded_at: datetime | None = None


BATCH_COLUMNS = [BATCH[name] for name in Batch._fields]
LINE_COLUMNS = [LINE[name] for name in BatchLine._fields]


def last_load(connection: Connection, organization: str) -> datetime | None:
    """Return the instant of the last load of an organization that stored a position, or None."""
    statement = select(func.max(POSITION.created_at)).where(
        POSITION.organization == organization, POSITION.created_by_kind == Origin.LOAD
    )
    instant: datetime | None = connection.execute(statement).scalar()
    return instant


def add_list(connection: Connection, organization: str, batch: str, navs: Sequence[str]) -> int:
    """Add a line for each notice number; return how many."""
    owner = {"organization": organization, "batch": batch}
    rows = [{**owner, "number": number, "nav": nav} for number, nav in enumerate(navs, 1)]
    if rows:
        connection.execute(insert(tables.document_batch_line), rows)
    return len(rows)


def add_chosen(connection: Connection, organization: str, batch: str, choice: Choice) -> int:
    """Add a line for each position that is chosen, in the order of their IUPDs; return how many."""
    chosen = _chosen(organization, choice).subquery()
    number = func.row_number().over(order_by=chosen.c.iupd)
    lines = select(literal(organization), literal(batch), number, chosen.c.nav)
    columns = ["organization", "batch", "number", "nav"]
    connection.execute(insert(tables.document_batch_line).from_select(columns, lines))
    counting = select(func.count()).select_from(tables.document_batch_line)
    return connection.execute(counting.where(_of(organization, batch))).scalar_one()


def _chosen(organization: str, choice: Choice) -> Select[Any]:
    """SQL: the positions with the first number of each."""
    of_position = and_(OPTION.organization == organization, OPTION.iupd == POSITION.iupd)
    statement = (
        select(POSITION.iupd, func.min(OPTION.nav).label("nav"))
        .join_from(tables.position, tables.payment_option, of_position)
        .where(POSITION.organization == organization, POSITION.published_at.is_not(None))
        .group_by(POSITION.iupd)
    )
    if choice.due is not None:
        statement = statement.where(OPTION.due_at.between(*choice.due))
    if choice.loaded_at is not None:
        statement = statement.where(
            POSITION.created_at == choice.loaded_at, POSITION.created_by_kind == Origin.LOAD
        )
    return statement


def add(connection: Connection, batch: Batch) -> None:
    """Add a batch whose lines are there."""
    connection.execute(insert(tables.document_batch), batch._asdict())


def get(connection: Connection, organization: str, batch_id: str) -> Batch | None:
    """Return a batch, or None."""
    statement = select(*BATCH_COLUMNS).where(
        BATCH.organization == organization, BATCH.id == batch_id
    )
    row = connection.execute(statement).first()
    return None if row is None else Batch._make(row)


def page(
    connection: Connection, organization: str, request: PageRequest
) -> tuple[list[Batch], int]:
    """Return a page of batches, the newest first, and their number on all pages."""
    statement = select(*BATCH_COLUMNS).where(BATCH.organization == organization)
    ordered = statement.order_by(BATCH.created_at.desc(), BATCH.id)
    rows, total = fetch_page(connection, ordered, request)
    return [Batch._make(row) for row in rows], total


def counts(connection: Connection, batch: Batch) -> Counts:
    """Return how many lines have an outcome, by its kind."""
    statement = select(func.count(LINE.document), func.count(LINE.reason)).where(
        _of(batch.organization, batch.id)
    )
    return Counts(*connection.execute(statement).one())


def lines(
    connection: Connection, batch: Batch, after: int, limit: int, *, waiting: bool = False
) -> list[BatchLine]:
    """Return the lines after a number, in their order; those `waiting` have no outcome."""
    statement = select(*LINE_COLUMNS).where(_of(batch.organization, batch.id), LINE.number > after)
    if waiting:
        statement = statement.where(LINE.document.is_(None), LINE.reason.is_(None))
    rows = connection.execute(statement.order_by(LINE.number).limit(limit))
    return [BatchLine._make(row) for row in rows]


def lines_page(
    connection: Connection, batch: Batch, request: PageRequest, *, refused: bool
) -> tuple[list[BatchLine], int]:
    """Return a page of lines, only those `refused` if wished, and their number on all pages."""
    statement = select(*LINE_COLUMNS).where(_of(batch.organization, batch.id))
    if refused:
        statement = statement.where(LINE.reason.is_not(None))
    rows, total = fetch_page(connection, statement.order_by(LINE.number), request)
    return [BatchLine._make(row) for row in rows], total


def decide(connection: Connection, batch: Batch, outcomes: Sequence[BatchLine]) -> None:
    """Store the outcomes of lines."""
    statement = update(tables.document_batch_line).where(
        _of(batch.organization, batch.id), LINE.number == bindparam("of_number")
    )
    values: dict[str, Any] = {
        "document": bindparam("to_document"),
        "reason": bindparam("to_reason"),
    }
    rows = [
        {"of_number": line.number, "to_document": line.document, "to_reason": line.reason}
        for line in outcomes
    ]
    if rows:
        connection.execute(statement.values(values), rows)


def end(
    connection: Connection, organization: str, batch_id: str, state: BatchState, now: datetime
) -> None:
    """Note that a batch is done or cancelled; one that has ended stays as it is."""
    statement = update(tables.document_batch).where(
        BATCH.organization == organization, BATCH.id == batch_id, BATCH.ended_at.is_(None)
    )
    connection.execute(statement.values(state=state, ended_at=now))


def reopen(connection: Connection, batch: Batch) -> Batch:
    """Note that a cancelled batch goes on; return it as it is then."""
    statement = update(tables.document_batch).where(
        BATCH.organization == batch.organization,
        BATCH.id == batch.id,
        BATCH.state == BatchState.CANCELLED,
    )
    connection.execute(statement.values(state=BatchState.RUNNING, ended_at=None))
    now = get(connection, batch.organization, batch.id)
    assert now is not None, "nobody removes a batch"
    return now


def _of(organization: str, batch: str) -> ColumnElement[bool]:
    return and_(LINE.organization == organization, LINE.batch == batch)
