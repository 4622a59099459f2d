"""Makes the archive and its typesetter as the settings say, once for each process that prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gpd_soap.core.actor import Actor
from gpd_soap.features.documents.archive.archive import Archive
from gpd_soap.features.documents.archive.contents import contents_of
from gpd_soap.features.documents.archive.printing import ArchivedNotices, of_nobody
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.settings import Settings
from gpd_soap.store.database.database import Database


class Printer(NamedTuple):
    """What prints: the store, the typesetter with its fonts, and the archive.

    `origin` is the URL at which clients reach the admin face, without a path; empty if no setting
    says it.
    """

    database: Database
    typesetter: Typesetter
    archive: Archive
    origin: str = ""

    def notices(self, actor: Actor, has: Callable[[str], bool] = of_nobody) -> ArchivedNotices:
        """Return what prints notices for an actor; `has` says that it has a document already."""
        return ArchivedNotices(self.database, self.typesetter, self.archive, actor, has)


def open_printer(settings: Settings, database: Database) -> Printer:
    """Return what prints, with the fonts read.  Raises UnusableStorage for an unknown storage."""
    typesetter = Typesetter()
    archive = Archive(
        database,
        typesetter,
        contents_of(settings.documents, settings),
        read_back=settings.documents_read_back,
    )
    return Printer(database, typesetter, archive, settings.console_url)
