"""The models of the bodies of the platform's service that prints notices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import ResponseModel, RomeTime
from gpd_soap.validation.queries.print_service import NoticeItem, NoticeItems

State = Literal[
    "INSERTED", "PROCESSING", "COMPLETING", "FAILED", "PROCESSED", "PROCESSED_WITH_FAILURES"
]


class Folder(ResponseModel):
    """The folder of a request for many notices."""

    folder_id: Annotated[str, Field(alias="folder_id")]


class FolderStatus(ResponseModel):
    """How far a folder is."""

    status: State
    processed_notices: list[str]
    notices_in_error: list[str]


class FolderError(ResponseModel):
    """Why a notice of a folder was not printed."""

    error_id: str
    error_code: str
    error_description: str
    created_at: RomeTime
    compression_error: bool


class SignedUrl(ResponseModel):
    """A link that needs no key, for five minutes."""

    signed_url: str


class Template(ResponseModel):
    """A template, by which notices are printed."""

    template_id: str
    description: str
    template_example_url: str


MODELS = (NoticeItem, NoticeItems, Folder, FolderStatus, FolderError, SignedUrl, Template)
