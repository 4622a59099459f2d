"""Prints notices through the archive, for one actor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gpd_soap.core.actor import Actor
from gpd_soap.features.documents.archive.archive import Archive, draft_of
from gpd_soap.features.documents.languages import Languages
from gpd_soap.features.documents.notice import Issuer, Paper, Reason, Refused
from gpd_soap.features.documents.release import Choice, Notices, Released
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Unavailable, read_only
from gpd_soap.store.positions import read as positions
from gpd_soap.store.positions.read import Stored

#: LIMIT: 8 times a position may change between its reading and the release; each is a person's or
#: the Node's work of milliseconds.
ATTEMPTS = 8


class PositionMoved(Exception):
    """A position has changed since its notice was decided, which is to be decided again."""


def of_nobody(_document: str) -> bool:
    """Return False: the caller has no document."""
    return False


class ArchivedNotices(Notices):
    """Notices whose documents are in the archive before anybody has them."""

    def __init__(
        self,
        database: Database,
        typesetter: Typesetter,
        archive: Archive,
        actor: Actor,
        has: Callable[[str], bool] = of_nobody,
    ) -> None:
        """Use `actor` as who prints; `has` says that the caller has a document, by its id."""
        super().__init__(database, typesetter)
        self._archive, self._actor, self._has = archive, actor, has

    def of_iupd(
        self, organization: str, iupd: str, now: datetime, languages: Languages | None = None
    ) -> Released | Refused:
        """Return the document of every way to pay a position; see `of_position`."""
        stored = read_only(self._database, lambda c: positions.find(c, organization, iupd))
        if stored is None or not stored.position.options:
            return Refused(Reason.UNKNOWN, None)
        nav = stored.position.options[0].nav
        return self.of_position(organization, nav, None, now, languages)

    def _document(
        self,
        organization: str,
        nav: str,
        chosen: Choice,
        issuer: Issuer | None,
        now: datetime,
        languages: Languages | None,
    ) -> Released | Refused:
        for _ in range(ATTEMPTS):
            try:
                return super()._document(organization, nav, chosen, issuer, now, languages)
            except PositionMoved:
                continue
        raise Unavailable

    def _release(self, paper: Paper, stored: Stored, now: datetime) -> Released:
        draft = draft_of(paper, stored)
        if self._has(draft.id):
            return Released(b"", paper, draft.id)
        archived = self._archive.release([draft], self._actor, now)[draft.id]
        if archived is None:
            raise PositionMoved
        return Released(archived.pdf, paper, draft.id)
