"""The models of the bodies about the history of a position."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gpd_soap.api.models import PageInfo, ResponseModel, RomeTime
from gpd_soap.core.actor import ActorKind
from gpd_soap.core.event import EventType


class PositionEvent(ResponseModel):
    """What happened to a position or one of its notices, without personal data."""

    id: str
    written_at: Annotated[RomeTime, Field(alias="at")]
    kind: Annotated[EventType, Field(alias="type")]
    nav: str | None = None
    receipt_id: str | None = None
    revision: int | None = None
    actor_kind: ActorKind
    actor: str
    data: dict[str, Any]


class History(ResponseModel):
    """A page of the events of a position, the oldest first."""

    events: list[PositionEvent]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


MODELS = (History,)
