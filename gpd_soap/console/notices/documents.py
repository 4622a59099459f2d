"""Documents as answers: a PDF, or a page that says why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response
from werkzeug.exceptions import NotFound

from gpd_soap.console.rendering import render
from gpd_soap.console.words import _

if TYPE_CHECKING:
    from gpd_soap.features.documents.reasons import Refused
    from gpd_soap.features.documents.receipts import ReleasedReceipt
    from gpd_soap.features.documents.release import Released

CONFLICT, NOT_INSTALLED = 409, 501
#: The names of the reasons of what the organization does not have.
UNKNOWN = ("UNKNOWN", "UNKNOWN_RECEIPT")


def document(printed: Released | ReleasedReceipt | Refused, name: str) -> Response:
    """Return a document, or why it is not printed.  Raises NotFound for what is not there."""
    pdf: bytes | None = getattr(printed, "pdf", None)
    if pdf is None:
        reason = getattr(printed, "reason", None)
        if getattr(reason, "name", "") in UNKNOWN:
            raise NotFound
        return no_document(str(reason))
    response = Response(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def no_document(reason: str | None) -> Response:
    """Return why something is not printed; None where the libraries are missing."""
    status = NOT_INSTALLED if reason is None else CONFLICT
    return render("notices/no_document.html", status, title=_("Non si può stampare"), reason=reason)
