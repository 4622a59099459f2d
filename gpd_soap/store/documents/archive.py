"""The released documents.  Rows are added and read; the place of their bytes alone may change.

No query reads the bytes of a document but `content`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, cast, func, insert, select, tuple_, update

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.database.upsert import insert_if_absent

DOCUMENT, NOTICE = tables.document.c, tables.document_notice.c


#: The storage of documents whose bytes are in their row.
IN_ROW = "database"
#: The storage of a document whose person was forgotten: its bytes are nowhere.
ERASED = "erased"
#: LIMIT: 100 documents of one position are looked at for the one that replaces another.
MOST_LATER = 100


class Document(NamedTuple):
    """A released document without its bytes.

    `id` is the SHA-256 of `input`, `digest` that of the bytes.  `facts` is the digest of what the
    document says about its position.  `codes` are the texts of each page's codes.
    """

    organization: str
    id: str
    iupd: str
    navs: list[str]
    input: str
    facts: str
    versions: dict[str, str]
    codes: list[list[list[str]]]
    digest: str
    size: int
    storage: str
    created_at: datetime
    actor_kind: str
    actor: str


COLUMNS = [DOCUMENT[name] for name in Document._fields]


class DocumentQuery(NamedTuple):
    """Filters on documents; None leaves one out."""

    nav: str | None = None
    iupd: str | None = None


def add(connection: Connection, document: Document, content: bytes | None) -> bool:
    """Add a document, with its bytes if the database keeps them.

    Returns False if one of the same input is there.
    """
    row = {**document._asdict(), "content": content}
    if not insert_if_absent(connection, tables.document, row):
        return False
    owner = {"organization": document.organization, "document": document.id}
    notices = [{**owner, "nav": nav} for nav in dict.fromkeys(document.navs)]
    connection.execute(insert(tables.document_notice), notices)
    return True


def move(connection: Connection, document: Document, storage: str, content: bytes | None) -> bool:
    """Note that the bytes of a document are in another storage; `content` if that is the row.

    Returns False if they were moved or erased meanwhile.
    """
    statement = update(tables.document).where(
        DOCUMENT.organization == document.organization,
        DOCUMENT.id == document.id,
        DOCUMENT.storage == document.storage,
    )
    return connection.execute(statement.values(storage=storage, content=content)).rowcount == 1


def has_others_of_bytes(connection: Connection, document: Document) -> bool:
    """Return whether another document has the same bytes in a storage beside the database."""
    statement = select(DOCUMENT.id).where(
        DOCUMENT.organization == document.organization,
        DOCUMENT.iupd == document.iupd,
        DOCUMENT.digest == document.digest,
        DOCUMENT.id != document.id,
        DOCUMENT.storage.not_in([IN_ROW, ERASED]),
    )
    return connection.execute(statement.limit(1)).first() is not None


def get(connection: Connection, organization: str, document_id: str) -> Document | None:
    """Return a document, or None."""
    return get_all(connection, organization, [document_id]).get(document_id)


def get_all(connection: Connection, organization: str, ids: Collection[str]) -> dict[str, Document]:
    """Return the documents with these ids, by id."""
    statement = select(*COLUMNS).where(DOCUMENT.organization == organization, DOCUMENT.id.in_(ids))
    return {row.id: Document._make(row) for row in connection.execute(statement)}


def content(connection: Connection, organization: str, document_id: str) -> bytes | None:
    """Return the bytes of a document that the database keeps, or None."""
    # WHY: who changes a row by SQL may write a text on SQLite, which a driver cannot read as bytes.
    stored_content = cast(DOCUMENT.content, LargeBinary)
    statement = select(stored_content).where(
        DOCUMENT.organization == organization, DOCUMENT.id == document_id
    )
    stored: bytes | None = connection.execute(statement).scalar()
    return stored


def page(
    connection: Connection, organization: str, query: DocumentQuery, request: PageRequest
) -> tuple[list[Document], int]:
    """Return a page of documents, the newest first, and their number on all pages."""
    statement = select(*COLUMNS).where(DOCUMENT.organization == organization)
    if query.iupd is not None:
        statement = statement.where(DOCUMENT.iupd == query.iupd)
    if query.nav is not None:
        ids = select(NOTICE.document).where(
            NOTICE.organization == organization, NOTICE.nav == query.nav
        )
        statement = statement.where(DOCUMENT.id.in_(ids))
    ordered = statement.order_by(DOCUMENT.created_at.desc(), DOCUMENT.id.desc())
    rows, total = fetch_page(connection, ordered, request)
    return [Document._make(row) for row in rows], total


def following(
    connection: Connection, organization: str, after: Document | None, limit: int
) -> list[Document]:
    """Return the documents that were added after one, or the first ones, the oldest first."""
    statement = select(*COLUMNS).where(DOCUMENT.organization == organization)
    key: Any = tuple_(DOCUMENT.created_at, DOCUMENT.id)
    if after is not None:
        statement = statement.where(key > (after.created_at, after.id))
    ordered = statement.order_by(DOCUMENT.created_at, DOCUMENT.id).limit(limit)
    return [Document._make(row) for row in connection.execute(ordered)]


def later(connection: Connection, document: Document) -> list[Document]:
    """Return the documents of the same position that were added after one, the oldest first."""
    statement = select(*COLUMNS).where(
        DOCUMENT.organization == document.organization,
        DOCUMENT.iupd == document.iupd,
        DOCUMENT.created_at >= document.created_at,
        DOCUMENT.id != document.id,
    )
    ordered = statement.order_by(DOCUMENT.created_at, DOCUMENT.id).limit(MOST_LATER)
    return [Document._make(row) for row in connection.execute(ordered)]


def count(connection: Connection, organization: str) -> int:
    """Return the number of documents of an organization."""
    statement = select(func.count()).select_from(tables.document)
    return connection.execute(statement.where(DOCUMENT.organization == organization)).scalar_one()


def organizations(connection: Connection) -> list[str]:
    """Return the codes of the registered organizations."""
    code = tables.organization.c.fiscal_code
    return list(connection.execute(select(code).order_by(code)).scalars())
