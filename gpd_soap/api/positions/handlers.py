"""The operations of GPD's first API on positions: out of HTTP, to the ledger, into HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, jsonify, request

from gpd_soap.api import problems
from gpd_soap.api.auth import body_of, json_body, lenient
from gpd_soap.api.positions import parameters
from gpd_soap.api.positions import responses as answers
from gpd_soap.api.positions.parameters import (
    ChangingAccount,
    Creating,
    Deleting,
    Listing,
    OfIuv,
    OfNav,
    OfTransfer,
    PositionPath,
    PositionsToDelete,
    Updating,
)
from gpd_soap.api.problems import Refused
from gpd_soap.clock import Clock
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases.positions.create import MANY, WriteOptions, WriteResult, create
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import IUPDS, Ledger
from gpd_soap.usecases.positions.update import update, update_many
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.common import NoQuery, OfOrganization

#: LIMIT: GPD's for one bulk.
MOST = 100


class Positions:
    """One method for each operation; its first line is what the OpenAPI says of it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take the store and the clock."""
        self._store, self._clock = store, clock
        self._ledger = Ledger(store, clock)

    def create(self, path: OfOrganization, query: Creating) -> Response:
        """Create a debt position; without an IUV a notice number is issued."""
        organization = path.organizationfiscalcode
        done = self._create(organization, [json_body()], query, many=False)
        if query.dry_run:
            return self._shown(done, many=False)
        stored = done.stored[0]
        answer = self._model(stored)
        answer.status_code = 201
        where = quote(stored.position.iupd, safe="")
        answer.headers["Location"] = f"/organizations/{organization}/debtpositions/{where}"
        return answer

    def create_many(self, path: OfOrganization, query: Creating) -> Response:
        """Create 1 to 100 debt positions, all or none."""
        told = _listed(json_body())
        done = self._create(path.organizationfiscalcode, told, query, many=True)
        return self._shown(done, many=True) if query.dry_run else Response(status=201)

    def read(self, path: PositionPath, query: NoQuery) -> Response:
        """Read a debt position."""
        stored = self._ledger.read(path.organizationfiscalcode, path.iupd)
        return _marked(jsonify(answers.base(stored, self._clock())), stored)

    def page(self, path: OfOrganization, query: Listing) -> Response:
        """List an organization's debt positions, page by page."""
        wanted = query.wanted()
        stored, total = self._ledger.page(path.organizationfiscalcode, wanted)
        now = self._clock()
        return jsonify(answers.page(stored, total, wanted.limit, wanted.page, now))

    def update(self, path: PositionPath, query: Updating) -> Response:
        """Put another content in a debt position's place; a published one stays published."""
        how, told = _how(query), json_body()
        done = update(self._store, _named(path), told, self._clock(), how)
        return self._shown(done, many=False) if query.dry_run else self._model(done.stored[0])

    def update_many(self, path: OfOrganization, query: Updating) -> Response:
        """Put other content in the place of 1 to 100 debt positions, all or none."""
        how, told = _how(query), _listed(json_body())
        done = update_many(self._store, path.organizationfiscalcode, told, self._clock(), how)
        return self._shown(done, many=True) if query.dry_run else Response(status=200)

    def delete(self, path: PositionPath, query: NoQuery) -> Response:
        """Delete a debt position; its notice numbers are never used again."""
        self._ledger.delete(_named(path))
        return jsonify("Debt position deleted")

    def delete_many(self, path: OfOrganization, query: Deleting) -> Response:
        """Delete 1 to 20 debt positions, all or none; their numbers are never used again."""
        iupds = body_of(PositionsToDelete).payment_position_iupds
        self._ledger.delete_many(path.organizationfiscalcode, iupds, dry_run=query.dry_run)
        if query.dry_run:
            return jsonify({IUPDS: iupds, "warnings": []})
        return jsonify("Debt positions deleted")

    def publish(self, path: PositionPath, query: NoQuery) -> Response:
        """Publish a draft."""
        return self._model(self._ledger.publish(_named(path)))

    def invalidate(self, path: PositionPath, query: NoQuery) -> Response:
        """Withdraw a debt position that is published or valid."""
        return self._model(self._ledger.invalidate(_named(path)))

    def change_account(self, path: OfOrganization, query: ChangingAccount) -> Response:
        """Change the IBAN of every transfer that can still be paid to it."""
        account = body_of(parameters.NewAccount)
        organization = path.organizationfiscalcode
        changed = self._ledger.change_account(
            organization, query.old_iban, account.new_iban, query.limit
        )
        told = f"Updated IBAN on {changed} Transfers"
        return jsonify({"description": told, "updatedTransfers": changed})

    def paid_elsewhere(self, path: OfNav, query: NoQuery) -> Response:
        """Note that a notice was paid at the creditor's."""
        told = body_of(parameters.PaidElsewhere, optional=True)
        notice = self._ledger.paid_elsewhere(
            path.organizationfiscalcode, path.nav, told.payment_date
        )
        return jsonify(answers.paid(notice.stored, notice.at))

    def report(self, path: OfTransfer, query: NoQuery) -> Response:
        """Note that a transfer was reported by a flow; saying it again changes nothing."""
        share = self._ledger.report(path.organizationfiscalcode, path.iuv, path.transferid)
        return jsonify(answers.transfer(share.stored, share.at, share.which))

    def by_iuv(self, path: OfIuv, query: NoQuery) -> Response:
        """Read the debt position of an IUV."""
        stored = self._ledger.by_number(path.organizationfiscalcode, path.iuv, "iuv").stored
        return _marked(jsonify(answers.base(stored, self._clock())), stored)

    def by_nav(self, path: OfNav, query: NoQuery) -> Response:
        """Read a notice with its debtor, by its number."""
        notice = self._ledger.by_number(path.organizationfiscalcode, path.nav, "nav")
        return jsonify(answers.with_debtor(notice.stored, notice.at, self._clock()))

    def _create(
        self, organization: str, told: list[Any], query: Creating, *, many: bool
    ) -> WriteResult:
        return create(self._store, organization, told, self._clock(), _how(query), many=many)

    def _shown(self, done: WriteResult, *, many: bool) -> Response:
        """What a dry run shows: no number that it only tried."""
        now = self._clock()
        found = [answers.model(each, now) for each in done.stored]
        for option in (option for each in found for option in each["paymentOption"]):
            if option["iuv"] not in done.given:
                del option["iuv"], option["nav"]
        told = {MANY: found} if many else found[0]
        return jsonify({**told, "warnings": [each._asdict() for each in done.warnings]})

    def _model(self, stored: Stored) -> Response:
        return _marked(jsonify(answers.model(stored, self._clock())), stored)


def _named(path: PositionPath) -> PositionRef:
    def seen(mark: str) -> bool:
        return "If-Match" not in request.headers or request.if_match.contains(mark)

    return PositionRef(path.organizationfiscalcode, path.iupd, seen)


def _marked(answer: Response, stored: Stored) -> Response:
    answer.set_etag(stored.etag)
    return answer


def _how(query: Creating) -> WriteOptions:
    return WriteOptions(query.to_publish, query.dry_run, lenient(asked=query.lenient))


def _listed(told: object) -> list[Any]:
    error = None
    if not isinstance(told, dict) or not isinstance(told.get(MANY), list):
        error = FieldError(MANY, "required", "a list of positions")
    elif len(told) > 1:
        error = FieldError("?", "unknown-field", "no field of this name")
    elif not 1 <= len(told[MANY]) <= MOST:
        error = FieldError(MANY, "count", f"1 to {MOST} positions")
    if error is not None or not isinstance(told, dict):
        raise Refused(problems.BAD_REQUEST, [error] if error else [])
    found: list[Any] = told[MANY]
    return found
