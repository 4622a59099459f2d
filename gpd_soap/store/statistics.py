"""Counts over all organizations: receipts, cases, deliveries, the last probe.  No personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, literal, select
from sqlalchemy.exc import SQLAlchemyError

from gpd_soap.core.case_id import KINDS, QUARANTINE
from gpd_soap.core.receipt import NEEDS_A_PERSON, ReceiptStatus
from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.events.subscriptions import ParkedState, State
from gpd_soap.store.jobs.queue import State as JobState
from gpd_soap.store.jobs.schedules import every_schedule

RECEIPT, QUARANTINED = tables.receipt.c, tables.quarantine.c
SUBSCRIPTION, PARKED = tables.subscription.c, tables.parked.c
EVENT, FEED = tables.event.c, tables.feed.c
JOB = tables.job.c


class Lag(NamedTuple):
    """How far the slowest active subscription is behind its feed.

    `since` is the instant of the oldest event that one has not yet; None if all have every event.
    """

    events: int
    since: datetime | None


class Work(NamedTuple):
    """Background work: jobs by state, and since when the longest due one waits; None if none is.

    `failures` has the attempts of each schedule that failed since it was last done.
    """

    jobs: Mapping[str, int]
    due_since: datetime | None
    failures: Mapping[str, int]


class Figures(NamedTuple):
    """Counts by status or kind; None where the database was too slow."""

    reachable: bool
    last_probe: datetime | None
    open_cases: Mapping[str, int] | None
    receipts: Mapping[str, int] | None
    subscriptions: Mapping[str, int] | None = None
    parked: Mapping[str, int] | None = None
    lag: Lag | None = None
    work: Work | None = None


#: The figures of a database that cannot be reached.
UNREACHABLE = Figures(reachable=False, last_probe=None, open_cases=None, receipts=None)


def read(store: Database) -> Figures:
    """Returns every figure, the cheapest first.

    Each takes a second at most on PostgreSQL.  A failure of the database raises nothing: the
    figure is None.
    """
    probed = _rows(store, select(func.max(tables.probe.c.last_at)))
    if probed is None:
        return UNREACHABLE
    return Figures(
        reachable=True,
        last_probe=probed[0][0],
        open_cases=_counts(store, _open_cases(), KINDS),
        receipts=_counts(store, _receipts(), tuple(ReceiptStatus)),
        subscriptions=_counts(store, _by(SUBSCRIPTION.state), tuple(State)),
        parked=_counts(store, _by(PARKED.state), tuple(ParkedState)),
        lag=_lag(store),
        work=_work(store),
    )


def _by(state: Any) -> Select[Any]:
    return select(state, func.count()).group_by(state)


def _lag(store: Database) -> Lag | None:
    behind = FEED.last - SUBSCRIPTION.cursor
    statement = (
        select(func.max(behind), func.min(EVENT.at))
        .select_from(tables.subscription)
        .join(tables.feed, FEED.organization == SUBSCRIPTION.organization)
        .outerjoin(
            tables.event,
            and_(
                EVENT.organization == SUBSCRIPTION.organization,
                EVENT.sequence == SUBSCRIPTION.cursor + 1,
            ),
        )
        .where(SUBSCRIPTION.state == State.ACTIVE)
    )
    numbered, unnumbered = _rows(store, statement), _rows(store, _oldest_unnumbered())
    if numbered is None or unnumbered is None:
        return None
    [(events, since)], [(waiting,)] = numbered, unnumbered
    return Lag(events or 0, min(filter(None, (since, waiting)), default=None))


def _oldest_unnumbered() -> Select[Any]:
    """The instant of the oldest event that no feed has yet, of organizations with a receiver."""
    return (
        select(func.min(EVENT.at))
        .select_from(tables.subscription)
        .join(
            tables.event,
            and_(
                EVENT.organization == SUBSCRIPTION.organization,
                EVENT.sequence.is_(None),
            ),
        )
        .where(SUBSCRIPTION.state == State.ACTIVE)
    )


def _work(store: Database) -> Work | None:
    jobs = _counts(store, _by(JOB.state), tuple(JobState))
    # WHY: a running job is due once its lease has ended.
    due = _rows(store, select(func.min(JOB.next_at)).where(JOB.next_at.is_not(None)))
    schedules = _rows(store, every_schedule())
    if jobs is None or due is None or schedules is None:
        return None
    return Work(jobs, due[0][0], {row[0]: row[1] for row in schedules})


def _receipts() -> Select[Any]:
    return select(RECEIPT.kept, func.count()).group_by(RECEIPT.kept)


def _open_cases() -> Select[Any]:
    # WHY: joined from the organizations, the index that begins with them gives the few open cases.
    fiscal_code = tables.organization.c.fiscal_code
    receipts = (
        select(RECEIPT.kept, func.count())
        .join_from(tables.organization, tables.receipt, RECEIPT.organization == fiscal_code)
        .where(RECEIPT.kept.in_(NEEDS_A_PERSON), RECEIPT.resolved_at.is_(None))
        .group_by(RECEIPT.kept)
    )
    quarantined = select(literal(QUARANTINE), func.count()).where(QUARANTINED.resolved_at.is_(None))
    return receipts.union_all(quarantined)  # type: ignore[return-value]  # executed like any other


def _counts(store: Database, statement: Select[Any], names: Iterable[str]) -> dict[str, int] | None:
    rows = _rows(store, statement)
    if rows is None:
        return None
    counts = dict(rows)
    return {str(name): counts.get(name, 0) for name in names}


def _rows(store: Database, statement: Select[Any]) -> Sequence[Any] | None:
    try:
        with store.reading(seconds=1) as connection:
            return connection.execute(statement).all()
    except SQLAlchemyError:
        # WHY: metrics are shown without a figure that the database did not give in time.
        return None
