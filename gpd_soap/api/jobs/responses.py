"""A job in an answer, and on the command line."""

from __future__ import annotations

from gpd_soap.api.responses import Body, camel_case, rome_text
from gpd_soap.store.jobs.read import StoredJob

INSTANTS = ("next_at", "created_at", "started_at", "ended_at")


def job(stored: StoredJob) -> Body:
    """Returns the body of a job; one of the installation has no organization."""
    fields = stored._asdict()
    instants = {name: rome_text(fields[name]) for name in INSTANTS}
    return camel_case(**{**fields, **instants, "organization": stored.organization or None})
