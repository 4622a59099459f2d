"""The operations on receipts and on the worklist: out of HTTP, to the store, into HTTP."""

from __future__ import annotations

from flask import Response, g, jsonify

from gpd_soap.api import problems
from gpd_soap.api.auth import body_of
from gpd_soap.api.problems import Refused
from gpd_soap.api.receipts import responses as answers
from gpd_soap.clock import Clock
from gpd_soap.soap.stored import document
from gpd_soap.store.store import Store
from gpd_soap.usecases import receipts
from gpd_soap.usecases.worklist import Cases
from gpd_soap.validation.queries import receipts as parameters
from gpd_soap.validation.queries.common import NoQuery, OfOrganization
from gpd_soap.validation.queries.receipts import InWorklist, Listing, OfCase, OfIuv, Segregated


class Receipts:
    """GPD's operations on the receipts of payments."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take the store and the clock."""
        self._store, self._clock = store, clock

    def page(self, path: OfOrganization, query: Listing) -> Response:
        """List the receipts of an organization's payments, page by page, the latest first."""
        organization = path.organizationfiscalcode
        wanted = receipts.question(query, self._clock())
        found, total = receipts.page(self._store, organization, wanted)
        # SPEC: gpd-reference.md 4.7: of nothing there is one page, and it is empty.
        pages = max(1, -(-total // wanted.limit))
        if wanted.page >= pages:
            raise Refused(problems.NOT_ENOUGH)
        return jsonify(answers.receipts_page(organization, found, pages, wanted.page))

    def document(self, path: OfIuv, query: Segregated) -> Response:
        """Read the receipt of an IUV, in the Node's own words."""
        found = receipts.document(self._store, path.organizationfiscalcode, path.iuv, query.codes)
        return Response(document(found.raw, found.digest), content_type="application/xml")


class Worklist:
    """The operations on what waits for a person."""

    def __init__(self, cases: Cases) -> None:
        """Take the cases."""
        self._cases = cases

    def page(self, path: InWorklist, query: parameters.Cases) -> Response:
        """List what waits for a person, page by page, what came last first."""
        wanted = query.case_query()
        found, total = self._cases.page(path.scope, wanted)
        return jsonify(answers.cases_page(found, total, wanted))

    def read(self, path: OfCase, query: NoQuery) -> Response:
        """Read a case, whatever has become of it."""
        return jsonify(answers.case(self._cases.read(path.scope, path.id)))

    def raw(self, path: OfCase, query: NoQuery) -> Response:
        """Download the message of a case, exactly as it came."""
        answer = Response(
            self._cases.raw(path.scope, path.id), content_type="application/octet-stream"
        )
        answer.headers["Content-Disposition"] = f'attachment; filename="{path.id}.xml"'
        return answer

    def resolve(self, path: OfCase, query: NoQuery) -> Response:
        """Close a case with a note on what was decided."""
        told = body_of(parameters.Note)
        return jsonify(
            answers.case(self._cases.resolve(path.scope, path.id, g.key.name, told.note))
        )

    def rematch(self, path: OfCase, query: NoQuery) -> Response:
        """Look again for the notice of a case, or say which notice it pays."""
        told = body_of(parameters.Match, optional=True)
        found = self._cases.rematch(path.scope, path.id, g.key.name, told.nav)
        return jsonify(answers.case(found))
