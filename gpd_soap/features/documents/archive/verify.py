"""Proves that the archive has what was released: digests, sizes and the codes on each page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import pypdfium2

from gpd_soap.features.documents.archive import inputs
from gpd_soap.features.documents.archive.archive import Archive
from gpd_soap.features.documents.reading import read_pages
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.documents import archive as stored
from gpd_soap.store.documents.archive import Document

#: LIMIT: rows of documents in memory; their bytes are read one after another.
CHUNK = 500


class Damage(StrEnum):
    """What of a document is not as it was released."""

    INPUT = "the input does not have the digest of its name"
    LOST = "the bytes are lost"
    BYTES = "the bytes do not have their digest"
    CODES = "the codes on the pages are not those that were released"


class Damaged(NamedTuple):
    """A document that is not as it was released."""

    document: Document
    damages: tuple[Damage, ...]


def documents(database: Database, organization: str) -> Iterator[Document]:
    """Yield every document of an organization, the oldest first."""
    last: Document | None = None
    while chunk := read_only(
        database, partial(stored.following, organization=organization, after=last, limit=CHUNK)
    ):
        yield from chunk
        last = chunk[-1]


def verify(
    database: Database,
    archive: Archive,
    organization: str,
    *,
    codes: bool = True,
    progress: Callable[[], object] = lambda: None,
) -> Iterator[Damaged]:
    """Yield each document of an organization that is not as it was released.

    With `codes` every page is rendered and its codes are read.  `progress` is called after each
    document.
    """
    for document in documents(database, organization):
        # WHY: a document whose person was forgotten has nothing left to prove.
        forgotten = document.storage == stored.ERASED
        damages = () if forgotten else tuple(_damages(archive, document, codes=codes))
        progress()
        if damages:
            yield Damaged(document, damages)


def _damages(archive: Archive, document: Document, *, codes: bool) -> Iterator[Damage]:
    if inputs.digest_of(document.input) != document.id:
        yield Damage.INPUT
    pdf = archive.stored_bytes(document)
    if pdf is None:
        yield Damage.LOST
        return
    if inputs.digest_of(pdf) != document.digest or len(pdf) != document.size:
        yield Damage.BYTES
    if codes and _codes(pdf) != document.codes:
        yield Damage.CODES


def _codes(pdf: bytes) -> list[list[list[str]]] | None:
    """Return the codes of each page in the order of their kinds and texts; None for no PDF."""
    try:
        pages = read_pages(pdf)
    except pypdfium2.PdfiumError:
        return None
    return [sorted([kind, text] for kind, text in page.codes) for page in pages]
