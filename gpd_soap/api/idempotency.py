"""Gives a request with an Idempotency-Key one effect, however often it is sent."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Collection
from typing import NoReturn

from flask import Response, g, request

from gpd_soap.api import problems
from gpd_soap.api.auth import READING, raw_body
from gpd_soap.api.problems import Refused
from gpd_soap.clock import Clock
from gpd_soap.store.access import idempotency as requests
from gpd_soap.store.access.idempotency import IdempotencyClaim, StoredResponse
from gpd_soap.store.database.transaction import Transaction, Unavailable, in_transaction
from gpd_soap.store.store import Store
from gpd_soap.validation.finding import FieldError

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
#: Headers that are stored with an answer and given again.
REMEMBERED = ("Content-Type", "ETag", "Location")
NAME = "[ -~]{1,255}"
#: From this status on the failure is ours, and the request may be tried again.
FAILED = 500

logger = logging.getLogger(__name__)


class Idempotency:
    """Runs before and after every operation of a group that changes something.

    The claim and the answer are written in transactions of their own, before and after the effect.
    A process that dies between them leaves a claim without an answer, which a later request takes
    over.
    """

    def __init__(self, store: Store, clock: Clock, secret: Collection[str]) -> None:
        """`secret` names the endpoints whose answer must not be stored."""
        self._store, self._clock, self._secret = store, clock, secret

    def before(self) -> Response | None:
        """Claims the name of the request, or returns the answer to the first request of this name.

        Raises Refused if the name is unusable, is running, or was used for another request.
        """
        name = request.headers.get(HEADER)
        if name is None or request.method in READING:
            return None
        if request.endpoint in self._secret:
            _refuse("secret", "no such header here, because the answer is not stored")
        if not re.fullmatch(NAME, name):
            _refuse("characters", "1 to 255 printable ASCII characters")
        claim = IdempotencyClaim(g.key.id, name, _digest(), self._clock())
        earlier = in_transaction(self._store, lambda c: requests.claim(c, claim))
        if earlier is None:
            g.claim = claim
            return None
        if earlier.digest != claim.digest:
            raise Refused(problems.OTHER_REQUEST)
        if earlier.response is None:
            raise Refused(problems.UNDER_WAY, headers={"Retry-After": "1"})
        return _replay(earlier.response)

    def after(self, response: Response) -> Response:
        """Stores the answer of a request that claimed its name, or releases a failed claim."""
        claim = g.pop("claim", None)
        if claim is not None:
            try:
                in_transaction(self._store, lambda c: _settle(c, claim, response))
            except Unavailable as error:
                # WHY: the change is committed, so the caller must get its answer.
                logger.warning("the answer to an Idempotency-Key was not stored", exc_info=error)
        return response


def _settle(connection: Transaction, claim: IdempotencyClaim, response: Response) -> None:
    if response.status_code >= FAILED:
        requests.release(connection, claim)
        return
    headers = {name: response.headers[name] for name in REMEMBERED if name in response.headers}
    requests.remember(
        connection, claim, StoredResponse(response.status_code, headers, response.get_data())
    )


def _replay(stored: StoredResponse) -> Response:
    return Response(stored.body, stored.status, {**stored.headers, REPLAYED: "true"})


def _digest() -> str:
    """Returns a digest of the method, path, query and body of the request."""
    target = [request.method, request.path, request.query_string.decode("latin-1")]
    return hashlib.sha256(json.dumps(target).encode() + b"\n" + raw_body()).hexdigest()


def _refuse(rule: str, expected: str) -> NoReturn:
    raise Refused(problems.BAD_REQUEST, [FieldError(HEADER, rule, expected)])
