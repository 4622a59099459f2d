"""The models of the bodies about keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import PageInfo, ResponseModel, RomeTime
from gpd_soap.validation.queries.keys import NewKey


class Key(ResponseModel):
    """A key, without the secret itself."""

    id: str
    name: str
    role: Literal["reader", "writer", "admin"]
    organizations: list[str]
    created_at: RomeTime
    revoked_at: RomeTime | None = None
    expires_at: RomeTime | None = None
    last_used_at: RomeTime | None = None


class MadeKey(Key):
    """A new key, with the secret, which is shown this once."""

    key: str


class Keys(ResponseModel):
    """A page of keys, the oldest first."""

    keys: list[Key]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


MODELS = (NewKey, MadeKey, Keys)
