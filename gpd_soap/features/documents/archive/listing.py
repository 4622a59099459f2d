"""Lists the documents of the archive with their state, which follows from their positions."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.features.documents.archive.inputs import DocumentState, state_of
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.documents import archive
from gpd_soap.store.documents.archive import Document, DocumentQuery
from gpd_soap.store.positions import read as positions
from gpd_soap.usecases.document_refusals import DocumentNotFound


class Listed(NamedTuple):
    """A document with its state; `superseded_by` is the next one about the same notices."""

    document: Document
    state: DocumentState
    superseded_by: str | None


def page(
    database: Database, organization: str, query: DocumentQuery, request: PageRequest
) -> tuple[list[Listed], int]:
    """Return a page of documents, the newest first, and their number on all pages."""

    def work(connection: Transaction) -> tuple[list[Listed], int]:
        documents, total = archive.page(connection, organization, query, request)
        return _listed(connection, organization, documents), total

    return read_only(database, work)


def get(database: Database, organization: str, document_id: str) -> Listed:
    """Return a document with its state.  Raises DocumentNotFound if there is none."""

    def work(connection: Transaction) -> Listed:
        document = archive.get(connection, organization, document_id)
        if document is None:
            raise DocumentNotFound
        [listed] = _listed(connection, organization, [document])
        return listed

    return read_only(database, work)


def _listed(connection: Transaction, organization: str, documents: list[Document]) -> list[Listed]:
    iupds = [each.iupd for each in documents]
    stored = positions.read_all(connection, organization, iupds)
    rows = []
    for document in documents:
        state = state_of(document.navs, document.facts, stored.get(document.iupd))
        by = None
        if state is DocumentState.SUPERSEDED:
            later = archive.later(connection, document)
            same = (each.id for each in later if each.navs == document.navs)
            by = next(same, None)
        rows.append(Listed(document, state, by))
    return rows
