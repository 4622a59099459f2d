"""The problems of requests about jobs."""

from __future__ import annotations

from gpd_soap.api.problems import Problem

NO_JOB = Problem(404, "Not found the job", "No job has this id.")
JOB_NOT_WAITING = Problem(
    409, "The job is not waiting", "Only a job that is dead or waits can be attempted now."
)
JOB_ENDED = Problem(
    409, "The job has ended", "Only a job that has not ended, and is no schedule, can be cancelled."
)
