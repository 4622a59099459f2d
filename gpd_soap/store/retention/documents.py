"""Forgets the persons on documents: digests, numbers, sizes and instants stay as their proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, select, update

from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_file import overwrite_deleted
from gpd_soap.store.documents.archive import DOCUMENT, ERASED
from gpd_soap.store.documents.batches import LINE
from gpd_soap.store.retention.columns import BATCH_LINE
from gpd_soap.store.retention.columns import DOCUMENT as NEW_VALUES
from gpd_soap.store.rows import POSITION

#: LIMIT: 200 documents in one transaction, so that other writers of SQLite wait for moments only.
BATCH = 200


def forget(connection: Connection, organization: str, iupds: Sequence[str]) -> None:
    """Erase what the documents of these positions show."""
    _erase(connection, organization, DOCUMENT.iupd.in_(iupds))


def forget_sent(connection: Connection, organization: str, navs: Sequence[str]) -> None:
    """Erase what was sent to print these notices."""
    sent = update(tables.document_batch_line).where(
        LINE.organization == organization, LINE.nav.in_(navs), LINE.request.is_not(None)
    )
    connection.execute(sent.values(**BATCH_LINE))


def forget_deleted(connection: Connection, organization: str, until: datetime) -> int:
    """Erase some documents of before an instant whose position was deleted; return how many."""
    stands = exists().where(POSITION.organization == organization, POSITION.iupd == DOCUMENT.iupd)
    statement = select(DOCUMENT.id).where(
        DOCUMENT.organization == organization,
        DOCUMENT.created_at <= until,
        DOCUMENT.storage != ERASED,
        ~stands.correlate(tables.document),
    )
    ids = list(connection.execute(statement.limit(BATCH)).scalars())
    if ids:
        overwrite_deleted(connection)
        _erase(connection, organization, DOCUMENT.id.in_(ids))
    return len(ids)


def _erase(connection: Connection, organization: str, condition: ColumnElement[bool]) -> None:
    chosen = update(tables.document).where(DOCUMENT.organization == organization, condition)
    connection.execute(chosen.values(**NEW_VALUES))
