"""The worklist of one organization as people work through it: the oldest case first, by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, func, literal, or_, select, union_all

from gpd_soap.core.case_id import QUARANTINE, CaseOutcome
from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store import tables
from gpd_soap.store.receipts import worklist
from gpd_soap.store.receipts.worklist import MESSAGE, Case, CaseQuery
from gpd_soap.store.rows import RECEIPT
from gpd_soap.store.tables.receipts import IS_OPEN, IS_RESOLVED, IS_TO_REFUND

#: The ages at which an open case is called old, and late.
OLD, LATE = timedelta(days=2), timedelta(days=5)


class QueueKey(NamedTuple):
    """The key of a case in a queue, by when it became a case; `variant` is -1 for a message."""

    since: datetime
    name: str
    variant: int


class QueueFilter(NamedTuple):
    """Filters on cases; None filters nothing.

    `claimed_by` lists the open cases of one person since `claimed_since`.  `free_since` lists those
    that nobody has claimed since then.  `received_until` lists those that were cases by then.
    """

    kind: str | None = None
    resolved: bool = False
    outcome: CaseOutcome | None = None
    received_until: datetime | None = None
    claimed_by: str | None = None
    claimed_since: datetime | None = None
    free_since: datetime | None = None


class Waiting(NamedTuple):
    """The open cases of a kind: how many, how many are old and late, their money, the oldest."""

    kind: str
    cases: int
    old: int
    late: int
    amount: int
    since: datetime | None


def page(
    connection: Connection,
    organization: str,
    listing: QueueFilter,
    limit: int,
    after: QueueKey | None = None,
) -> tuple[list[Case], QueueKey | None]:
    """Return the cases after a key, and the key after which the next page begins, if any.

    Open cases come in the order in which they became cases, resolved ones in that of their arrival.
    """
    query = CaseQuery(listing.kind, listing.resolved, None, None, 0, 0, listing.outcome)
    # WHY: an index has the cases of each part in their order, and none those of both.
    parts = [
        select(_part(each, listing, after).limit(limit + 1).subquery())
        for each in worklist.parts(connection, organization, query)
    ]
    rows = union_all(*parts).subquery()
    since = rows.c.received_at if listing.resolved else since_of(rows.c)
    order = since, rows.c.name, func.coalesce(rows.c.variant, -1)
    ordered = select(rows).order_by(*order).limit(limit + 1)
    cases = [Case._make(row) for row in connection.execute(ordered)]
    following = _key(cases[limit - 1], listing) if len(cases) > limit else None
    return cases[:limit], following


def waiting(connection: Connection, organization: str, now: datetime) -> list[Waiting]:
    """Return the open cases by kind, those without any included."""
    receipts = (
        select(RECEIPT.kept, *_sums(since_of(RECEIPT), RECEIPT.amount, now))
        .where(
            RECEIPT.organization == organization,
            RECEIPT.kept.in_(NEEDS_A_PERSON),
            IS_OPEN,
        )
        .group_by(RECEIPT.kept)
    )
    messages = select(literal(QUARANTINE), *_sums(MESSAGE.received_at, literal(0), now)).where(
        MESSAGE.organization == organization, MESSAGE.resolved_at.is_(None)
    )
    by_kind: dict[str, Waiting] = {}
    for statement in (receipts, messages):
        for kind, cases, old, late, amount, since in connection.execute(statement):
            sums = cases, int(old or 0), int(late or 0), int(amount or 0)
            by_kind[kind] = Waiting(kind, *sums, since)
    kinds = *map(str, NEEDS_A_PERSON), QUARANTINE
    return [by_kind.get(kind, Waiting(kind, 0, 0, 0, 0, None)) for kind in kinds]


def to_refund(connection: Connection, organization: str) -> tuple[int, int]:
    """Return how many receipts are to be refunded, and their money."""
    statement = select(func.count(), func.sum(RECEIPT.amount)).where(
        RECEIPT.organization == organization,
        RECEIPT.kept.in_(NEEDS_A_PERSON),
        IS_TO_REFUND,
    )
    count, amount = connection.execute(statement).one()
    return count, int(amount or 0)


def last_resolved(connection: Connection, organization: str) -> datetime | None:
    """Return when a case was resolved last, or None."""
    resolved = RECEIPT.organization == organization, RECEIPT.resolved_at.is_not(None)
    receipts = (
        select(RECEIPT.resolved_at)
        .where(*resolved, RECEIPT.kept.in_(NEEDS_A_PERSON))
        .order_by(RECEIPT.resolved_at.desc())
        .limit(1)
    )
    messages = select(func.max(MESSAGE.resolved_at)).where(MESSAGE.organization == organization)
    instants = [connection.execute(each).scalar() for each in (receipts, messages)]
    return max((each for each in instants if each is not None), default=None)


def of_notices(
    connection: Connection, organization: str, navs: Sequence[str]
) -> dict[str, list[Case]]:
    """Return the receipts of payments by the notice that they name, the first received first."""
    statement = (
        select(*worklist.receipt_columns())
        .where(RECEIPT.organization == organization, RECEIPT.nav.in_(navs), RECEIPT.outcome == "OK")
        .order_by(RECEIPT.received_at, RECEIPT.receipt_id, RECEIPT.variant)
    )
    by_nav: dict[str, list[Case]] = {}
    for row in connection.execute(statement):
        case_ = Case._make(row)
        by_nav.setdefault(case_.nav or "", []).append(case_)
    return by_nav


def _part(statement: Select[Any], listing: QueueFilter, after: QueueKey | None) -> Select[Any]:
    """Returns the statement on receipts or on messages, filtered, after a key, in order."""
    is_receipts = tables.receipt in statement.columns_clause_froms
    columns: Any = RECEIPT if is_receipts else MESSAGE
    name = columns.receipt_id if is_receipts else columns.digest
    since = since_of(columns) if is_receipts and not listing.resolved else columns.received_at
    variant: Any = columns.variant if is_receipts else literal(-1)
    conditions: list[Any] = []
    if is_receipts:
        conditions.append(IS_RESOLVED if listing.resolved else IS_OPEN)
        if listing.outcome == CaseOutcome.TO_REFUND:
            conditions.append(IS_TO_REFUND)
    if listing.received_until is not None:
        conditions.append(since <= listing.received_until)
    if listing.claimed_by is not None:
        conditions.append(columns.claimed_by == listing.claimed_by)
    if listing.claimed_since is not None:
        conditions.append(columns.claimed_at >= listing.claimed_since)
    if listing.free_since is not None:
        is_free = columns.claimed_at <= listing.free_since
        conditions.append(or_(columns.claimed_at.is_(None), is_free))
    if after is not None:
        same = and_(name == after.name, variant > after.variant)
        conditions += [since >= after.since, or_(since > after.since, name > after.name, same)]
    order = (since, name, variant) if is_receipts else (since, name)
    return statement.where(*conditions).order_by(*order)


def since_of(columns: Any) -> Any:
    """SQL expression: when a receipt or a message became a case."""
    return func.coalesce(columns.opened_at, columns.received_at, type_=tables.Instant())


def _sums(since: Any, amount: Any, now: datetime) -> list[Any]:
    def before(age: timedelta) -> Any:
        return case((since < literal(now - age, tables.Instant), 1), else_=0)

    return [
        func.count(),
        func.sum(before(OLD)),
        func.sum(before(LATE)),
        func.sum(amount),
        func.min(since),
    ]


def _key(last: Case, listing: QueueFilter) -> QueueKey:
    since = last.received_at if listing.resolved else last.since
    return QueueKey(since, last.name, -1 if last.variant is None else last.variant)
