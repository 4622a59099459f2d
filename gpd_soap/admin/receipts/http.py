"""The operations on receipts and on the worklist: out of HTTP, to the store, into HTTP."""

from __future__ import annotations

from flask import Response, g, jsonify

from gpd_soap.admin import problems
from gpd_soap.admin.guard import body_of
from gpd_soap.admin.parameters import Nothing, OfOrganization
from gpd_soap.admin.problems import Refused
from gpd_soap.admin.receipts import answers, parameters
from gpd_soap.admin.receipts.cases import Cases
from gpd_soap.admin.receipts.parameters import InWorklist, Listing, OfCase, OfIuv, Segregated
from gpd_soap.desk import Clock
from gpd_soap.soap.kept import document
from gpd_soap.store import receipts
from gpd_soap.store.attempt import read_only
from gpd_soap.store.store import Store


class Receipts:
    """GPD's operations on the receipts of payments."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take the store and the clock."""
        self._store, self._clock = store, clock

    def page(self, path: OfOrganization, query: Listing) -> Response:
        """List the receipts of an organization's payments, page by page, the latest first."""
        organization, wanted = path.organizationfiscalcode, query.wanted(self._clock())
        found, total = read_only(self._store, lambda c: receipts.page(c, organization, wanted))
        # SPEC: gpd-reference.md 4.7: of nothing there is one page, and it is empty.
        pages = max(1, -(-total // wanted.limit))
        if wanted.page >= pages:
            raise Refused(problems.NOT_ENOUGH)
        return jsonify(answers.receipts_page(organization, found, pages, wanted.page))

    def document(self, path: OfIuv, query: Segregated) -> Response:
        """Read the receipt of an IUV, in the Node's own words."""
        organization, iuv = path.organizationfiscalcode, path.iuv
        if query.codes and not iuv.startswith(query.codes):
            raise Refused(problems.RECEIPT_FORBIDDEN)
        found = read_only(self._store, lambda c: receipts.find(c, organization, iuv))
        if found is None:
            raise Refused(problems.RECEIPT_NOT_FOUND)
        return Response(document(found.raw, found.digest), content_type="application/xml")


class Worklist:
    """The operations on what waits for a person."""

    def __init__(self, cases: Cases) -> None:
        """Take the cases."""
        self._cases = cases

    def page(self, path: InWorklist, query: parameters.Cases) -> Response:
        """List what waits for a person, page by page, what came last first."""
        wanted = query.wanted()
        found, total = self._cases.page(path.scope, wanted)
        return jsonify(answers.cases_page(found, total, wanted))

    def read(self, path: OfCase, query: Nothing) -> Response:
        """Read a case, whatever has become of it."""
        return jsonify(answers.case(self._cases.read(path.scope, path.id)))

    def raw(self, path: OfCase, query: Nothing) -> Response:
        """Download the message of a case, exactly as it came."""
        answer = Response(
            self._cases.raw(path.scope, path.id), content_type="application/octet-stream"
        )
        answer.headers["Content-Disposition"] = f'attachment; filename="{path.id}.xml"'
        return answer

    def resolve(self, path: OfCase, query: Nothing) -> Response:
        """Close a case with a note on what was decided."""
        told = body_of(parameters.Note)
        return jsonify(
            answers.case(self._cases.resolve(path.scope, path.id, g.key.name, told.note))
        )

    def rematch(self, path: OfCase, query: Nothing) -> Response:
        """Look again for the notice of a case, or say which notice it pays."""
        told = body_of(parameters.Match, optional=True)
        found = self._cases.rematch(path.scope, path.id, g.key.name, told.nav)
        return jsonify(answers.case(found))
