"""Writing a row for each change that somebody with a key asks for."""

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

#: Where the name of a request stands in its environment.
REQUEST_ID = "gpd_soap.request_id"

LOG = logging.getLogger(__name__)


class AuditWriter:
    """Runs after every operation."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take the store and the clock."""
        self._store, self._clock = store, clock

    def after(self, answer: Response) -> Response:
        """Write down a change, or that it was refused; what only rehearses or repeats is none."""
        rehearsed = request.args.get("dryRun") == "true" or REPLAYED in answer.headers
        if "key" not in g or request.method in READING or rehearsed:
            return answer
        change = _change(self._clock, answer.status_code)
        try:
            in_transaction(self._store, lambda c: audit.keep(c, change))
        except Unavailable:
            # WHY: what was asked is done, and whoever asked must hear of it.
            fields = {name: str(value) for name, value in change._asdict().items()}
            LOG.warning("a change is not in the audit", extra={"fields": fields})
        return answer


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
    told = (request.view_args or {}).get("organizationfiscalcode", NOT_GIVEN)
    return told if problem_with_fiscal_code_pa(told) is None else NOT_GIVEN
