"""Removes what has been kept for its term: journal, events, audit, quarantine and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from gpd_soap.store import purge, tables
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.access.idempotency import REMEMBERED
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import in_transaction
from gpd_soap.store.journal import purge as journal
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.journal.purge import LEAST_MONTHS, months_before
from gpd_soap.store.purge import Kind
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record
from gpd_soap.validation.finding import FieldError

#: LIMIT: a demand is kept for a day, and for longer if its notice is answered again for longer.
LEAST_FOR_DEMANDS = timedelta(days=1)

JOURNAL, EVENTS = "journal", "events"
#: The tables with a partition for each month.
MONTHLY = {JOURNAL: tables.journal, EVENTS: tables.event}


class Terms(NamedTuple):
    """How long things are kept: months; the time in which a demand gets the same notice; events."""

    journal: int
    audit: int
    quarantine: int
    demand_window: timedelta
    events: timedelta = timedelta(days=730)


class Purged(NamedTuple):
    """The number of rows of one kind that were removed, or would be, and the instant before it."""

    kind: str
    rows: int
    until: datetime


def run(
    database: Database, terms: Terms, now: datetime, record: Record, *, dry_run: bool
) -> Iterator[Purged]:
    """Yields each kind after its rows are removed; with `dry_run` after they are counted.

    A run that ends early leaves the rest to the next one.  Raises Malformed if a term is below the
    24 months that pagoPA asks for.
    """
    _check(terms)
    untils = _untils(terms, now)
    if not dry_run:
        text = (
            f"journal {terms.journal}m, audit {terms.audit}m, quarantine {terms.quarantine}m,"
            f" events {terms.events.days}d"
        )
        in_transaction(database, lambda c: record(c, Subject(resource=text)))
    for kind, until in untils.items():
        yield Purged(kind, _count_or_remove(database, kind, until, dry_run=dry_run), until)
    if not dry_run:
        in_transaction(database, partial(ensure_months, now=now))


def _check(terms: Terms) -> None:
    """Raises Malformed with each term that is too short."""
    errors = [
        FieldError(name, "range", f"{LEAST_MONTHS} months at least")
        for name in (JOURNAL, Kind.AUDIT.value, Kind.QUARANTINE.value)
        if getattr(terms, name) < LEAST_MONTHS
    ]
    if errors:
        raise refusals.Malformed(errors)


def _untils(terms: Terms, now: datetime) -> dict[str, datetime]:
    """Returns for each kind the instant before which its rows are removed."""
    return {
        Kind.REQUESTS: now - REMEMBERED,
        Kind.DEMANDS: now - max(terms.demand_window, LEAST_FOR_DEMANDS),
        Kind.QUARANTINE: months_before(now, terms.quarantine),
        Kind.AUDIT: months_before(now, terms.audit),
        JOURNAL: months_before(now, terms.journal),
        EVENTS: now - terms.events,
    }


def _count_or_remove(database: Database, kind: str, until: datetime, *, dry_run: bool) -> int:
    if kind in MONTHLY:
        return (journal.count if dry_run else journal.purge)(database, until, MONTHLY[kind])
    return (purge.count if dry_run else purge.purge)(database, Kind(kind), until)
