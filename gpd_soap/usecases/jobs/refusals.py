"""Every refusal of a use case about jobs."""

from __future__ import annotations

from gpd_soap.usecases.refusals import Refusal


class JobNotFound(Refusal):
    """There is no job with this id."""


class JobNotWaiting(Refusal):
    """The job runs, was done or was cancelled, and cannot be attempted now."""


class JobEnded(Refusal):
    """The job has ended, or is one of a schedule, and cannot be cancelled."""
