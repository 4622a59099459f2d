"""The job that takes a load back: its positions that are unpaid and unchanged, and no others."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.loads import loads, rows
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.store.loads.rows import LoadRow, RowOutcome
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases import refusals
from gpd_soap.usecases.jobs.job import Interrupted, Job, JobFailed
from gpd_soap.usecases.positions import transitions

#: LIMIT: 50 positions are locked in one transaction.
CHUNK = 50
#: The version of a position that nobody has changed.
FIRST_VERSION = 1


class Way(StrEnum):
    """How positions are taken back: deleted with their numbers, or withdrawn and still shown."""

    DELETE = "delete"
    WITHDRAW = "withdraw"


def undo(job: Job) -> str:
    """Take back the positions of a load, from where an earlier attempt ended."""
    load = read_only(job.database, lambda c: loads.get(c, job.organization, job.payload["load"]))
    if load is None or load.state != State.UNDOING:
        raise JobFailed("the load is not there, or was decided otherwise", final=True)
    way = Way(job.payload["way"])
    actor = Actor(ActorKind(job.payload["actor_kind"]), job.payload["actor"])
    done, more = job.done, True
    while more:
        job.check()
        now = job.clock()

        def step(connection: Transaction, now: datetime = now, done: int = done) -> int:
            chunk = rows.with_outcome(connection, load, RowOutcome.LOADED, 0, CHUNK)
            decided = take_back(connection, load, chunk, way, actor, now)
            rows.decide(connection, load, decided)
            job.advance(connection, done + len(chunk))
            return len(chunk)

        count = in_transaction(job.database, step)
        done, more = done + count, count > 0

    def finish(connection: Transaction) -> str:
        counts = rows.counts(connection, load)
        figures = {**load.figures, "undone": counts, "way": way.value}
        values = {"figures": figures, "ended_at": job.clock()}
        if not loads.move(connection, load, (State.UNDOING,), State.UNDONE, **values):
            raise Interrupted
        back = counts.get(RowOutcome.DELETED, 0) + counts.get(RowOutcome.WITHDRAWN, 0)
        result = f"{back} taken back, {done - back} stay"
        job.finish(connection, result)
        return result

    return in_transaction(job.database, finish)


def take_back(
    connection: Transaction,
    load: StoredLoad,
    chunk: list[LoadRow],
    way: Way,
    actor: Actor,
    now: datetime,
) -> list[LoadRow]:
    """Take back those positions that can be, and return the outcome of each."""
    change.lock_for_change(connection, load.organization)
    iupds = sorted(row.iupd for row in chunk)
    stored = stored_positions.read_all(connection, load.organization, iupds, lock=True)
    decided = []
    for row in chunk:
        position = stored.get(row.iupd)
        outcome = outcome_of(position, load.loaded_at, way, now)
        if position is not None and outcome is RowOutcome.DELETED:
            change.remove(connection, position, actor, now)
        elif position is not None and outcome is RowOutcome.WITHDRAWN:
            change.withdraw(connection, position, actor, now)
        decided.append(row._replace(outcome=outcome))
    return decided


def outcome_of(
    stored: Stored | None, loaded_at: datetime | None, way: Way, now: datetime
) -> RowOutcome:
    """Return what becomes of a position that a load has created at `loaded_at`."""
    if stored is None or stored.created_at != loaded_at:
        return RowOutcome.GONE
    try:
        transitions.check_deletable(stored, now)
    except refusals.PaymentFound:
        return RowOutcome.PAID
    if stored.version != FIRST_VERSION:
        return RowOutcome.CHANGED
    if way is Way.DELETE:
        return RowOutcome.DELETED
    try:
        transitions.check_invalidable(stored, now)
    except refusals.NotInvalidable:
        return RowOutcome.STAYS
    return RowOutcome.WITHDRAWN
