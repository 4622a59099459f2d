"""Moves the bytes of documents into the storage that the settings name, one after another.

An end at any moment leaves each document whole in the storage that its row names.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from gpd_soap.features.documents.archive.contents import DATABASE, Contents
from gpd_soap.features.documents.archive.inputs import digest_of
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import in_transaction, read_only
from gpd_soap.store.documents import archive
from gpd_soap.store.documents.archive import ERASED, Document


class Moved(StrEnum):
    """What became of a document."""

    MOVED = "moved"
    THERE = "there already"
    ELSEWHERE = "in a storage that was not named"
    DAMAGED = "lost or changed, and left as it is"


class Mover:
    """Moves documents from the database, or from a named storage, into another."""

    def __init__(
        self, database: Database, source: Contents | None, target: Contents | None
    ) -> None:
        """Use None for the database; whatever is not in `source` is taken from the database."""
        self._database, self._source, self._target = database, source, target
        self._storage = DATABASE if target is None else target.storage

    def move(self, document: Document) -> Moved:
        """Move the bytes of one document; return what became of it.

        The bytes are in the new storage before the row names it, and leave the old one after that.
        Raises UnusableStorage or StorageUnavailable if a storage fails.
        """
        if document.storage in {self._storage, ERASED}:
            return Moved.THERE
        if document.storage not in {DATABASE, self._name_of_source()}:
            return Moved.ELSEWHERE
        owner, digest = document.organization, document.digest
        pdf = self._bytes(document)
        if pdf is None or digest_of(pdf) != digest:
            return Moved.DAMAGED
        if self._target is not None:
            self._target.put(owner, digest, pdf)
        content = pdf if self._target is None else None
        change = partial(archive.move, document=document, storage=self._storage, content=content)
        if not in_transaction(self._database, change):
            return Moved.THERE
        if document.storage != DATABASE and self._source is not None:
            # WHY: another document may have the same bytes, which it still needs there.
            needed = partial(archive.has_others_of_bytes, document=document)
            if not read_only(self._database, needed):
                self._source.remove(owner, digest)
        return Moved.MOVED

    def _name_of_source(self) -> str | None:
        return None if self._source is None else self._source.storage

    def _bytes(self, document: Document) -> bytes | None:
        if document.storage == DATABASE:
            read = partial(
                archive.content, organization=document.organization, document_id=document.id
            )
            return read_only(self._database, read)
        assert self._source is not None
        return self._source.get(document.organization, document.digest)
