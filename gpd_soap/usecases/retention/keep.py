"""One run of keeping: removes what is beyond its term, and forgets the persons in the rest.

A schedule and several processes may call it at the same time.  Each batch is a transaction of its
own, and a row that another run has locked is left to that run.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from gpd_soap.core.actor import Actor
from gpd_soap.core.event import Event, EventType
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.events import write as events
from gpd_soap.store.retention import accounts, documents, positions, receipts
from gpd_soap.store.retention import terms as stored
from gpd_soap.store.retention.clean import clean
from gpd_soap.store.retention.columns import PSEUDONYM_LENGTH, Pseudonym
from gpd_soap.store.retention.positions import Run
from gpd_soap.store.retention.terms import OwnTerms, TermKind
from gpd_soap.usecases import purge
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.retention import terms

T = TypeVar("T")

#: The subject of the event of a run.
SUBJECT = "retention"
ACCOUNTS = "accounts"


class RetentionSettings(Protocol):
    """The settings that a run needs."""

    @property
    def demand_window(self) -> int:
        """The seconds in which a repeated demand returns the same notice."""


class By(NamedTuple):
    """Who runs it, for the events, and what writes the audit."""

    actor: Actor
    record: Record = unrecorded


class Forgotten(NamedTuple):
    """How many rows of a kind lost their persons, or would, and the instant before it.

    `organization` is empty for accounts, which belong to none.
    """

    organization: str
    kind: str
    rows: int
    until: datetime


class Cleaned(NamedTuple):
    """Whether the bytes of what was removed and replaced are gone from the database's files."""

    done: bool


Step = purge.Purged | Forgotten | Cleaned


def keep(
    database: Database,
    settings: RetentionSettings,
    now: datetime,
    by: By,
    *,
    dry_run: bool = False,
) -> Iterator[Step]:
    """Yields each kind after it is done; with `dry_run` after it is counted.

    What organizations have set goes before the defaults.  A run that ends early leaves the rest to
    the next one.  On PostgreSQL the owner of the tables runs it.
    """
    changed = False
    for step in _steps(database, settings, now, by, dry_run=dry_run):
        changed = changed or step.rows > 0
        yield step
    if changed and not dry_run:
        yield Cleaned(clean(database))


def _steps(
    database: Database,
    settings: RetentionSettings,
    now: datetime,
    by: By,
    *,
    dry_run: bool,
) -> Iterator[purge.Purged | Forgotten]:
    months = {kind.value: terms.RULES[kind].months for kind in purge.OF_ORGANIZATIONS}
    defaults = purge.Terms(**months, demand_window=timedelta(seconds=settings.demand_window))
    yield from purge.run(database, defaults, now, by.record, dry_run=dry_run)
    own = terms.read(database)
    make_pseudonym = pseudonyms()
    for organization in read_only(database, stored.organizations):
        run = Run(organization, make_pseudonym, by.actor, now)
        yield from _organization(database, run, own, by.record, dry_run=dry_run)
    # WHY: the audit names accounts by their ids, so a name is kept as long as its longest audit.
    until = terms.until(own, TermKind.AUDIT, now).earliest
    ended = partial(accounts.count if dry_run else accounts.forget, until=until)
    rows = (read_only if dry_run else in_transaction)(database, ended)
    yield Forgotten("", ACCOUNTS, rows, until)


def _organization(
    database: Database, run: Run, own: OwnTerms, record: Record, *, dry_run: bool
) -> Iterator[Forgotten]:
    """Yields the positions and the receipts of an organization."""
    done = []
    for kind, room in ((TermKind.POSITIONS, POSITIONS), (TermKind.RECEIPTS, RECEIPTS)):
        until = terms.until(own, kind, run.now).of_organization(run.organization)
        old = room.can_be_forgotten(run.organization, until)
        rows = room.count(database, old) if dry_run else room.forget(database, run, old)
        done.append(Forgotten(run.organization, kind.value, rows, until))
        if kind is TermKind.POSITIONS and not dry_run:
            _forget_deleted(database, run.organization, until)
    if not dry_run and any(each.rows for each in done):
        in_transaction(database, partial(_write_run, run, done, record))
    yield from done


def _forget_deleted(database: Database, organization: str, until: datetime) -> None:
    """Erases the documents of positions that were deleted, in batches."""
    while in_transaction(
        database,
        partial(documents.forget_deleted, organization=organization, until=until),
    ):
        pass


def _write_run(
    run: Run, done: Sequence[Forgotten], record: Record, connection: Transaction
) -> None:
    """Writes the event of a run and its row of the audit: counts alone."""
    text = ", ".join(f"{each.kind} {each.rows}" for each in done)
    record(connection, Subject(resource=f"forgotten: {text}"), run.organization)
    data: dict[str, Any] = {each.kind: each.rows for each in done}
    event = Event(run.organization, EventType.RETENTION_FINISHED, SUBJECT, run.actor, data)
    events.write(connection, [event])


def pseudonyms() -> Pseudonym:
    """Returns a function that replaces codes: the same code by the same text.

    Its key is random and kept nowhere, so that nobody can find the code again, or compare runs.
    """
    key = secrets.token_bytes(32)

    def pseudonym(code: str) -> str:
        digest = hmac.new(key, code.upper().encode(), hashlib.sha256).hexdigest().upper()
        return f"X{digest}"[:PSEUDONYM_LENGTH]

    return pseudonym


class Room(NamedTuple):
    """What forgets one kind: a condition on old rows, their number, a batch of them, its change."""

    can_be_forgotten: Callable[[str, datetime], Any]
    counting: Callable[..., int]
    batch: Callable[..., list[Any]]
    forgetting: Callable[[Transaction, Run, list[Any]], None]

    def count(self, database: Database, *conditions: object) -> int:
        """Returns how many rows meet the conditions."""

        def work(connection: Transaction) -> int:
            without_statement_timeout(connection)
            return self.counting(connection, *conditions)

        return read_only(database, work)

    def forget(self, database: Database, run: Run, *conditions: object) -> int:
        """Forgets the persons of the rows that meet the conditions; returns how many rows.

        Rows that another session has locked are left to the next run.
        """
        return self._forget(database, run, conditions, wait=False)

    def forget_every(self, database: Database, run: Run, *conditions: object) -> int:
        """Forgets as `forget` does, and then waits for the rows that others had locked."""
        unlocked = self._forget(database, run, conditions, wait=False)
        return unlocked + self._forget(database, run, conditions, wait=True)

    def _forget(
        self, database: Database, run: Run, conditions: Sequence[object], *, wait: bool
    ) -> int:
        total, last = 0, None
        batch = partial(self._batch, run, conditions, wait=wait)
        while chosen := in_transaction(database, partial(batch, last)):
            total, last = total + len(chosen), chosen[-1]
        return total

    def _batch(
        self,
        run: Run,
        conditions: Sequence[object],
        after: object,
        connection: Transaction,
        *,
        wait: bool,
    ) -> list[Any]:
        without_statement_timeout(connection)
        chosen = self.batch(connection, after, *conditions, wait=wait)
        self.forgetting(connection, run, chosen)
        return chosen


POSITIONS = Room(positions.can_be_forgotten, positions.count, positions.batch, positions.forget)
RECEIPTS = Room(receipts.can_be_forgotten, receipts.count, receipts.batch, receipts.forget)
