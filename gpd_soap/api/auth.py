"""Who may ask, decided before anything of the request is looked at; then what a body may be."""

from __future__ import annotations

import math
from collections.abc import Callable

from flask import g, request

from gpd_soap.api import problems
from gpd_soap.api.concurrency import RETRY_AFTER, Concurrency
from gpd_soap.api.problems import Refused
from gpd_soap.api.rate_limit import RateLimit
from gpd_soap.clock import Clock
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Key, Role
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.validation.finding import FieldError, Model, taken
from gpd_soap.validation.strict_json import UnusableFile, decode

#: The first that is there is taken; then comes `Authorization: Bearer`.
HEADERS = ("Ocp-Apim-Subscription-Key", "X-Api-Key")
READING = ("GET", "HEAD", "OPTIONS")
#: LIMIT: a hundred positions of ten kilobytes.
LARGEST_BODY = 1024 * 1024


def guard(
    store: Store, role: Role, pace: RateLimit, concurrency: Concurrency, clock: Clock
) -> Callable[[], None]:
    """What runs before every operation: a key that works, is not too fast, and is for this.

    `role` is the least that will do.  What names no organization is for keys of every one.  The
    answer is the same whether what was asked for is there or not.
    """

    def hold() -> None:
        g.key = key = authenticate(store, presented_key())
        wait = pace.wait(key.id, clock())
        if wait:
            raise Refused(problems.TOO_FAST, headers={"Retry-After": str(math.ceil(wait))})
        _take_slot(concurrency, key)
        organization = (request.view_args or {}).get("organizationfiscalcode")
        if not (key.serves_every if organization is None else key.serves(organization)):
            raise Refused(problems.FORBIDDEN)
        if request.method not in READING and not key.may_write:
            raise Refused(problems.READ_ONLY)
        if role is Role.ADMIN and key.role is not Role.ADMIN:
            raise Refused(problems.ADMINISTRATORS)
        for name, values in request.args.lists():
            if len(values) > 1:
                error = FieldError(name if name.isidentifier() else "?", "duplicate", "it once")
                raise Refused(problems.BAD_REQUEST, [error])

    return hold


def _take_slot(concurrency: Concurrency, key: Key) -> None:
    """Count the request as one of its key's; Refused where the key has too many under way."""
    if not concurrency.take_for_key(key.id, request.environ):
        raise Refused(problems.KEY_BUSY, headers=RETRY_AFTER)


def presented_key() -> str:
    """What the request shows as its key, or nothing."""
    return next((told for name in HEADERS if (told := request.headers.get(name))), _bearer())


def authenticate(store: Store, token: str) -> Key:
    """The key that this is; Refused where it is none that works."""
    key = read_only(store, lambda c: keys.find(c, token)) if token else None
    if key is None:
        raise Refused(problems.NO_KEY, headers={"WWW-Authenticate": 'ApiKey realm="gpd-soap"'})
    return key


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def lenient(*, asked: bool) -> bool:
    """Whether odd numbers pass; Refused where someone asks who may not."""
    if asked and g.key.role is not Role.ADMIN:
        raise Refused(problems.LENIENT)
    return asked


def raw_body() -> bytes:
    """The body as it came, however often it is asked for; Refused where it is too large."""
    raw = request.get_data()
    # WHY: a body that does not say its length is cut off at the limit, without a word.
    if len(raw) >= LARGEST_BODY and request.content_length != len(raw):
        raise Refused(problems.TOO_LARGE)
    return raw


def body_of(model: type[Model], *, optional: bool = False) -> Model:
    """The body as a model reads it; Refused with everything that is wrong in it."""
    found = taken(model, json_body(optional=optional))
    if isinstance(found, tuple):
        raise Refused(problems.BAD_REQUEST, found)
    return found


def json_body(*, optional: bool = False) -> object:
    """The body as JSON and nothing else; where it is optional, an empty one is an empty object."""
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
        said = str(error).removeprefix("expected ")
        raise Refused(problems.BAD_REQUEST, [FieldError("", "json", said)]) from None
