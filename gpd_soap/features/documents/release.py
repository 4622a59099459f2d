"""Makes the notice of a stored option or position, and reads it back before it is released."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from gpd_soap.core.errors import OperatorError
from gpd_soap.core.position import NewPosition
from gpd_soap.features.documents.issuer import issuer_of, languages_of
from gpd_soap.features.documents.languages import Languages
from gpd_soap.features.documents.notice import (
    Issuer,
    Paper,
    Reason,
    Refused,
    Way,
    choose,
    choose_fine,
    paper_of,
    ways_of,
)
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.features.documents.reading import Difference, differences
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.store.configuration import printing
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.positions import read as positions

#: Chooses what is printed of a position.
Choice = Callable[[NewPosition, Sequence[Way]], tuple[Way, ...] | Refused]

logger = logging.getLogger(__name__)


class DocumentDiffers(OperatorError):
    """A finished document is not as it was meant, and is not released: a failure of ours."""

    hint = "report it: nothing was written, and the program must be corrected"

    def __init__(self, differing: Iterable[Difference]) -> None:
        """Keep what differs; the message names pages and parts, and no content."""
        self.differences = tuple(differing)
        parts = (f"page {page}: {item}" for page, item in self.differences)
        super().__init__(f"the finished document differs ({'; '.join(parts)})")


class Released(NamedTuple):
    """A finished document and what it shows; `document` is its id in the archive.

    `pdf` is empty if the caller has the document already.
    """

    pdf: bytes
    paper: Paper
    document: str | None = None


class Notices:
    """The use case: one document for one notice, for every way to pay, or for a traffic fine.

    `issuer` is what the organization prints about itself; None takes its stored settings, and so
    do `languages`.
    Each method raises DocumentDiffers if the finished document does not say what it should.
    """

    def __init__(self, database: Database, typesetter: Typesetter) -> None:
        """Keep the store, and the typesetter with its fonts."""
        self._database, self._typesetter = database, typesetter

    def of_notice(
        self,
        organization: str,
        nav: str,
        issuer: Issuer | None,
        now: datetime,
        languages: Languages | None = None,
    ) -> Released | Refused:
        """Return the document of one notice; an installment is printed without its plan."""
        chosen = partial(choose, nav=nav, now=now)
        return self._document(organization, nav, chosen, issuer, now, languages)

    def of_position(
        self,
        organization: str,
        nav: str,
        issuer: Issuer | None,
        now: datetime,
        languages: Languages | None = None,
    ) -> Released | Refused:
        """Return the document of every way to pay the position that has this notice."""
        chosen = partial(choose, nav=None, now=now)
        return self._document(organization, nav, chosen, issuer, now, languages)

    def of_fine(
        self,
        organization: str,
        nav: str,
        issuer: Issuer | None,
        now: datetime,
        languages: Languages | None = None,
    ) -> Released | Refused:
        """Return the document of a traffic fine: the position's two single payments."""
        chosen = partial(choose_fine, now=now)
        return self._document(organization, nav, chosen, issuer, now, languages)

    def only_organization(self) -> str | None:
        """Return the code of the organization that is served, or None unless it is one."""
        rows, total = read_only(
            self._database, lambda c: configuration.organizations(c, PageRequest(limit=1, page=0))
        )
        return rows[0].fiscal_code if total == 1 else None

    def _document(
        self,
        organization: str,
        nav: str,
        chosen: Choice,
        issuer: Issuer | None,
        now: datetime,
        languages: Languages | None,
    ) -> Released | Refused:
        def stored(connection: Transaction) -> tuple[positions.Stored | None, PrintSettings]:
            iupd = positions.iupd_of(connection, organization, nav, "nav")
            row = None if iupd is None else positions.read(connection, organization, iupd)
            return row, printing.read(connection, organization)

        row, settings = read_only(self._database, stored)
        if row is None:
            return Refused(Reason.UNKNOWN, nav)
        ways = ways_of(
            row.position.options,
            [progress.settled for progress in row.progress],
            [progress.notification_fee for progress in row.progress],
        )
        choice = chosen(row.position, ways)
        if isinstance(choice, Refused):
            return choice
        paper = paper_of(
            row.position,
            choice,
            issuer or issuer_of(settings),
            now,
            languages or languages_of(settings),
        )
        return self._release(paper, row, now)

    def _release(self, paper: Paper, stored: positions.Stored, _now: datetime) -> Released:
        return release(self._typesetter, paper, stored.updated_at)


def release(
    typesetter: Typesetter, paper: Paper, made_at: datetime, *, read_back: bool = True
) -> Released:
    """Return the document of a paper after it was read back, unless that is not wished.

    Raises DocumentDiffers if the finished document does not say what it should.
    """
    pdf = typesetter.notice(paper, made_at)
    meant = [page.portions for page in pages_of(paper)]
    differing = read_back and differences(pdf, meant, paper.languages.first)
    if differing:
        failure = DocumentDiffers(differing)
        logger.error("a notice was not released: %s", failure)
        raise failure
    return Released(pdf, paper)
