"""The models of the bodies about jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import Count, PageInfo, ResponseModel, RomeTime
from gpd_soap.core.actor import ActorKind


class Job(ResponseModel):
    """A job: how far it is, when it is attempted next, and how it ended."""

    organization: str | None = None
    id: str
    kind: str
    state: Literal["waiting", "running", "done", "dead", "cancelled"]
    done: Count
    total: Count | None = None
    attempts: Count
    next_at: RomeTime | None = None
    is_cancelled: bool
    result: str
    last_error: str
    actor_kind: ActorKind
    actor: str
    created_at: RomeTime
    started_at: RomeTime | None = None
    ended_at: RomeTime | None = None


class Jobs(ResponseModel):
    """A page of jobs, the newest first."""

    jobs: list[Job]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


MODELS = (Jobs,)
