"""The models of the bodies about documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import PageInfo, ResponseModel, RomeTime
from gpd_soap.core.actor import ActorKind


class Document(ResponseModel):
    """A released document, without its bytes."""

    id: str
    state: Literal["current", "superseded", "withdrawn"]
    superseded_by: str | None = None
    iupd: str
    navs: list[str]
    digest: str
    size: int
    versions: dict[str, str]
    created_at: RomeTime
    actor_kind: ActorKind
    actor: str


class Documents(ResponseModel):
    """A page of documents, the newest first."""

    documents: list[Document]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


MODELS = (Document, Documents)
