"""The models of the bodies about the audit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import PageInfo, ResponseModel, RomeTime


class Change(ResponseModel):
    """A change that a key requested, done or refused, or that a command made; or a reading."""

    organization: str
    requested_at: Annotated[RomeTime, Field(alias="at")]
    actor_kind: Literal["key", "command", "operator"]
    actor: str
    key_id: str | None = None
    key_name: str | None = None
    method: str | None = None
    path: str
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    request_id: str | None = None
    nav: str | None = None
    iupd: str | None = None
    receipt_id: str | None = None
    resource: str | None = None


class Changes(ResponseModel):
    """A page of changes, the newest first."""

    changes: list[Change]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


MODELS = (Changes,)
