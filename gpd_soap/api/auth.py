"""Checks the key of a request before anything else of it; then reads its body."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from flask import g, request

from gpd_soap.api import problems
from gpd_soap.api.body_size import too_large
from gpd_soap.api.concurrency import RETRY_AFTER, Concurrency
from gpd_soap.api.groups import Group
from gpd_soap.api.problems import Refused
from gpd_soap.clock import Clock
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store.access.keys import Key
from gpd_soap.usecases.access.authentication import Authentication, Presented
from gpd_soap.usecases.access.rights import check_lenient, check_rights
from gpd_soap.validation.finding import FieldError, Model, validate
from gpd_soap.validation.strict_json import UnusableFile, decode
from gpd_soap.wsgi.rate_limit import RateLimit

#: The first present one is used, then `Authorization: Bearer`.
HEADERS = ("Ocp-Apim-Subscription-Key", "X-Api-Key")
READING = ("GET", "HEAD", "OPTIONS")


def guard(
    authenticate: Authentication,
    group: Group,
    rate_limit: RateLimit,
    concurrency: Concurrency,
    clock: Clock,
) -> Callable[[], None]:
    """Returns the check that runs before every operation: its key, the key's rate and rights.

    The group has the least role that may call its operations.  Paths without an organization are
    for keys of every organization, unless the group lists what is the key's own.  The answer does
    not depend on whether a resource exists.
    """

    def check() -> None:
        now = clock()
        by_link = group.authenticate
        g.key = key = authenticate(presented(), now) if by_link is None else by_link(now)
        wait = rate_limit.wait(key.id, now)
        if wait:
            raise Refused(problems.TOO_FAST, headers={"Retry-After": str(math.ceil(wait))})
        _take_slot(concurrency, key)
        organization = (request.view_args or {}).get("organizationfiscalcode")
        changes = request.method not in READING
        check_rights(key, organization, group.role, changes=changes, of_key=group.lists_own)
        for name, values in request.args.lists():
            if len(values) > 1:
                error = FieldError(name if name.isidentifier() else "?", "duplicate", "it once")
                raise Refused(problems.BAD_REQUEST, [error])

    return check


def _take_slot(concurrency: Concurrency, key: Key) -> None:
    """Counts a running request of the key.  Raises Refused if the key has too many."""
    if not concurrency.take_for_key(key.id, request.environ):
        raise Refused(problems.KEY_BUSY, headers=RETRY_AFTER)


def presented() -> Presented:
    """Returns the key that the request presents, or an empty text, with who presents it."""
    token = next((key for name in HEADERS if (key := request.headers.get(name))), _bearer())
    return Presented(token, request.remote_addr or "", operation_path())


def operation_path() -> str:
    """Returns the path of the request's operation, without values."""
    rule = "" if request.url_rule is None else request.url_rule.rule
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def actor() -> Actor:
    """Returns the key of the request, as the actor of what it does."""
    return Actor(ActorKind.KEY, g.key.id)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def lenient(*, requested: bool) -> bool:
    """Returns whether to accept unusual notice numbers.

    Raises LenientForbidden if it is requested with a key that is no administrator's.
    """
    if requested:
        check_lenient(g.key)
    return requested


def raw_body() -> bytes:
    """Returns the bytes of the body.  Raises Refused if it is too large."""
    raw = request.get_data()
    # WHY: werkzeug cuts a body without Content-Length at the limit, and raises nothing.
    if len(raw) >= (request.max_content_length or 0) and request.content_length != len(raw):
        raise Refused(too_large())
    return raw


def body_of(model: type[Model], *, optional: bool = False) -> Model:
    """Returns the body as a model.  Raises Refused with all its errors."""
    body = validate(model, json_body(optional=optional))
    if isinstance(body, tuple):
        raise Refused(problems.BAD_REQUEST, body)
    return body


def json_body(*, optional: bool = False) -> object:
    """Returns the body as JSON; an empty body is an empty object if the body is optional.

    Raises Refused if it is no JSON in UTF-8.
    """
    raw = raw_body()
    if optional and not raw:
        return {}
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if request.mimetype != "application/json" or charset != "utf-8" or encoding != "identity":
        raise Refused(problems.NOT_JSON)
    try:
        return decode(raw)
    except UnusableFile as error:
        expected = str(error).removeprefix("expected ")
        raise Refused(problems.BAD_REQUEST, [FieldError("", "json", expected)]) from None
