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
    null,
    select,
    update,
)

from gpd_soap.core.actor import Origin
from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.rows import OPTION, POSITION

BATCH, LINE = tables.document_batch.c, tables.document_batch_line.c


class BatchState(StrEnum):
    """Whether lines of a batch still wait; those of a cancelled one wait for a person.

    A removed one is shown to nobody.
    """

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    REMOVED = "removed"


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
    """One notice of a batch: its document, or why there is none.

    `template` and `request` are of a notice whose texts were sent; `request` is personal data, and
    None once there is an outcome.
    """

    number: int
    nav: str
    document: str | None
    reason: str | None
    template: str | None = None
    request: dict[str, Any] | None = None


class SentLine(NamedTuple):
    """A notice to print with texts that were sent, by a model of the platform."""

    nav: str
    template: str
    request: dict[str, Any]


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


def add_sent(
    connection: Connection, organization: str, batch: str, lines: Sequence[SentLine]
) -> int:
    """Add a line for each notice whose texts were sent; return how many."""
    owner = {"organization": organization, "batch": batch}
    rows = [{**owner, "number": n, **line._asdict()} for n, line in enumerate(lines, 1)]
    connection.execute(insert(tables.document_batch_line), rows)
    return len(rows)


def put_printed(
    connection: Connection, batch: Batch, nav: str, template: str, document: str
) -> None:
    """Put the document of a notice into a batch, in the place of an earlier one of its model.

    The batch stays locked until the commit.
    """
    # WHY: two notices that are printed into one folder at once would have the same number.
    locked = select(BATCH.id).where(BATCH.organization == batch.organization, BATCH.id == batch.id)
    connection.execute(locked.with_for_update())
    of_notice = and_(_of(batch.organization, batch.id), LINE.nav == nav, LINE.template == template)
    changed = update(tables.document_batch_line).where(of_notice)
    values = {"document": document, "reason": None, "request": None}
    if connection.execute(changed.values(values)).rowcount:
        return
    last = select(func.max(LINE.number)).where(_of(batch.organization, batch.id))
    number = (connection.execute(last).scalar() or 0) + 1
    row = {"organization": batch.organization, "batch": batch.id, "number": number, "nav": nav}
    connection.execute(
        insert(tables.document_batch_line).values(**row, template=template, document=document)
    )


def remove(connection: Connection, batch: Batch, now: datetime) -> None:
    """Show a batch to nobody any more, and erase what was sent for it; documents stay."""
    statement = update(tables.document_batch).where(
        BATCH.organization == batch.organization, BATCH.id == batch.id
    )
    ended_at = func.coalesce(BATCH.ended_at, now)
    connection.execute(statement.values(state=BatchState.REMOVED, ended_at=ended_at))
    sent = and_(_of(batch.organization, batch.id), LINE.template.is_not(None))
    connection.execute(update(tables.document_batch_line).where(sent).values(request=None))


def forget_older(connection: Connection, organization: str, instant: datetime) -> int:
    """Erase what was sent for batches of before an instant; return for how many notices."""
    old = select(BATCH.id).where(BATCH.organization == organization, BATCH.created_at < instant)
    statement = update(tables.document_batch_line).where(
        LINE.organization == organization, LINE.batch.in_(old), LINE.request.is_not(None)
    )
    return connection.execute(statement.values(request=None)).rowcount


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
    """Return a batch, or None; a removed one is none."""
    statement = select(*BATCH_COLUMNS).where(
        BATCH.organization == organization,
        BATCH.id == batch_id,
        BATCH.state != BatchState.REMOVED,
    )
    row = connection.execute(statement).first()
    return None if row is None else Batch._make(row)


def page(
    connection: Connection, organization: str, request: PageRequest
) -> tuple[list[Batch], int]:
    """Return a page of batches, the newest first, and their number on all pages."""
    statement = select(*BATCH_COLUMNS).where(
        BATCH.organization == organization, BATCH.state != BatchState.REMOVED
    )
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
        "request": null(),
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
