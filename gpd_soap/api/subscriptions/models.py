"""The models of the bodies about subscriptions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import Count, PageInfo, ResponseModel, RomeTime
from gpd_soap.validation.queries.subscriptions import Replay, SubscriptionFields


class Subscription(ResponseModel):
    """A subscription: what was requested, how far its receiver is, and what has failed."""

    id: str
    url: str
    types: list[str]
    format: Literal["cloudevents", "pu", "govpay2"]
    lanes: int
    with_receipt: bool
    certificate: str
    authority: str
    state: Literal["active", "paused", "suspended"]
    cursor: str
    generation: int
    rotated_at: RomeTime | None = None
    failing_since: RomeTime | None = None
    attempts: Count
    next_at: RomeTime | None = None
    last_status: int | None = None
    last_error: str
    created_at: RomeTime
    created_by: str


class SubscriptionWithSecret(Subscription):
    """A subscription with its secret, which is shown this once."""

    secret: str


class Subscriptions(ResponseModel):
    """A page of subscriptions, the oldest first."""

    subscriptions: list[Subscription]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


class ParkedEvent(ResponseModel):
    """An event that was set aside, and when it is tried again."""

    sequence: int
    subject: str
    state: Literal["retry", "waiting", "dead"]
    replay: bool
    attempts: Count
    next_at: RomeTime | None = None
    last_status: int | None = None
    last_error: str


class ParkedEvents(ResponseModel):
    """A page of parked events, in their order."""

    parked: list[ParkedEvent]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


class Replayed(ResponseModel):
    """How many events are sent again."""

    events: Count


MODELS = (
    SubscriptionFields, Replay, SubscriptionWithSecret, Subscriptions, ParkedEvents, Replayed,
)  # fmt: skip
