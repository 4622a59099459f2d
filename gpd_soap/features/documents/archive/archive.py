"""Releases documents into the archive: one input has one row and the same bytes for ever."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import NamedTuple

from gpd_soap.core.actor import Actor
from gpd_soap.core.errors import OperatorError
from gpd_soap.core.event import Event, EventType
from gpd_soap.features.documents.archive import inputs
from gpd_soap.features.documents.archive.contents import DATABASE, Contents, UnusableStorage
from gpd_soap.features.documents.notice import Paper
from gpd_soap.features.documents.release import release
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.documents import archive
from gpd_soap.store.documents.archive import ERASED, Document
from gpd_soap.store.events import write as events
from gpd_soap.store.positions import read as positions
from gpd_soap.store.positions.read import Stored

logger = logging.getLogger(__name__)


#: Ids of documents.
Ids = AbstractSet[str]


class DocumentDamaged(OperatorError):
    """The archive no longer has the bytes that were released."""

    hint = "run gpd-soap documents verify, and restore the document from a backup"


class Draft(NamedTuple):
    """A document to be released: what is printed, and the position as it was read."""

    paper: Paper
    stored: Stored
    input: str
    id: str
    facts: str

    @property
    def navs(self) -> list[str]:
        """The notices of the document, in the order of its pages."""
        return [portion.qr.nav for portion in self.paper.portions]


class Archived(NamedTuple):
    """A document of the archive, and its bytes."""

    document: Document
    pdf: bytes


def draft_of(paper: Paper, stored: Stored) -> Draft:
    """Return what is to be released for a paper that was made from a stored position."""
    facts = inputs.facts_of(stored, [portion.qr.nav for portion in paper.portions])
    assert facts is not None
    text = inputs.input_of(paper, facts)
    return Draft(paper, stored, text, inputs.digest_of(text), facts)


class Archive:
    """The archive of one database.  Threads may share it."""

    def __init__(
        self,
        database: Database,
        typesetter: Typesetter,
        contents: Contents | None = None,
        *,
        read_back: bool = True,
    ) -> None:
        """Keep new bytes in `contents`, without it in the database.

        Unless `read_back`, a finished document is not compared with what was meant.
        """
        self._database, self._typesetter = database, typesetter
        self.contents, self._read_back = contents, read_back

    def release(
        self,
        drafts: Sequence[Draft],
        actor: Actor,
        now: datetime,
        and_then: Callable[[Transaction, Ids], object] = lambda *_: None,
    ) -> dict[str, Archived | None]:
        """Release the documents of one organization in one transaction; return them by id.

        A document of the same input is taken from the archive.  The answer is None for a position
        that has changed since it was read: its draft is to be made again.  Each release is an
        event of its notice.  `and_then` is called with the ids of what is released, as the last
        work of the transaction.
        Raises DocumentDiffers if a finished document is not as it was meant.  Raises
        DocumentDamaged if the archive has lost one, UnusableStorage if the bytes cannot be kept.
        """
        known = self._known(drafts)
        made = {
            each.id: release(
                self._typesetter, each.paper, each.stored.updated_at, read_back=self._read_back
            ).pdf
            for each in drafts
            if each.id not in known
        }
        if self.contents is not None:
            for draft in drafts:
                if draft.id in made:
                    pdf = made[draft.id]
                    self.contents.put(_organization(draft), inputs.digest_of(pdf), pdf)

        def work(connection: Transaction) -> dict[str, Document | None]:
            kept = self._keep(connection, drafts, known, made, actor, now)
            and_then(connection, {name for name, each in kept.items() if each is not None})
            return kept

        kept = in_transaction(self._database, work)
        return {
            name: document and Archived(document, self._bytes(document, made.get(name)))
            for name, document in kept.items()
        }

    def read(self, organization: str, document_id: str) -> Archived | None:
        """Return a document of the archive, or None if there is none or its person was forgotten.

        Raises DocumentDamaged if its bytes are lost or changed.
        """
        document = read_only(self._database, lambda c: archive.get(c, organization, document_id))
        if document is None or document.storage == ERASED:
            return None
        return Archived(document, self._bytes(document, None))

    def stored_bytes(self, document: Document) -> bytes | None:
        """Return what the archive has for a document, unchecked; None if that is nothing."""
        if document.storage == DATABASE:
            owner = document.organization
            return read_only(self._database, lambda c: archive.content(c, owner, document.id))
        if self.contents is None or self.contents.storage != document.storage:
            raise UnusableStorage(f"documents are in a {document.storage} that no setting names")
        return self.contents.get(document.organization, document.digest)

    def remove_forgotten(self, document: Document) -> bool:
        """Remove what lies beside the database of a document whose person was forgotten.

        Return whether there was anything.
        """
        if self.contents is None or document.storage != ERASED:
            return False
        # WHY: a later document may have the same bytes, and its person is not forgotten.
        needed = partial(archive.has_others_of_bytes, document=document)
        if read_only(self._database, needed):
            return False
        return self.contents.remove(document.organization, document.digest)

    def _known(self, drafts: Sequence[Draft]) -> dict[str, Document]:
        if not drafts:
            return {}
        owner, ids = _organization(drafts[0]), [each.id for each in drafts]
        return read_only(self._database, lambda c: archive.get_all(c, owner, ids))

    def _keep(
        self,
        connection: Transaction,
        drafts: Sequence[Draft],
        known: dict[str, Document],
        made: dict[str, bytes],
        actor: Actor,
        now: datetime,
    ) -> dict[str, Document | None]:
        """Add the documents that are new, and write the events, with the positions locked."""
        if not drafts:
            return {}
        owner = _organization(drafts[0])
        iupds = [draft.stored.position.iupd for draft in drafts]
        locked = positions.read_all(connection, owner, iupds, lock=True)
        kept: dict[str, Document | None] = {}
        printed = []
        for draft in drafts:
            present = locked.get(draft.stored.position.iupd)
            if present is None or present.etag != draft.stored.etag:
                kept[draft.id] = None
                continue
            document, first = known.get(draft.id), False
            if document is None:
                document = self._document(draft, made[draft.id], actor, now)
                content = made[draft.id] if self.contents is None else None
                first = archive.add(connection, document, content)
                if not first:
                    # WHY: another process has released the same input; its bytes are the document.
                    document = archive.get(connection, owner, draft.id)
            assert document is not None
            kept[draft.id] = document
            printed.append(_printed(document, present, actor, first=first))
        events.write(connection, printed)
        return kept

    def _document(self, draft: Draft, pdf: bytes, actor: Actor, now: datetime) -> Document:
        return Document(
            organization=_organization(draft),
            id=draft.id,
            iupd=draft.stored.position.iupd,
            navs=draft.navs,
            input=draft.input,
            facts=draft.facts,
            versions=inputs.library_versions(),
            codes=inputs.codes_of(draft.paper),
            digest=inputs.digest_of(pdf),
            size=len(pdf),
            storage=DATABASE if self.contents is None else self.contents.storage,
            created_at=now,
            actor_kind=str(actor.kind),
            actor=actor.id,
        )

    def _bytes(self, document: Document, made: bytes | None) -> bytes:
        """Return the bytes of a document.  Raises DocumentDamaged unless they have its digest."""
        if made is not None and inputs.digest_of(made) == document.digest:
            return made
        stored = self.stored_bytes(document)
        if stored is None or inputs.digest_of(stored) != document.digest:
            logger.error("a document of the archive is lost or changed: %s", document.id)
            raise DocumentDamaged(f"the bytes of document {document.id} are lost or changed")
        return stored


def _organization(draft: Draft) -> str:
    return draft.stored.position.organization


def _printed(document: Document, stored: Stored, actor: Actor, *, first: bool) -> Event:
    """Return the event of a released document."""
    pairs = zip(stored.position.options, stored.progress, strict=True)
    revisions = {option.nav: progress.revision for option, progress in pairs}
    [nav, *more] = document.navs
    return Event(
        organization=document.organization,
        type=EventType.NOTICE_PRINTED,
        subject=document.iupd,
        actor=actor,
        data={
            "document": document.id,
            "digest": document.digest,
            "navs": document.navs[:20],
            "size": document.size,
            "first": first,
        },
        nav=None if more else nav,
        revision=max(revisions.values()) if more else revisions[nav],
    )
