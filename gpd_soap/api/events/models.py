"""The models of the bodies about the feed of events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gpd_soap.api.models import Count, ResponseModel
from gpd_soap.core.event import EventType


class FeedEvent(ResponseModel):
    """An event in its envelope (CloudEvents 1.0), without personal data."""

    specversion: Literal["1.0"]
    id: str
    source: str
    kind: Annotated[EventType, Field(alias="type")]
    time: str
    subject: str
    datacontenttype: Literal["application/json"]
    sequence: Annotated[str, Field(pattern="^[0-9]{20}$")]
    partitionkey: str
    data: dict[str, Any]


class FeedEvents(ResponseModel):
    """A page of a feed: events in their order, and the cursor of the page after them."""

    items: list[FeedEvent]
    limit: Count
    next_cursor: Annotated[str, Field(alias="next_cursor")]


class Feed(ResponseModel):
    """The number of the last event of an organization, which is its newest cursor."""

    organization: str
    last: str


class Feeds(ResponseModel):
    """A page of feeds in the order of their organizations; without next_cursor it is the last."""

    items: list[Feed]
    limit: Count
    next_cursor: Annotated[str | None, Field(alias="next_cursor")] = None


class WebhookKey(ResponseModel):
    """A public key that verifies the signatures of version v1a (Standard Webhooks 1.0.0)."""

    algorithm: Literal["ed25519"]
    key: Annotated[str, Field(pattern="^whpk_[A-Za-z0-9+/]{43}=$")]


class WebhookKeys(ResponseModel):
    """The public keys of the installation; none if it signs with secrets alone."""

    keys: list[WebhookKey]


MODELS = (FeedEvents, Feeds, WebhookKeys)
