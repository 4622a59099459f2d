"""The document of a receipt, made where the libraries of documents are installed."""

from __future__ import annotations

from gpd_soap.console.parts import Parts
from gpd_soap.usecases.document_refusals import DocumentsNotInstalled


def receipt_paper(parts: Parts, organization: str, receipt: str) -> bytes | None:
    """Returns the document of a receipt, or None if none can be made."""
    try:
        printer = parts.open_printer(parts.store)
    except DocumentsNotInstalled:
        return None
    # WHY: the libraries of documents take 60 MiB, and most processes never print.
    from gpd_soap.features.documents.receipts import Receipts as Papers
    from gpd_soap.features.documents.receipts import ReleasedReceipt

    released = Papers(parts.store, printer.typesetter).of_receipt(organization, receipt)
    return released.pdf if isinstance(released, ReleasedReceipt) else None
