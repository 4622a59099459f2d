"""Models of paths and queries of documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.store.documents.archive import DocumentQuery
from gpd_soap.validation.fields import Text255
from gpd_soap.validation.queries.common import OrganizationPath, Paged, QueryModel

Nav = Annotated[str, Field(pattern=r"^[0-9]{18}$")]


class NoticePath(OrganizationPath):
    """A path that names a notice by its number."""

    nav: Nav


class PositionDocumentPath(OrganizationPath):
    """A path that names a position."""

    iupd: Text255


class DocumentPath(OrganizationPath):
    """A path that names a document of the archive."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Printed(QueryModel):
    """How a notice is printed."""

    lang: Literal["it"] = "it"


class DocumentsOf(Paged):
    """Which documents to list."""

    nav: Nav | None = None
    iupd: Text255 | None = None

    def document_query(self) -> DocumentQuery:
        """Return the filters as the store reads them."""
        return DocumentQuery(self.nav, self.iupd)
