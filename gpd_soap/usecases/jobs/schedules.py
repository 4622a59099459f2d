"""The work that is repeated for the whole installation."""

from __future__ import annotations

import random
from datetime import timedelta

from gpd_soap.store import purge, tables
from gpd_soap.store.access.idempotency import REMEMBERED
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.database.until import Until
from gpd_soap.store.documents import batches
from gpd_soap.store.jobs import read
from gpd_soap.store.journal import purge as monthly
from gpd_soap.store.people import attempts, sessions
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.usecases import expiry
from gpd_soap.usecases.jobs.job import Job, Kind
from gpd_soap.usecases.people.delays import FORGOTTEN
from gpd_soap.usecases.people.session_rules import LONGEST
from gpd_soap.usecases.purge import FILES_KEPT, JOBS_KEPT
from gpd_soap.usecases.retention import terms as retention

#: LIMIT: each minute, notices that have expired get their event.
EXPIRY_EVERY = timedelta(minutes=1)
#: LIMIT: each hour, what is of no use any more is removed; each day, events beyond their term.
CLEAN_EVERY, PURGE_EVERY = timedelta(hours=1), timedelta(days=1)
#: LIMIT: 7 days in which a batch whose job is dead can go on with what was sent for its notices.
SENT_KEPT = timedelta(days=7)
LEFT_TO_OWNER = "left to `gpd-soap purge` of the owner of the tables"


def schedules() -> list[Kind]:
    """Returns the kinds."""
    return [
        Kind("notices.expire", expire, every=EXPIRY_EVERY),
        Kind("store.clean", clean, every=CLEAN_EVERY),
        Kind("events.purge", purge_events, every=PURGE_EVERY),
    ]


def expire(job: Job) -> str:
    """Writes the event of each notice that has expired, organization by organization."""
    written, organizations = 0, read_only(job.database, read.organizations)
    # WHY: an organization whose look fails ends the attempt, and must not be the first each time.
    random.shuffle(organizations)
    for organization in organizations:
        job.check()
        written += expiry.look(job.database, organization, job.clock())
    return f"{written} notices"


def clean(job: Job) -> str:
    """Removes old answers, ended sessions, failed sign-ins and jobs, and files of ended loads.

    What was sent to print notices is erased after `SENT_KEPT`.
    """
    now = job.clock()
    requests = purge.purge(job.database, purge.Kind.REQUESTS, Until(now - REMEMBERED))
    job.check()
    jobs = purge.purge(job.database, purge.Kind.JOBS, Until(now - JOBS_KEPT))
    job.check()
    files = purge.purge(job.database, purge.Kind.FILES, Until(now - FILES_KEPT))
    job.check()

    organizations = read_only(job.database, read.organizations)

    def forget(connection: Transaction) -> None:
        sessions.end_older(connection, now - LONGEST)
        attempts.forget_older(connection, now - FORGOTTEN)
        for organization in organizations:
            batches.forget_older(connection, organization, now - SENT_KEPT)

    in_transaction(job.database, forget)
    return f"{requests} answers, {jobs} jobs, {files} pieces of files"


def purge_events(job: Job) -> str:
    """Removes the events beyond the term of their organization, where this user may."""
    if not monthly.may_purge(job.database, tables.event):
        return LEFT_TO_OWNER
    own = retention.read(job.database)
    until = retention.until(own, TermKind.EVENTS, job.clock())
    return f"{monthly.purge(job.database, until, tables.event)} events"
