"""Prints one notice whose texts were sent, through the archive, and into a folder besides."""

from __future__ import annotations

from datetime import datetime

from gpd_soap.core.actor import Actor
from gpd_soap.features.documents.archive.archive import Archived, Ids
from gpd_soap.features.documents.archive.opening import Printer
from gpd_soap.features.documents.archive.printing import ATTEMPTS
from gpd_soap.features.documents.print_service import folders
from gpd_soap.features.documents.print_service.sent import draft_of_item
from gpd_soap.features.documents.reasons import Refused
from gpd_soap.store.configuration import printing
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.database.transaction import Transaction, Unavailable, read_only
from gpd_soap.store.documents.batches import Batch
from gpd_soap.store.positions import read as positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.validation.queries.print_service import NoticeItem


def generate(
    printer: Printer, item: NoticeItem, folder: Batch | None, actor: Actor, now: datetime
) -> Archived | Refused:
    """Return the released document of an item, which is put into the folder if there is one.

    Raises Unavailable if the position changes again and again meanwhile, and what
    `Archive.release` raises.
    """
    owner, navs = item.organization, [item.nav] if item.nav else []

    def read(connection: Transaction) -> tuple[dict[str, Stored], PrintSettings]:
        stored = positions.of_numbers(connection, owner, navs)
        return stored, printing.read(connection, owner)

    for _ in range(ATTEMPTS):
        stored, settings = read_only(printer.database, read)
        draft = draft_of_item(item, stored.get(item.nav or ""), settings, now)
        if isinstance(draft, Refused):
            return draft

        def put(connection: Transaction, released: Ids, made: str = draft.id) -> None:
            if folder is not None and made in released:
                folders.put(connection, folder, made, item)

        released = printer.archive.release([draft], actor, now, put)[draft.id]
        if released is not None:
            return released
    raise Unavailable


def name_of(item: NoticeItem) -> str:
    """Return the name that the platform gives to the document of an item."""
    return folders.item_name(item.organization, item.nav or folders.NO_NAV, item.template_id)
