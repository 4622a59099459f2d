"""Removes what has been kept for its term: journal, events, tally, audit, quarantine and more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from gpd_soap.store import purge, tables
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.access.idempotency import REMEMBERED
from gpd_soap.store.database.brief_locks import with_brief_locks
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import in_transaction
from gpd_soap.store.database.until import Until
from gpd_soap.store.journal import purge as by_month
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.purge import Kind
from gpd_soap.store.retention.terms import OwnTerms, TermKind
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record
from gpd_soap.usecases.retention import terms as retention
from gpd_soap.validation.finding import FieldError

#: LIMIT: a demand is kept for a day, and for longer if its notice is answered again for longer.
LEAST_FOR_DEMANDS = timedelta(days=1)

#: LIMIT: 30 days for jobs that were done or cancelled, in which their results can be looked at.
JOBS_KEPT = timedelta(days=30)
#: LIMIT: 14 days for a file of positions that was sent to the console, or for its refused rows.
FILES_KEPT = timedelta(days=14)
#: LIMIT: 24 months at least for the tally, as for the journal that it counts.
LEAST_FOR_TALLY = 24

#: The kinds with a partition for each month.
MONTHLY = {"journal": tables.journal, "events": tables.event}


class Terms(NamedTuple):
    """How long things are kept: months, and the time in which a demand gets the same notice.

    The months are those of organizations that have set none; the tally's are those of all.
    """

    journal: int
    audit: int
    quarantine: int
    demand_window: timedelta
    events: int = 24
    tally: int = 120


class Purged(NamedTuple):
    """The number of rows of one kind that were removed, or would be, and the instant before it.

    The instant is that of organizations without a term of their own.
    """

    kind: str
    rows: int
    until: datetime


def run(
    database: Database, terms: Terms, now: datetime, record: Record, *, dry_run: bool
) -> Iterator[Purged]:
    """Yields each kind after its rows are removed; with `dry_run` after they are counted.

    A run that ends early leaves the rest to the next one.  Raises Malformed if a term is below the
    least, which for the journal is the 24 months that pagoPA asks for.
    """
    retention.check({kind: getattr(terms, kind) for kind in OF_ORGANIZATIONS})
    if terms.tally < LEAST_FOR_TALLY:
        text = f"{LEAST_FOR_TALLY} months at least"
        raise refusals.Malformed([FieldError(Kind.TALLY.value, "range", text)])
    untils = _untils(terms, retention.read(database), now)
    if not dry_run:
        text = ", ".join(f"{kind} {getattr(terms, kind)}m" for kind in (*OF_ORGANIZATIONS, "tally"))
        in_transaction(database, lambda c: record(c, Subject(resource=text)))
    for kind, until in untils.items():
        rows = _count_or_remove(database, kind, until, dry_run=dry_run)
        yield Purged(kind, rows, until.instant)
    if not dry_run:
        with_brief_locks(database.engine, partial(ensure_months, now=now))


#: The kinds for which an organization may set a term of its own.
OF_ORGANIZATIONS = (TermKind.JOURNAL, TermKind.EVENTS, TermKind.AUDIT, TermKind.QUARANTINE)


def _untils(terms: Terms, own: OwnTerms, now: datetime) -> dict[str, Until]:
    """Returns for each kind the instants before which its rows are removed."""
    window = max(terms.demand_window, LEAST_FOR_DEMANDS)
    return {
        Kind.REQUESTS.value: Until(now - REMEMBERED),
        Kind.DEMANDS.value: Until(now - window),
        Kind.JOBS.value: Until(now - JOBS_KEPT),
        Kind.FILES.value: Until(now - FILES_KEPT),
        Kind.TALLY.value: Until(months_before(now, terms.tally)),
        **{
            kind.value: retention.until(own, kind, now, getattr(terms, kind))
            for kind in reversed(OF_ORGANIZATIONS)
        },
    }


def _count_or_remove(database: Database, kind: str, until: Until, *, dry_run: bool) -> int:
    if kind in MONTHLY:
        return (by_month.count if dry_run else by_month.purge)(database, until, MONTHLY[kind])
    return (purge.count if dry_run else purge.purge)(database, Kind(kind), until)
