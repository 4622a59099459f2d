"""The operations on documents, with their paths."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import Response, jsonify, request
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.audit.trail import set_subjects
from gpd_soap.api.auth import actor
from gpd_soap.api.documents import batches, govpay, models
from gpd_soap.api.documents.printers import OpenPrinter, Printers
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import TEXT, Responses, Schema, answer, document, refusals
from gpd_soap.api.print_service import group as print_service
from gpd_soap.api.responses import Body, camel_case, listed, rome_text
from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.store import Store
from gpd_soap.usecases.document_refusals import DocumentNotFound, NotPrintable
from gpd_soap.usecases.refusals import CaseNotFound, Malformed, NoticeNotFound, Refusal
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath
from gpd_soap.validation.queries.documents import (
    DocumentPath,
    DocumentsOf,
    NoticePath,
    PositionDocumentPath,
    Printed,
    PrintedReceipt,
    PrintedReceiptPath,
)

if TYPE_CHECKING:
    from gpd_soap.features.documents.archive.listing import Listed
    from gpd_soap.features.documents.archive.printing import ArchivedNotices
    from gpd_soap.features.documents.languages import Languages
    from gpd_soap.features.documents.reasons import Refused
    from gpd_soap.features.documents.release import Released

NOTICE, POSITION, STORED = "getNoticePdf", "getPositionPdf", "getDocumentPdf"
RECEIPT = "getReceiptPdf"
PDF = "application/pdf"
#: Names the fields that are not printed as they are stored, and never their texts.
CHANGED = "Gpd-Changed-Fields"


def groups(store: Store, clock: Clock, open_printer: OpenPrinter) -> list[Group]:
    """Returns the operations on documents, and those of the platform's print service."""
    printer = Printers(store, open_printer)
    operations = Operations(store, clock, printer)
    on_batches = batches.Batches(store, clock, printer)

    def declare(api: APIBlueprint) -> None:
        _declare(api, operations)
        batches.declare(api, on_batches)

    own = Group(
        "documents",
        "Documents: notices as PDF, and the archive of those that were released.",
        declare,
        models.MODELS,
        persons=frozenset(
            [NOTICE, POSITION, STORED, RECEIPT, batches.ZIP, govpay.NOTICE, govpay.DOCUMENT]
        ),
    )
    return [own, *print_service.groups(store, clock, printer)]


class Operations:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, clock: Clock, printer: Printers) -> None:
        """Use these collaborators; `printer` returns what prints."""
        self._store, self._clock, self._printer = store, clock, printer

    def notice(self, path: NoticePath, query: Printed) -> Response:
        """Print a notice as PDF, with its codes; an installment without its plan.

        The document is in the archive before it is answered: the same notice gives the same bytes.
        Its ETag is its id in the archive.
        """
        answered = self._notices().of_notice(
            path.organizationfiscalcode, path.nav, None, self._clock(), _languages(query)
        )
        return _answer(answered, f"avviso-{path.nav}.pdf")

    def position(self, path: PositionDocumentPath, query: Printed) -> Response:
        """Print every way to pay a position as one PDF: the single payment and the installments.

        What is paid is left out.
        """
        answered = self._notices().of_iupd(
            path.organizationfiscalcode, path.iupd, self._clock(), _languages(query)
        )
        return _answer(answered, "avvisi.pdf")

    def receipt(self, path: PrintedReceiptPath, query: PrintedReceipt) -> Response:
        """Print a stored receipt as PDF, for the debtor and the payer.

        With `embed`, the message that the Node sent is inside (PDF/A-3a).  The same receipt gives
        the same bytes; none is kept, because the receipt is.
        """
        printer = self._printer()
        from gpd_soap.features.documents.reasons import Refused
        from gpd_soap.features.documents.receipts import Receipts

        answered = Receipts(self._store, printer.typesetter).of_receipt(
            path.organizationfiscalcode, path.id, embed=query.embed
        )
        if isinstance(answered, Refused):
            raise _refusal(answered)
        set_subjects(Subject(receipt_id=path.id))
        return _pdf(answered.pdf, hashlib.sha256(answered.pdf).hexdigest(), "ricevuta.pdf")

    def page(self, path: OrganizationPath, query: DocumentsOf) -> Response:
        """List the released documents of an organization, the newest first."""
        self._printer()
        from gpd_soap.features.documents.archive import listing

        rows, total = listing.page(
            self._store, path.organizationfiscalcode, query.document_query(), query.slice()
        )
        return jsonify(listed("documents", [_document(each) for each in rows], total, query))

    def read(self, path: DocumentPath, query: NoQuery) -> Response:
        """Read what is known of a released document."""
        self._printer()
        from gpd_soap.features.documents.archive import listing

        return jsonify(_document(listing.get(self._store, path.organizationfiscalcode, path.id)))

    def stored(self, path: DocumentPath, query: NoQuery) -> Response:
        """Download a document as it was released, also one that is superseded or withdrawn."""
        archived = self._printer().archive.read(path.organizationfiscalcode, path.id)
        if archived is None:
            raise DocumentNotFound
        set_subjects(Subject(iupd=archived.document.iupd, resource=path.id))
        return _pdf(archived.pdf, path.id, "documento.pdf")

    def _notices(self) -> ArchivedNotices:
        """Returns what prints for the key of the request."""
        return self._printer().notices(actor(), _has)


