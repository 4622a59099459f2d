"""The operations on receipts and on the worklist: read a request, write its answer."""

from __future__ import annotations

from flask import Response, g, jsonify

from gpd_soap.api import problems
from gpd_soap.api.auth import actor, body_of
from gpd_soap.api.problems import Refused
from gpd_soap.api.receipts import responses
from gpd_soap.clock import Clock
from gpd_soap.soap.stored import document
from gpd_soap.store.store import Store
from gpd_soap.usecases import receipts
from gpd_soap.usecases.worklist import Cases
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath
from gpd_soap.validation.queries.receipts import (
    CasePath,
    Match,
    Note,
    ReceiptPath,
    ReceiptSearch,
    SegregationCodes,
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
        return Response(document(stored.raw, stored.digest), content_type="application/xml")


class Worklist:
    """The operations on the cases that wait for a person."""

    def __init__(self, cases: Cases) -> None:
        """Use `cases` for every operation."""
        self._cases = cases

    def page(self, path: WorklistPath, query: CaseParameters) -> Response:
        """List the cases that wait for a person, page by page, the latest first."""
        case_query = query.case_query()
        cases, total = self._cases.page(path.scope, case_query)
        return jsonify(responses.cases_page(cases, total, case_query))

    def read(self, path: CasePath, query: NoQuery) -> Response:
        """Read a case, open or resolved."""
        return jsonify(responses.case(self._cases.read(path.scope, path.id)))

    def raw(self, path: CasePath, query: NoQuery) -> Response:
        """Download the message of a case, byte for byte."""
        response = Response(
            self._cases.raw(path.scope, path.id), content_type="application/octet-stream"
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{path.id}.xml"'
        return response

    def resolve(self, path: CasePath, query: NoQuery) -> Response:
        """Close a case with a note on what was decided."""
        body = body_of(Note)
        case = self._cases.resolve(path.scope, path.id, g.key.name, body.note, actor=actor())
        return jsonify(responses.case(case))

    def rematch(self, path: CasePath, query: NoQuery) -> Response:
        """Search the notice of a case again, or match the case to a notice by hand."""
        body = body_of(Match, optional=True)
        case = self._cases.rematch(path.scope, path.id, g.key.name, body.nav, actor=actor())
        return jsonify(responses.case(case))
