"""The operations of GPD's API on positions: read a request, call a use case, write its answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, jsonify, request

from gpd_soap.api import problems
from gpd_soap.api.audit.trail import set_subjects
from gpd_soap.api.auth import actor, body_of, json_body, lenient
from gpd_soap.api.positions import responses
from gpd_soap.api.positions.parameters import (
    MOST_POSITIONS,
    ChangingAccount,
    Creating,
    Deleting,
    Listing,
    NewAccount,
    NotificationFee,
    OfIuv,
    OfNav,
    OfTransfer,
    PaidElsewhere,
    PositionPath,
    PositionsToDelete,
    Updating,
)
from gpd_soap.api.problems import Refused
from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases.positions.create import MANY, WriteOptions, WriteResult, create
from gpd_soap.usecases.positions.finding import Notice
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import IUPDS, Ledger
from gpd_soap.usecases.positions.update import update, update_many
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath, SegregationCodes
from gpd_soap.validation.queries.positions import Restoration

#: Status of a changed fee while a payment may be under way.
FEE_SET = 209


class Positions:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock = store, clock

    @property
    def _ledger(self) -> Ledger:
        """The positions, as changed by the key of the request."""
        return Ledger(self._store, self._clock, actor())

    def create(self, path: OrganizationPath, query: Creating) -> Response:
        """Create a debt position; a notice without IUV gets a new notice number."""
        organization = path.organizationfiscalcode
        result = self._create(organization, [json_body()], query, many=False)
        if query.dry_run:
            return self._dry_run(result, many=False)
        _set_positions(result)
        stored = result.stored[0]
        response = self._model(stored)
        response.status_code = 201
        iupd = quote(stored.position.iupd, safe="")
        response.headers["Location"] = f"/organizations/{organization}/debtpositions/{iupd}"
        return response

    def create_many(self, path: OrganizationPath, query: Creating) -> Response:
        """Create 1 to 100 debt positions, all or none."""
        items = _items(json_body())
        result = self._create(path.organizationfiscalcode, items, query, many=True)
        _set_positions(result)
        return self._dry_run(result, many=True) if query.dry_run else Response(status=201)

    def read(self, path: PositionPath, query: SegregationCodes) -> Response:
        """Read a debt position."""
        stored = self._ledger.read(path.organizationfiscalcode, path.iupd, query.codes)
        return _with_etag(jsonify(responses.base(stored, self._clock())), stored)

    def page(self, path: OrganizationPath, query: Listing) -> Response:
        """List an organization's debt positions, page by page.

        With `cursor`, a late page costs as much as the first, and the positions of all pages are
        counted up to 1,000.
        """
        position_query = query.position_query()
        if query.cursor is not None:
            organization = path.organizationfiscalcode
            page = self._ledger.page_after(organization, position_query, query.after)
            return jsonify(responses.page_after(*page, query, self._clock()))
        stored, total = self._ledger.page(path.organizationfiscalcode, position_query)
        return jsonify(responses.page(stored, total, query, self._clock()))

    def update(self, path: PositionPath, query: Updating) -> Response:
        """Replace the content of a debt position; a published one stays published."""
        options, item = _options(query), json_body()
        position = _position(path, query)
        result = update(self._store, position, item, self._clock(), options)
        if query.dry_run:
            return self._dry_run(result, many=False)
        return self._model(result.stored[0])

    def update_many(self, path: OrganizationPath, query: Updating) -> Response:
        """Replace the content of 1 to 100 debt positions, all or none."""
        options, items = _options(query), _items(json_body())
        organization = path.organizationfiscalcode
        result = update_many(self._store, organization, items, self._clock(), options)
        _set_positions(result)
        return self._dry_run(result, many=True) if query.dry_run else Response(status=200)

    def delete(self, path: PositionPath, query: SegregationCodes) -> Response:
        """Delete a debt position; its notice numbers are never used again."""
        self._ledger.delete(_position(path, query))
        return jsonify("Debt position deleted")

    def delete_many(self, path: OrganizationPath, query: Deleting) -> Response:
        """Delete 1 to 20 debt positions, all or none; their numbers are never used again."""
        iupds = body_of(PositionsToDelete).payment_position_iupds
        organization = path.organizationfiscalcode
        set_subjects(*(Subject(iupd=iupd) for iupd in iupds))
        self._ledger.delete_many(organization, iupds, query.codes, dry_run=query.dry_run)
        if query.dry_run:
            return jsonify({IUPDS: iupds, "warnings": []})
        return jsonify("Debt positions deleted")

    def publish(self, path: PositionPath, query: SegregationCodes) -> Response:
        """Publish a draft."""
        return self._model(self._ledger.publish(_position(path, query)))

    def invalidate(self, path: PositionPath, query: SegregationCodes) -> Response:
        """Withdraw a published or valid debt position."""
        return self._model(self._ledger.invalidate(_position(path, query)))

    def restore(self, path: PositionPath, query: SegregationCodes) -> Response:
        """Make a withdrawn or expired debt position payable again, under its own numbers."""
        body = body_of(Restoration)
        return self._model(self._ledger.restore(_position(path, query), body.reason, body.due_date))

    def change_account(self, path: OrganizationPath, query: ChangingAccount) -> Response:
        """Change the IBAN of the transfers that are still to be paid."""
        account = body_of(NewAccount)
        organization = path.organizationfiscalcode
        changed = self._ledger.change_account(
            organization, query.old_iban, account.new_iban, query.limit
        )
        description = f"Updated IBAN on {changed} Transfers"
        return jsonify({"description": description, "updatedTransfers": changed})

    def paid_elsewhere(self, path: OfNav, query: SegregationCodes) -> Response:
        """Mark a notice as paid to the creditor."""
        body = body_of(PaidElsewhere, optional=True)
        notice = self._ledger.paid_elsewhere(
            path.organizationfiscalcode,
            path.nav,
            body.payment_date,
            query.codes,
            etag_matches=_etag_matches,
        )
        _set_notice(notice)
        return jsonify(responses.paid(notice))

    def set_notification_fee(self, path: OfNav, query: NoQuery) -> Response:
        """Set what the notification of a notice has cost so far: the total, not an increment."""
        fee = body_of(NotificationFee).notification_fee
        notice = self._ledger.set_notification_fee(
            path.organizationfiscalcode, path.nav, fee, _etag_matches
        )
        _set_notice(notice)
        response = jsonify(responses.with_fee(notice))
        # SPEC: GPD: 209 where the Node did not say that no payment is under way; nobody asks it.
        response.status_code = FEE_SET
        return response

    def report(self, path: OfTransfer, query: NoQuery) -> Response:
        """Mark a transfer as reported by a flow; a second report changes nothing."""
        transfer = self._ledger.report(
            path.organizationfiscalcode, path.iuv, path.transferid, _etag_matches
        )
        _set_notice(Notice(transfer.stored, transfer.option_index))
        return jsonify(responses.transfer(*transfer))

    def by_iuv(self, path: OfIuv, query: SegregationCodes) -> Response:
        """Read the debt position of an IUV."""
        notice = self._ledger.by_iuv(path.organizationfiscalcode, path.iuv, query.codes)
        _set_notice(notice)
        stored = notice.stored
        return _with_etag(jsonify(responses.base(stored, self._clock())), stored)

    def by_nav(self, path: OfNav, query: NoQuery) -> Response:
        """Read a notice with its debtor, by its notice number or its IUV."""
        notice = self._ledger.by_number(path.organizationfiscalcode, path.nav)
        _set_notice(notice)
        shown = jsonify(responses.with_debtor(notice, self._clock()))
        return _with_etag(shown, notice.stored)

    def _create(
        self, organization: str, items: list[Any], query: Creating, *, many: bool
    ) -> WriteResult:
        return create(self._store, organization, items, self._clock(), _options(query), many=many)

    def _dry_run(self, result: WriteResult, *, many: bool) -> Response:
        """Returns the answer of a dry run, without the notice numbers that it issued."""
        now = self._clock()
        positions = [responses.model(each, now) for each in result.stored]
        for option in (option for each in positions for option in each["paymentOption"]):
            if option["iuv"] not in result.given:
                del option["iuv"], option["nav"]
        body = {MANY: positions} if many else positions[0]
        return jsonify({**body, "warnings": [each._asdict() for each in result.warnings]})

    def _model(self, stored: Stored) -> Response:
        return _with_etag(jsonify(responses.model(stored, self._clock())), stored)


def _set_positions(result: WriteResult) -> None:
    """Names the positions of a request for the audit."""
    set_subjects(*(Subject(iupd=stored.position.iupd) for stored in result.stored))


def _set_notice(notice: Notice) -> None:
    """Names the notice of a request, and its position, for the audit."""
    position = notice.stored.position
    set_subjects(Subject(position.options[notice.option_index].nav, position.iupd))


def _position(path: PositionPath, query: SegregationCodes) -> PositionRef:
    """Returns the position of a path, with the ETags that If-Match accepts."""
    return PositionRef(path.organizationfiscalcode, path.iupd, _etag_matches, query.codes)


def _etag_matches(etag: str) -> bool:
    """Returns whether If-Match, if it was sent, accepts the ETag of a position."""
    return "If-Match" not in request.headers or request.if_match.contains(etag)


def _with_etag(response: Response, stored: Stored) -> Response:
    response.set_etag(stored.etag)
    return response


def _options(query: Creating) -> WriteOptions:
    is_lenient = lenient(requested=query.lenient)
    return WriteOptions(actor(), query.to_publish, query.dry_run, is_lenient, query.codes)


def _items(body: object) -> list[Any]:
    """Returns the list in a body about many positions.  Raises Refused for any other body."""
    error = None
    if not isinstance(body, dict) or not isinstance(body.get(MANY), list):
        error = FieldError(MANY, "required", "a list of positions")
    elif len(body) > 1:
        error = FieldError("?", "unknown-field", "no field of this name")
    elif not 1 <= len(body[MANY]) <= MOST_POSITIONS:
        error = FieldError(MANY, "count", f"1 to {MOST_POSITIONS} positions")
    if error is not None or not isinstance(body, dict):
        raise Refused(problems.BAD_REQUEST, [error] if error else [])
    items: list[Any] = body[MANY]
    return items
