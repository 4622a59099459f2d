"""A request that names itself (Idempotency-Key) has its effect once, however often it is sent."""

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
#: Of an answer's headers, those that say something of what was done.
REMEMBERED = ("Content-Type", "ETag", "Location")
NAME = "[ -~]{1,255}"
FAILED = 500

LOG = logging.getLogger(__name__)


class Idempotency:
    """Runs around every operation of a group that changes something.

    The claim and the answer are transactions of their own, before and after that of the effect: a
    process that dies between them leaves a claim without an answer, which is taken over later.
    """

    def __init__(self, store: Store, clock: Clock, secret: Collection[str]) -> None:
        """`secret` names the endpoints whose answer may not be kept."""
        self._store, self._clock, self._secret = store, clock, secret

    def before(self) -> Response | None:
        """Claim the request's name, or answer what the first of this name was answered."""
        name = request.headers.get(HEADER)
        if name is None or request.method in READING:
            return None
        if request.endpoint in self._secret:
            _refuse("secret", "no such header here, because the answer is kept nowhere")
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
        return _again(earlier.response)

    def after(self, answer: Response) -> Response:
        """Keep the answer of a request that claimed its name; after a failure of ours, give up."""
        claim = g.pop("claim", None)
        if claim is not None:
            try:
                in_transaction(self._store, lambda c: _settle(c, claim, answer))
            except Unavailable as error:
                # WHY: what was asked is done, and whoever asked must hear of it.
                LOG.warning("an answer was not remembered", exc_info=error)
        return answer


def _settle(connection: Transaction, claim: IdempotencyClaim, answer: Response) -> None:
    if answer.status_code >= FAILED:
        requests.release(connection, claim)
        return
    found = {name: answer.headers[name] for name in REMEMBERED if name in answer.headers}
    requests.remember(
        connection, claim, StoredResponse(answer.status_code, found, answer.get_data())
    )


def _again(told: StoredResponse) -> Response:
    return Response(told.body, told.status, {**told.headers, REPLAYED: "true"})


def _digest() -> str:
    """What the request asks, as a word that no other request has."""
    asked = [request.method, request.path, request.query_string.decode("latin-1")]
    return hashlib.sha256(json.dumps(asked).encode() + b"\n" + raw_body()).hexdigest()


def _refuse(rule: str, expected: str) -> NoReturn:
    raise Refused(problems.BAD_REQUEST, [FieldError(HEADER, rule, expected)])
