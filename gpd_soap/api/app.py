"""The admin listener's application: GPD's API, its OpenAPI, its documentation, and our health.

Nothing of a failure leaves but its status; every answer names its request.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, g, jsonify
from flask.json.provider import DefaultJSONProvider
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from flask_openapi_swagger.plugins import (  # type: ignore[import-untyped]  # has no types
    RegisterPlugin,
)
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gpd_soap import __version__
from gpd_soap.api import examples, headers, problems
from gpd_soap.api import openapi as description
from gpd_soap.api.audit import routes as audit
from gpd_soap.api.audit import trail
from gpd_soap.api.audit.trail import AuditWriter
from gpd_soap.api.auth import LARGEST_BODY, guard
from gpd_soap.api.concurrency import Concurrency, Limits
from gpd_soap.api.configuration import routes as configuration
from gpd_soap.api.groups import Group
from gpd_soap.api.headers import REQUEST_ID
from gpd_soap.api.idempotency import Idempotency
from gpd_soap.api.journal import routes as journal
from gpd_soap.api.keys import routes as keys
from gpd_soap.api.metrics import Scrape, Text
from gpd_soap.api.positions import routes as positions
from gpd_soap.api.problems import Problem, Refused
from gpd_soap.api.rate_limit import RateLimit
from gpd_soap.api.receipts import routes as receipts
from gpd_soap.clock import Clock
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.store import Store
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.usecases.worklist import Cases
from gpd_soap.validation.finding import FieldError, findings
from gpd_soap.wsgi.http import LIVE, READY, Environ, Ready, StartResponse, Wsgi, state

METRICS = "/metrics"
#: When to try again what the database could not take.
AGAIN = {"Retry-After": "5"}
NO_LIMITS = Limits()
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

LOG = logging.getLogger(__name__)


def admin_app(
    store: Store, clock: Clock, cases: Cases, ready: Ready, text: Text, limits: Limits = NO_LIMITS
) -> Wsgi:
    """The whole admin face; `clock` gives the UTC time of each request, `ready` our health.

    `cases` is the worklist, `text` writes the metrics out, `limits` bounds what a key and all
    callers together may ask.
    """
    concurrency = Concurrency(limits)
    app = flask_app(store, clock, cases, limits.rate, concurrency)
    _watched(app, ready, Scrape(store, text))
    api = concurrency.bound(app.wsgi_app, (LIVE, READY, METRICS))

    def face(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return api(environ, _naming(environ, start_response))

    return face


def flask_app(
    store: Store, clock: Clock, cases: Cases, rate: int, concurrency: Concurrency
) -> OpenAPI:
    """The API alone, which knows nothing of health, metrics and request ids."""
    app = OpenAPI(
        "gpd_soap.api",
        info={"title": "gpd-soap, the admin face", "version": __version__},
        security_schemes={
            "ApiKey": {"type": "apiKey", "name": "Ocp-Apim-Subscription-Key", "in": "header"},
            "XApiKey": {"type": "apiKey", "name": "X-Api-Key", "in": "header"},
            "Bearer": {"type": "http", "scheme": "bearer"},
        },
        validation_error_status=400,
        validation_error_callback=_told_badly,
        validation_error_model=_Unused,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    # WHY: by default the page sends the description to validator.swagger.io.
    app.config["SWAGGER_CONFIG"] = {"validatorUrl": None, "persistAuthorization": False}
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.sort_keys = False
    groups = [
        positions.group(store, clock),
        receipts.group(store, clock, cases),
        journal.group(store, clock),
        configuration.group(store),
        keys.group(store, clock),
        audit.group(store),
    ]
    pace = RateLimit(rate)
    for group in groups:
        app.register_api(_blueprint(group, store, clock, pace, concurrency))
    _describe(app, groups)
    _handle(app)
    app.after_request(_finish)
    return app


def _watched(app: Flask, ready: Ready, scrape: Scrape) -> None:
    """Add what machines watch us by, which is no part of the API."""

    def health(facts: Ready) -> Response:
        well, body = state(facts())
        return Response(body, 200 if well else 503, mimetype="application/json")

    app.add_url_rule(LIVE, "live", lambda: health(tuple))
    app.add_url_rule(READY, "ready", lambda: health(ready))
    app.add_url_rule(METRICS, "metrics", scrape)


def _blueprint(
    group: Group, store: Store, clock: Clock, pace: RateLimit, concurrency: Concurrency
) -> APIBlueprint:
    """A group's operations, guarded and with the answers that any of them may give."""
    api = APIBlueprint(
        group.name,
        __name__,
        abp_security=[{"ApiKey": []}, {"XApiKey": []}, {"Bearer": []}],
        abp_responses=description.refusals(400, 401, 403, 413, 429, 503),
    )
    once = Idempotency(store, clock, {f"{group.name}.{operation}" for operation in group.secret})
    api.before_request(guard(store, group.role, pace, concurrency, clock))
    api.before_request(once.before)
    api.after_request(once.after)
    api.after_request(AuditWriter(store, clock).after)
    group.declare(api)
    return api


