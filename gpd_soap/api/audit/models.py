"""The models of the bodies about the audit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gpd_soap.api.models import PageInfo, ResponseModel, RomeTime


class Change(ResponseModel):
    """A change that a key requested, done or refused."""

    organization: str
    requested_at: Annotated[RomeTime, Field(alias="at")]
    key_id: str
    key_name: str
    method: str
    path: str
    status: Annotated[int, Field(ge=100, le=599)]
    request_id: str


class Changes(ResponseModel):
    """A page of changes, the newest first."""

    changes: list[Change]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


MODELS = (Changes,)
