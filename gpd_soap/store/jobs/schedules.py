"""Reads the state of the work that is repeated for the whole installation."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Select, case, select

from gpd_soap.core.actor import ActorKind
from gpd_soap.store import tables
from gpd_soap.store.jobs.queue import EVERY, State

JOB = tables.job.c
#: LIMIT: 3 failed attempts in a row; one or two are those of a database that fails over.
FAILING = 3


class Schedule(NamedTuple):
    """A schedule, the attempts that failed since it was last done, and why the last one did."""

    kind: str
    failures: int
    last_error: str

    @property
    def is_failing(self) -> bool:
        """Whether it fails again and again, so that somebody must look."""
        return self.failures >= FAILING


def every_schedule() -> Select[tuple[str, int, str]]:
    """Returns the statement that reads every schedule, in the order of the fields."""
    # WHY: a lease counts the attempt that is under way.
    under_way = case((JOB.state == State.RUNNING.value, 1), else_=0)
    return (
        select(JOB.kind, JOB.attempts - under_way, JOB.last_error)
        .where(JOB.organization == EVERY, JOB.actor_kind == str(ActorKind.CLOCK))
        .order_by(JOB.kind)
    )


def failing(connection: Connection) -> list[Schedule]:
    """Returns the schedules that fail again and again."""
    rows = [Schedule._make(row) for row in connection.execute(every_schedule())]
    return [each for each in rows if each.is_failing]
