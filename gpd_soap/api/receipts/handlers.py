"""The operations on receipts and on the worklist: read a request, write its answer."""

from __future__ import annotations

from flask import Response, g, jsonify

from gpd_soap.api import problems
from gpd_soap.api.audit.trail import set_subjects
from gpd_soap.api.auth import actor, body_of
from gpd_soap.api.problems import Refused
from gpd_soap.api.receipts import responses
from gpd_soap.clock import Clock
from gpd_soap.core.case_id import case_key
from gpd_soap.soap.stored import document
from gpd_soap.store import tables
from gpd_soap.store.access.audit import NOTHING, Subject
from gpd_soap.store.receipts.search import Document
from gpd_soap.store.store import Store
from gpd_soap.store.tables.base import truncate
from gpd_soap.usecases import receipts, refusals
from gpd_soap.usecases.casework import claims
from gpd_soap.usecases.casework.decide import By
from gpd_soap.usecases.casework.opening import Why, open_case
from gpd_soap.usecases.worklist import Cases, CaseWithNotice, subject_of
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath, SegregationCodes
from gpd_soap.validation.queries.receipts import (
    CasePath,
    Match,
    Note,
    OpenedCase,
    OrganizationCasePath,
    ReceiptPath,
    ReceiptSearch,
    ReceiptsOf,
    WorklistPath,
)
from gpd_soap.validation.queries.receipts import (
    CaseSearch as CaseParameters,
)


class Receipts:
    """GPD's operations on the receipts of payments."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock = store, clock

    def page(self, path: OrganizationPath, query: ReceiptSearch) -> Response:
        """List the receipts of an organization's payments, page by page, the latest first."""
        organization = path.organizationfiscalcode
        receipt_query = receipts.question(query, self._clock())
        rows, total = receipts.page(self._store, organization, receipt_query)
        # SPEC: GPD payments: an empty list has one page, and the page is empty.
        pages = max(1, -(-total // receipt_query.limit))
        if receipt_query.page >= pages:
            raise Refused(problems.NOT_ENOUGH)
        return jsonify(responses.receipts_page(organization, rows, pages, receipt_query.page))

    def document(self, path: ReceiptPath, query: SegregationCodes) -> Response:
        """Read the receipt of an IUV, as the Node sent it."""
        stored = receipts.document(self._store, path.organizationfiscalcode, path.iuv, query.codes)
        set_subjects(Subject(stored.nav, receipt_id=stored.receipt_id))
        return _xml(stored)


class StoredReceipts:
    """The operations on receipts of every status."""

    def __init__(self, store: Store, clock: Clock, cases: Cases) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock, self._cases = store, clock, cases

    def page(self, path: OrganizationPath, query: ReceiptsOf) -> Response:
        """List every receipt of a notice, of an IUV or of a receiptId, the first received first.

        Without one of them, list the receipts of a window, the last received first, with a cursor.
        """
        if not query.of_one:
            latest, following = self._cases.latest(path.organizationfiscalcode, query)
            return jsonify(responses.latest_page(latest, following, query.limit))
        history_query = query.history_query()
        rows, total = self._cases.receipts(path.organizationfiscalcode, history_query)
        set_subjects(Subject(query.nav, receipt_id=query.receipt_id))
        return jsonify(responses.stored_page(rows, total, history_query))

    def read(self, path: OrganizationCasePath, query: NoQuery) -> Response:
        """Read a receipt of any status."""
        return _answer(self._cases.receipt(path.organizationfiscalcode, path.id))

    def open_case(self, path: OrganizationCasePath, query: NoQuery) -> Response:
        """Open a case on the receipt of a paid notice, because its money may have to go back."""
        body = body_of(OpenedCase)
        why, by = Why(body.cause, body.note or ""), By(actor(), _by(), self._clock())
        open_case(self._store, path.organizationfiscalcode, path.id, why, by)
        return _answer(self._cases.receipt(path.organizationfiscalcode, path.id))

    def document(self, path: OrganizationCasePath, query: NoQuery) -> Response:
        """Read a receipt of any status, as the Node sent it."""
        stored = self._cases.document(path.organizationfiscalcode, path.id)
        set_subjects(Subject(stored.nav, receipt_id=stored.receipt_id))
        return _xml(stored)


class Worklist:
    """The operations on the cases that wait for a person."""

    def __init__(self, store: Store, clock: Clock, cases: Cases) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock, self._cases = store, clock, cases

    def page(self, path: WorklistPath, query: CaseParameters) -> Response:
        """List the cases that wait for a person, page by page, the latest first."""
        case_query = query.case_query()
        cases, total = self._cases.page(path.scope, case_query)
        return jsonify(responses.cases_page(cases, total, case_query))

    def read(self, path: CasePath, query: NoQuery) -> Response:
        """Read a case, open or resolved."""
        return _answer(self._cases.read(path.scope, path.id))

    def raw(self, path: CasePath, query: NoQuery) -> Response:
        """Download the message of a case, byte for byte."""
        message = self._cases.raw(path.scope, path.id)
        key = case_key(path.id)
        set_subjects(NOTHING if key is None else subject_of(key))
        response = Response(message, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="{path.id}.xml"'
        return response

    def claim(self, path: CasePath, query: NoQuery) -> Response:
        """Take a case for the key, so that others see who has it; the claim ends by itself."""
        claims.claim(self._store, path.scope, path.id, _by(), self._clock())
        return _answer(self._cases.read(path.scope, path.id))

    def release(self, path: CasePath, query: NoQuery) -> Response:
        """Give a case back that the key has; one that nobody has stays as it is."""
        claims.give_back(self._store, path.scope, path.id, _by(), self._clock())
        return _answer(self._cases.read(path.scope, path.id))

    def resolve(self, path: CasePath, query: NoQuery) -> Response:
        """Close a case with a note on what was decided."""
        body = body_of(Note)
        case = self._cases.resolve(
            path.scope, path.id, _by(), body.note, actor=actor(), outcome=body.outcome
        )
        return _answer(case)

    def rematch(self, path: CasePath, query: NoQuery) -> Response:
        """Search the notice of a case again, or match the case to a notice by hand."""
        body = body_of(Match, optional=True)
        case = self._cases.rematch(path.scope, path.id, _by(), body.nav, actor=actor())
        return _answer(case)


def _xml(stored: Document) -> Response:
    """Return the receipt in a stored message.  Raises ReceiptErased if it is not there any more."""
    # WHY: who erases by SQL may write NULL, or on SQLite a text.
    if not isinstance(stored.raw, bytes):
        raise refusals.ReceiptErased
    try:
        content = document(stored.raw, stored.digest)
    except ValueError:
        raise refusals.ReceiptErased from None
    return Response(content, content_type="application/xml")


def _by() -> str:
    """Returns the key that acts, by its id and its name, as the case stores it."""
    return truncate(g.key.label, tables.receipt.c.resolved_by)


def _answer(case: CaseWithNotice) -> Response:
    """Returns the answer with a case, and names the case for the audit."""
    set_subjects(subject_of(case.case.key, case.case.nav))
    return jsonify(responses.case(case))