def _declare(api: APIBlueprint, on: Operations) -> None:
    """Declares every operation on documents."""
    unchanged: Responses = {304: {"description": "The caller has this document."}}
    one: Responses = {200: _page("The document."), **unchanged}
    add(
        api.get, f"{ORGANIZATION}/notices/<nav>.pdf", on.notice, NOTICE, None,
        {**one, **refusals(404, 409, 501)},
    )  # fmt: skip
    add(
        api.get, f"{ORGANIZATION}/debtpositions/<iupd>/notices.pdf", on.position, POSITION, None,
        {**one, **refusals(404, 409, 501)},
    )  # fmt: skip
    add(
        api.get, f"{ORGANIZATION}/receipts/<id>.pdf", on.receipt, RECEIPT, None,
        {**one, **refusals(404, 409, 501)},
    )  # fmt: skip
    path = f"{ORGANIZATION}/documents"
    add(
        api.get, path, on.page, "listDocuments", None,
        {200: answer(models.Documents, "A page of documents."), **refusals(501)},
    )  # fmt: skip
    add(
        api.get, f"{path}/<id>", on.read, "getDocument", None,
        {200: answer(models.Document, "The document."), **refusals(404, 501)},
    )  # fmt: skip
    add(
        api.get, f"{path}/<id>/pdf", on.stored, STORED, None, {**one, **refusals(404, 501)}
    )  # fmt: skip
    govpay.declare(api, govpay.GovPay(on), one)


def _page(description: str) -> Schema:
    """Returns an answer that is a PDF."""
    headers = {
        "ETag": {"description": "Id of the document, for If-None-Match.", "schema": TEXT},
        CHANGED: {"description": "Fields that paper does not show as stored.", "schema": TEXT},
    }
    return {**document(PDF, description), "headers": headers}


def _answer(answered: Released | Refused, name: str) -> Response:
    """Returns the document that was released.

    Raises NoticeNotFound or NotPrintable if it was refused.
    """
    from gpd_soap.features.documents.reasons import Refused

    if isinstance(answered, Refused):
        raise _refusal(answered)
    response = _pdf(answered.pdf, answered.document or "", name)
    fields = dict.fromkeys(change.field for change in answered.paper.changes)
    if fields:
        response.headers[CHANGED] = ", ".join(fields)
    return response


def _refusal(refused: Refused) -> Refusal:
    """Returns the refusal of a document that is not printed."""
    from gpd_soap.features.documents.reasons import Reason

    unknown = {Reason.UNKNOWN: NoticeNotFound, Reason.UNKNOWN_RECEIPT: CaseNotFound}
    kind = unknown.get(refused.reason)
    return NotPrintable(refused.reason) if kind is None else kind()


def _languages(query: Printed) -> Languages | None:
    """Returns the languages of the query; None if it names none, for the organization's.

    Raises Malformed if they are not offered.
    """
    if query.lang is None:
        return None
    from gpd_soap.features.documents.languages import OFFERED, parse

    languages = parse(query.lang.replace(" ", "+"))
    if languages is None:
        raise Malformed([FieldError("lang", "value", f"expected one of {', '.join(OFFERED)}")])
    return languages


def _has(document_id: str) -> bool:
    """Returns whether the caller says by If-None-Match that it has a document."""
    etags = request.if_none_match
    return not etags.star_tag and etags.contains_weak(document_id)


def _pdf(pdf: bytes, etag: str, name: str) -> Response:
    """Returns a PDF, or a 304 if the caller has it."""
    known = _has(etag)
    response = Response(b"" if known else pdf, 304 if known else 200, content_type=PDF)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.set_etag(etag)
    return response


def _document(row: Listed) -> Body:
    document = row.document
    return camel_case(
        id=document.id,
        state=row.state,
        superseded_by=row.superseded_by,
        iupd=document.iupd,
        navs=document.navs,
        digest=document.digest,
        size=document.size,
        versions=document.versions,
        created_at=rome_text(document.created_at),
        actor_kind=document.actor_kind,
        actor=document.actor,
    )
