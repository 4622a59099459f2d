"""Makes the PDF of a stored receipt, and reads it back before it is released."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import NamedTuple

from gpd_soap.core.case_id import case_key
from gpd_soap.features.documents.reading import receipt_differences
from gpd_soap.features.documents.reasons import Reason, Refused
from gpd_soap.features.documents.receipt import PAID, ReceiptPaper, receipt_paper
from gpd_soap.features.documents.release import DocumentDiffers
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.soap import stored
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.positions import read as positions
from gpd_soap.store.receipts import history, worklist

logger = logging.getLogger(__name__)


class ReleasedReceipt(NamedTuple):
    """A receipt's document that was read back, and what it shows."""

    pdf: bytes
    paper: ReceiptPaper


class StoredReceipt(NamedTuple):
    """What the store knows of a receipt; `subject` is its notice's description, if it is ours."""

    raw: bytes | None
    digest: str
    received_at: datetime
    subject: str | None


class Receipts:
    """The use case: the document of one receipt, whatever its status."""

    def __init__(self, database: Database, typesetter: Typesetter) -> None:
        """Keep the store, and the typesetter with its fonts."""
        self._database, self._typesetter = database, typesetter

    def of_receipt(
        self, organization: str, reference: str, *, embed: bool = False
    ) -> ReleasedReceipt | Refused:
        """Return the document of a receipt by its id; `embed` puts its message inside.

        Raises DocumentDiffers if the finished document does not say what it should.
        """
        known = read_only(self._database, lambda c: _known(c, organization, reference))
        if known is None:
            return Refused(Reason.UNKNOWN_RECEIPT, None)
        # WHY: who erases by SQL may write NULL, or on SQLite a text.
        if not isinstance(known.raw, bytes):
            return Refused(Reason.ERASED, None)
        try:
            sent = stored.receipt(known.raw, known.digest)
            message = stored.document(known.raw, known.digest) if embed else None
        except ValueError:
            return Refused(Reason.ERASED, None)
        if sent.outcome != PAID:
            return Refused(Reason.NOT_PAID, sent.noticeNumber)
        paper = receipt_paper(sent, known.subject)
        return release_receipt(self._typesetter, paper, known.received_at, message)


def release_receipt(
    typesetter: Typesetter, paper: ReceiptPaper, made_at: datetime, message: bytes | None = None
) -> ReleasedReceipt:
    """Return the document of a receipt after it was read back.

    Raises DocumentDiffers if the finished document does not say what it should.
    """
    pdf = typesetter.receipt(paper, made_at, message)
    differing = receipt_differences(pdf, paper, message)
    if differing:
        failure = DocumentDiffers(differing)
        logger.error("a receipt was not released: %s", failure)
        raise failure
    return ReleasedReceipt(pdf, paper)


def _known(connection: Transaction, organization: str, reference: str) -> StoredReceipt | None:
    key = case_key(reference)
    if key is None or key.variant is None:
        return None
    case = worklist.read(connection, organization, key)
    row = history.document(connection, organization, key)
    if case is None or row is None:
        return None
    subject = _subject(connection, case.issuer, row.nav, organization)
    return StoredReceipt(row.raw, row.digest, case.received_at, subject)


def _subject(
    connection: Transaction, issuer: str | None, nav: str, organization: str
) -> str | None:
    """Return the description of the notice that a receipt names, if it is this organization's."""
    iupd = (
        positions.iupd_of(connection, organization, nav, "nav") if issuer == organization else None
    )
    position = None if iupd is None else positions.read(connection, organization, iupd)
    options = () if position is None else position.position.options
    return next((each.description for each in options if each.nav == nav), None)
