"""Writes a row of the audit for each change that a key requests."""

from __future__ import annotations

import logging
import re

from flask import Response, g, request

from gpd_soap.api.auth import READING
from gpd_soap.api.idempotency import REPLAYED
from gpd_soap.clock import Clock
from gpd_soap.core.codes import problem_with_fiscal_code_pa
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import Change
from gpd_soap.store.database.transaction import Unavailable, in_transaction
from gpd_soap.store.store import Store
from gpd_soap.validation.queries.common import truth

#: Key of the id of a request in its environment.
REQUEST_ID = "gpd_soap.request_id"

logger = logging.getLogger(__name__)


class AuditWriter:
    """Runs after every operation of a group."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock = store, clock

    def after(self, response: Response) -> Response:
        """Writes the change that was done or refused; dry runs and replayed answers are none."""
        no_change = truth(request.args.get("dryRun", "")) or REPLAYED in response.headers
        if "key" not in g or request.method in READING or no_change:
            return response
        change = _change(self._clock, response.status_code)
        try:
            in_transaction(self._store, lambda c: audit.write_change(c, change))
        except Unavailable:
            # WHY: the change is committed, so the caller must get its answer.
            fields = {name: str(value) for name, value in change._asdict().items()}
            logger.warning("a change was not written to the audit", extra={"fields": fields})
        return response


def _change(clock: Clock, status: int) -> Change:
    rule = "" if request.url_rule is None else request.url_rule.rule
    return Change(
        organization=_organization(),
        requested_at=clock(),
        key_id=g.key.id,
        key_name=g.key.name,
        method=request.method,
        path=re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule),
        status=status,
        request_id=request.environ.get(REQUEST_ID, NOT_GIVEN),
    )


def _organization() -> str:
    code = (request.view_args or {}).get("organizationfiscalcode", NOT_GIVEN)
    return code if problem_with_fiscal_code_pa(code) is None else NOT_GIVEN