class _Unused(BaseModel):
    """A model of the framework's errors, which are never told."""


def _describe(app: OpenAPI, groups: Iterable[Group]) -> None:
    """Make the description once, complete it, and serve it with its page."""
    app.generate_spec_json()  # type: ignore[no-untyped-call]  # flask-openapi left it untyped
    components = app.spec_json["components"]["schemas"]
    components.pop(_Unused.__name__, None)
    for schemas in (description.schemas, *(group.schemas for group in groups)):
        components.update(schemas())
    examples.show(app.spec_json)
    headers.describe(app.spec_json, frozenset().union(*(group.secret for group in groups)))
    app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(app.spec_json))
    about = {"name": "gpd-soap", "version": __version__}
    for version in ("", "/v2"):
        app.add_url_rule(f"{version}/info", f"info{version}", lambda: jsonify(about))
    page = RegisterPlugin.register(doc_url="openapi.json")
    app.register_blueprint(page)
    app.add_url_rule("/docs", "docs", app.view_functions["swagger.swagger"])


def _handle(app: Flask) -> None:
    """Turn whatever ends a request into a problem."""
    handlers: dict[type[Exception], Callable[[Any], Response]] = {
        Refused: lambda refused: _problem(refused.problem, refused.errors, refused.headers),
        Refusal: _refused,
        RequestEntityTooLarge: lambda _: _problem(problems.TOO_LARGE),
        HTTPException: _of_http,
        Unavailable: _unavailable,
        TimeoutError: _unavailable,
        Exception: _broken,
    }
    for kind, handler in handlers.items():
        app.register_error_handler(kind, handler)


def _problem(
    problem: Problem, errors: Iterable[FieldError] = (), headers: dict[str, str] | None = None
) -> Response:
    answer = jsonify(problem.body(errors))
    answer.status_code, answer.mimetype = problem.status, problems.KIND
    answer.headers.update(headers or {})
    return answer


def _refused(refusal: Refusal) -> Response:
    problem = problems.problem_of(refusal)
    headers = AGAIN if problem == problems.UNAVAILABLE else {}
    return _problem(problem, refusal.errors, headers)


def _told_badly(error: ValidationError) -> Response:
    """What the framework finds in a path or a query."""
    return _problem(problems.BAD_REQUEST, findings(error))


def _of_http(error: HTTPException) -> Response:
    if error.response is not None:
        assert isinstance(error.response, Response)
        return error.response
    status = error.code or 500
    answer = _problem(Problem(status, error.name, error.description or error.name))
    # WHY: a 405 must say what is allowed.
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def _unavailable(error: Unavailable | TimeoutError) -> Response:
    LOG.warning("the database could not take a request", exc_info=error)
    return _problem(problems.UNAVAILABLE, headers=AGAIN)


def _broken(error: Exception) -> Response:
    LOG.error("a request failed", exc_info=error)
    return _problem(problems.BROKEN)


def _finish(answer: Response) -> Response:
    answer.headers["X-Content-Type-Options"] = "nosniff"
    if "key" in g or answer.mimetype == problems.KIND:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _naming(environ: Environ, start_response: StartResponse) -> StartResponse:
    """Echo the request's id, or give it one, whatever answers."""
    told = environ.get("HTTP_X_REQUEST_ID", "")
    name = told if _SANE_ID.fullmatch(told) else uuid.uuid4().hex
    environ[trail.REQUEST_ID] = name

    def named(status: str, headers: list[tuple[str, str]], *more: object) -> object:
        return start_response(status, [*headers, (REQUEST_ID, name)], *more)

    return named
