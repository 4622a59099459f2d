"""The work that is done again and again for the whole installation."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from gpd_soap.store import purge, tables
from gpd_soap.store.access.idempotency import REMEMBERED
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.jobs import read
from gpd_soap.store.journal import purge as monthly
from gpd_soap.store.people import attempts, sessions
from gpd_soap.usecases import expiry
from gpd_soap.usecases.jobs.job import Job, Kind
from gpd_soap.usecases.people.delays import FORGOTTEN
from gpd_soap.usecases.people.session_rules import LONGEST

#: LIMIT: each minute, notices that have expired get their event.
EXPIRY_EVERY = timedelta(minutes=1)
#: LIMIT: each hour, what is of no use any more is removed; each day, events beyond their term.
CLEAN_EVERY, PURGE_EVERY = timedelta(hours=1), timedelta(days=1)
#: LIMIT: 30 days for jobs that were done or cancelled.
JOBS_KEPT = timedelta(days=30)
LEFT_TO_OWNER = "left to `gpd-soap purge` of the owner of the tables"


def schedules(events: timedelta) -> list[Kind]:
    """Returns the kinds; `events` is how long events are kept."""
    return [
        Kind("notices.expire", expire, every=EXPIRY_EVERY),
        Kind("store.clean", clean, every=CLEAN_EVERY),
        Kind("events.purge", partial(purge_events, events=events), every=PURGE_EVERY),
    ]


def expire(job: Job) -> str:
    """Writes the event of each notice that has expired, organization by organization."""
    written = 0
    for organization in read_only(job.database, read.organizations):
        job.check()
        written += expiry.look(job.database, organization, job.clock())
    return f"{written} notices"


def clean(job: Job) -> str:
    """Removes remembered answers, sessions and failed sign-ins that ended, and ended jobs."""
    now = job.clock()
    requests = purge.purge(job.database, purge.Kind.REQUESTS, now - REMEMBERED)
    job.check()
    jobs = purge.purge(job.database, purge.Kind.JOBS, now - JOBS_KEPT)
    job.check()

    def forget(connection: Transaction) -> None:
        sessions.end_older(connection, now - LONGEST)
        attempts.forget_older(connection, now - FORGOTTEN)

    in_transaction(job.database, forget)
    return f"{requests} answers, {jobs} jobs"


def purge_events(job: Job, events: timedelta) -> str:
    """Removes the events that have been kept for their term, where this user may."""
    if not monthly.may_purge(job.database, tables.event):
        return LEFT_TO_OWNER
    return f"{monthly.purge(job.database, job.clock() - events, tables.event)} events"
