"""Models of paths and queries of jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.validation.queries.common import OrganizationPath, Paged, QueryModel

JobId = Annotated[str, Field(pattern=r"^job_[0-9a-f]{32}$", description="a job's id")]


class JobPath(OrganizationPath):
    """A path that names a job of an organization."""

    id: JobId


class AnyJobPath(QueryModel):
    """A path that names a job of any organization, or of the installation."""

    id: JobId


class JobSearch(Paged):
    """A query for a page of jobs."""

    state: Literal["waiting", "running", "done", "dead", "cancelled"] | None = Field(
        None, description="state of the jobs"
    )
    kind: Annotated[str, Field(pattern=r"^[a-z_.]{1,64}$")] | None = Field(
        None, description="a kind of job, such as events.purge"
    )
