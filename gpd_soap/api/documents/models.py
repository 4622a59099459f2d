"""The models of the bodies about documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import PageInfo, ResponseModel, RomeTime
from gpd_soap.core.actor import ActorKind
from gpd_soap.validation.queries.documents import NewBatch


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


class Batch(ResponseModel):
    """A request for many notices, and how far it is."""

    id: str
    job: str
    state: Literal["running", "done", "cancelled"]
    total: int
    released: int
    refused: int
    created_at: RomeTime
    ended_at: RomeTime | None = None
    actor_kind: ActorKind
    actor: str


class Batches(ResponseModel):
    """A page of batches, the newest first."""

    batches: list[Batch]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


class BatchLine(ResponseModel):
    """One notice of a batch: its document, or the reason for none; neither while it waits."""

    number: int
    nav: str
    document: str | None = None
    reason: str | None = None


class BatchLines(ResponseModel):
    """A page of the lines of a batch."""

    lines: list[BatchLine]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


MODELS = (Document, Documents, NewBatch, Batch, Batches, BatchLines)
