"""Forgets the debtors of closed positions: amounts, numbers, dates and states stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from gpd_soap.core.actor import Actor
from gpd_soap.core.event import Event, EventType
from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_file import overwrite_deleted
from gpd_soap.store.events import write as events
from gpd_soap.store.retention import columns, documents
from gpd_soap.store.retention.columns import CODE, FORGOTTEN, Pseudonym
from gpd_soap.store.rows import OPTION, POSITION, RECEIPT, TRANSFER
from gpd_soap.store.states import closed

#: LIMIT: 200 positions in one transaction, so that other writers of SQLite wait for moments only.
BATCH = 200
EVENT = tables.event.c


class Candidate(NamedTuple):
    """A position that is to be forgotten, in the order of its first two fields."""

    created_at: datetime
    iupd: str
    code: str


class Run(NamedTuple):
    """What is the same for all that one run forgets."""

    organization: str
    pseudonym: Pseudonym
    actor: Actor
    now: datetime


def can_be_forgotten(organization: str, until: datetime) -> ColumnElement[bool]:
    """SQL condition: the position was closed at `until`, has not changed since, and no open case.

    A position that was forgotten already does not meet it.
    """
    option = tables.payment_option.alias().c
    later = or_(
        option.updated_at > literal(until, tables.Instant),
        option.paid_at > literal(until, tables.Instant),
    )
    changed = exists().where(
        option.organization == organization, option.iupd == POSITION.iupd, later
    )
    return and_(
        POSITION.organization == organization,
        POSITION.created_at <= literal(until, tables.Instant),
        POSITION.updated_at <= literal(until, tables.Instant),
        POSITION.forgotten_at.is_(None),
        closed(organization, until),
        not_(changed.correlate_except(option.nav.table)),
        not_(_has_open_case(organization)),
    )


def of_debtor(organization: str, code: str) -> ColumnElement[bool]:
    """SQL condition: the debtor of the position, or of one of its options, has this code."""
    option = tables.payment_option.alias().c
    own = exists().where(
        option.organization == organization,
        option.iupd == POSITION.iupd,
        func.upper(option.debtor_code) == code.upper(),
    )
    return and_(
        POSITION.organization == organization,
        or_(
            func.upper(POSITION.debtor_code) == code.upper(),
            own.correlate_except(option.nav.table),
        ),
    )


def count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    """Returns how many positions meet the conditions."""
    statement = select(func.count()).select_from(tables.position).where(*conditions)
    return connection.execute(statement).scalar_one()


def batch(
    connection: Connection,
    after: Candidate | None,
    *conditions: ColumnElement[bool],
    wait: bool = False,
) -> list[Candidate]:
    """Returns the next positions that meet the conditions, and locks them until the commit.

    A position that another session has locked is left out: the next run comes to it.  With `wait`
    it is one position, and the caller waits for it.
    """
    order = POSITION.created_at, POSITION.iupd
    statement = select(*order, POSITION.debtor_code).where(*conditions)
    if after is not None:
        following = tuple_(*order) > tuple_(
            literal(after.created_at, tables.Instant), literal(after.iupd)
        )
        statement = statement.where(following)
    # WHY: who waits for one row and holds no other waits in no circle.
    statement = statement.order_by(*order).limit(1 if wait else BATCH)
    statement = statement.with_for_update(skip_locked=not wait)
    return [Candidate._make(row) for row in connection.execute(statement)]


def forget(connection: Connection, run: Run, chosen: Sequence[Candidate]) -> None:
    """Replaces the debtors of these locked positions, and removes the texts that may name them."""
    if not chosen:
        return
    overwrite_deleted(connection)
    iupds = [each.iupd for each in chosen]
    options = _options(connection, run.organization, iupds)
    _positions(connection, run, chosen)
    _write_options(connection, run, options)
    navs = [each.nav for each in options]
    of_navs = TRANSFER.organization == run.organization, TRANSFER.nav.in_(navs)
    connection.execute(update(tables.transfer).where(*of_navs).values(**columns.TRANSFER))
    for table in (tables.quote, tables.demand):
        answered = table.c.organization == run.organization, table.c.nav.in_(navs)
        connection.execute(delete(table).where(*answered))
    _reasons(connection, run.organization, iupds)
    documents.forget(connection, run.organization, iupds)
    documents.forget_sent(connection, run.organization, navs)
    revisions: dict[str, int] = {}
    for each in options:
        revisions[each.iupd] = max(revisions.get(each.iupd, 0), each.revision + 1)
    events.write(connection, [_event(run, iupd, revisions.get(iupd)) for iupd in iupds])


def _options(connection: Connection, organization: str, iupds: Sequence[str]) -> Sequence[Any]:
    statement = select(OPTION.iupd, OPTION.nav, OPTION.revision, OPTION.debtor_code)
    of_positions = OPTION.organization == organization, OPTION.iupd.in_(iupds)
    ordered = statement.where(*of_positions).order_by(OPTION.nav)
    return connection.execute(ordered.with_for_update()).all()


def _positions(connection: Connection, run: Run, chosen: Sequence[Candidate]) -> None:
    values = {
        **columns.POSITION,
        "version": POSITION.version + 1,
        "forgotten_at": run.now,
        CODE: bindparam("code"),
    }
    one = POSITION.organization == run.organization, POSITION.iupd == bindparam("of_iupd")
    connection.execute(
        update(tables.position).where(*one).values(values),
        [{"of_iupd": each.iupd, "code": run.pseudonym(each.code)} for each in chosen],
    )


def _write_options(connection: Connection, run: Run, options: Sequence[Any]) -> None:
    values = {
        **columns.OPTION,
        "revision": OPTION.revision + 1,
        "debtor_full_name": bindparam("name"),
        CODE: bindparam("code"),
    }
    one = OPTION.organization == run.organization, OPTION.nav == bindparam("of_nav")
    rows = [
        {
            "of_nav": each.nav,
            "name": None if each.debtor_code is None else FORGOTTEN,
            "code": None if each.debtor_code is None else run.pseudonym(each.debtor_code),
        }
        for each in options
    ]
    if rows:
        connection.execute(update(tables.payment_option).where(*one).values(values), rows)


def _reasons(connection: Connection, organization: str, iupds: Sequence[str]) -> None:
    """Replaces the reasons that people wrote for a change; an event may outlive its position."""
    statement = select(EVENT.subject, EVENT.at, EVENT.id, EVENT.data).where(
        EVENT.organization == organization,
        EVENT.subject.in_(iupds),
        EVENT.type.in_(columns.REASONED),
    )
    changed = update(tables.event).where(
        EVENT.organization == organization,
        EVENT.subject == bindparam("of_subject"),
        EVENT.at == bindparam("of_at"),
        EVENT.id == bindparam("of_id"),
    )
    rows = [
        {
            "of_subject": each.subject,
            "of_at": each.at,
            "of_id": each.id,
            "new": {**each.data, columns.REASON: FORGOTTEN},
        }
        for each in connection.execute(statement)
        if columns.REASON in each.data
    ]
    if rows:
        connection.execute(changed.values(data=bindparam("new", type_=EVENT.data.type)), rows)


def _event(run: Run, iupd: str, revision: int | None) -> Event:
    kind = EventType.POSITION_FORGOTTEN
    return Event(run.organization, kind, iupd, run.actor, {"iupd": iupd}, revision=revision)


def _has_open_case(organization: str) -> ColumnElement[bool]:
    """SQL condition: a receipt of a notice of the position still needs a person."""
    option, receipt = tables.payment_option.alias().c, tables.receipt.alias().c
    condition = exists().where(
        option.organization == organization,
        option.iupd == POSITION.iupd,
        receipt.organization == organization,
        receipt.nav == option.nav,
        is_open_case(receipt),
    )
    return condition.correlate_except(option.nav.table, receipt.nav.table)


def is_open_case(receipt: Any = RECEIPT) -> ColumnElement[bool]:
    """SQL condition: the receipt needs a person, and nobody has decided yet."""
    return and_(receipt.kept.in_(NEEDS_A_PERSON), receipt.resolved_at.is_(None))
