"""The application of the admin listener: GPD's API, its OpenAPI document and page, and health.

A failure is answered by its status alone, without details.  Every answer names its request.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from flask import Flask, Response, jsonify
from flask.json.provider import DefaultJSONProvider
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from flask_openapi_swagger.plugins import RegisterPlugin
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gpd_soap import __version__
from gpd_soap.api import openapi, pages, problems, refused
from gpd_soap.api.audit import routes as audit
from gpd_soap.api.audit import trail
from gpd_soap.api.audit.trail import AuditWriter
from gpd_soap.api.auth import guard
from gpd_soap.api.body_size import bounded, too_large
from gpd_soap.api.concurrency import Concurrency, Limits
from gpd_soap.api.configuration import routes as configuration
from gpd_soap.api.document import asyncapi, openapi_document
from gpd_soap.api.documents import routes as documents
from gpd_soap.api.documents.printers import AS_BY_DEFAULT, OpenPrinter
from gpd_soap.api.events import routes as events
from gpd_soap.api.groups import Group
from gpd_soap.api.headers import REQUEST_ID
from gpd_soap.api.history import routes as history
from gpd_soap.api.idempotency import Idempotency
from gpd_soap.api.jobs import routes as jobs
from gpd_soap.api.journal import routes as journal
from gpd_soap.api.keys import routes as keys
from gpd_soap.api.loads import routes as loads
from gpd_soap.api.metrics import Scrape
from gpd_soap.api.positions import routes as positions
from gpd_soap.api.problems import RETRY_LATER, Problem, Refused
from gpd_soap.api.receipts import routes as receipts
from gpd_soap.api.search import routes as search
from gpd_soap.api.subscriptions import routes as subscriptions
from gpd_soap.api.versions import use_first_version
from gpd_soap.clock import Clock
from gpd_soap.features.webhooks.manage import Subscriptions
from gpd_soap.features.webhooks.options import Options
from gpd_soap.monitoring.scrape import METRICS, Text
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.authentication import Authentication, WrongKeyObserver, unobserved
from gpd_soap.usecases.access.wrong_keys import WrongKeys
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.usecases.worklist import Cases
from gpd_soap.validation.finding import FieldError, findings
from gpd_soap.wsgi.http import LIVE, READY, Environ, Ready, StartResponse, Wsgi, state
from gpd_soap.wsgi.lazy_rule import LazyRule
from gpd_soap.wsgi.rate_limit import RateLimit


class Monitoring(NamedTuple):
    """What tells of the face: the facts of our health, the metrics, the counter of wrong keys."""

    ready: Ready
    text: Text
    observe_wrong_key: WrongKeyObserver = unobserved


class Features(NamedTuple):
    """Where events may be sent, and what makes the printer of documents."""

    webhooks: Options = Options()
    open_printer: OpenPrinter = AS_BY_DEFAULT


NO_LIMITS, BY_DEFAULT = Limits(), Features()
_REQUEST_ID_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")

logger = logging.getLogger(__name__)


def admin_app(
    store: Store,
    clock: Clock,
    cases: Cases,
    monitoring: Monitoring,
    limits: Limits = NO_LIMITS,
    features: Features = BY_DEFAULT,
) -> Wsgi:
    """Returns the application of the admin listener.

    `clock` returns the UTC time of each request, and `cases` is the worklist.  `limits` bounds the
    requests of a key and of all keys.
    """
    concurrency = Concurrency(limits)
    authenticate = Authentication(store, WrongKeys(limits.wrong_keys), monitoring.observe_wrong_key)
    app = flask_app(store, clock, cases, concurrency, authenticate, features)
    _add_monitoring(app, monitoring.ready, Scrape(store, authenticate, clock, monitoring.text))
    api = concurrency.bound(app.wsgi_app, (LIVE, READY, METRICS))

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        use_first_version(environ, app.url_map)
        return api(environ, _with_request_id(environ, start_response))

    return application


def flask_app(
    store: Store,
    clock: Clock,
    cases: Cases,
    concurrency: Concurrency,
    authenticate: Authentication | None = None,
    features: Features = BY_DEFAULT,
) -> OpenAPI:
    """Returns the API alone, without health, metrics and request ids.

    Without `authenticate`, wrong keys have no bound.
    """
    authenticate = authenticate or Authentication(store, WrongKeys(0))
    app = OpenAPI(
        "gpd_soap.api",
        validation_error_callback=_invalid_parameters,
        doc_ui=False,
        static_folder=None,
    )
    app.url_rule_class = LazyRule
    app.before_request(bounded(concurrency.limits.sizes))
    # WHY: by default the page sends the document to validator.swagger.io.
    app.config["SWAGGER_CONFIG"] = {"validatorUrl": None, "persistAuthorization": False}
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.sort_keys = False
    groups = [
        positions.group(store, clock),
        history.group(store),
        search.group(store, clock),
        receipts.group(store, clock, cases),
        *documents.groups(store, clock, features.open_printer),
        loads.group(store, clock),
        events.group(store, features.webhooks.key),
        subscriptions.group(Subscriptions(store, clock, features.webhooks)),
        jobs.group(store, clock),
        journal.group(store, clock),
        configuration.group(store),
        keys.group(store, clock),
        audit.group(store),
    ]
    rate_limit = RateLimit(concurrency.limits.rate)
    for group in groups:
        check = guard(authenticate, group, rate_limit, concurrency, clock)
        app.register_api(_blueprint(group, store, clock, check))
    _add_documents(app, groups)
    _add_error_handlers(app)
    app.after_request(pages.secure)
    return app


def _add_monitoring(app: Flask, ready: Ready, scrape: Scrape) -> None:
    """Adds health, metrics and the page at `/`, which are no part of the API."""

    def health(facts: Ready) -> Response:
        healthy, body = state(facts())
        return Response(body, 200 if healthy else 503, mimetype="application/json")

    # WHY: a proxy may guard these paths, so that each has one form.
    app.add_url_rule(LIVE, "live", lambda: health(tuple), strict_slashes=True)
    app.add_url_rule(READY, "ready", lambda: health(ready), strict_slashes=True)
    app.add_url_rule(METRICS, "metrics", scrape, strict_slashes=True)
    app.add_url_rule("/", "home", pages.home)


def _blueprint(group: Group, store: Store, clock: Clock, check: Callable[[], None]) -> APIBlueprint:
    """Returns the operations of a group, each after `check`, without their descriptions."""
    # WHY: a description of every operation takes as long as all else at a server's start.
    api = APIBlueprint(group.name, __name__, doc_ui=False)
    secret, persons = (
        {f"{group.name}.{operation}" for operation in operations}
        for operations in (group.secret, group.persons)
    )
    idempotency = Idempotency(store, clock, secret)
    api.before_request(check)
    api.before_request(idempotency.before)
    api.after_request(idempotency.after)
    api.after_request(AuditWriter(store, clock, persons).after)
    group.declare(api)
    return api


def _add_documents(app: Flask, groups: Sequence[Group]) -> None:
    """Serves the OpenAPI document with its page, the AsyncAPI document, and the version."""
    openapi.serve(app, "openapi", lambda: openapi_document.document(__version__, groups))
    openapi.serve(app, "asyncapi", lambda: asyncapi.document(__version__))
    info = {"name": "gpd-soap", "version": __version__}
    for version in ("", "/v2"):
        app.add_url_rule(f"{version}/info", f"info{version}", lambda: jsonify(info))
    page = RegisterPlugin.register(doc_url="openapi.json")
    app.register_blueprint(page)
    app.add_url_rule("/docs", "docs", app.view_functions["swagger.swagger"])


def _add_error_handlers(app: Flask) -> None:
    """Turns every exception into a problem."""
    handlers: dict[type[Exception], Callable[[Any], Response]] = {
        Refused: lambda refused: _problem(refused.problem, refused.errors, refused.headers),
        Refusal: _refused,
        RequestEntityTooLarge: lambda _: _problem(too_large()),
        HTTPException: _http_exception,
        Unavailable: _unavailable,
        TimeoutError: _unavailable,
        Exception: _failed,
    }
    for kind, handler in handlers.items():
        app.register_error_handler(kind, handler)


def _problem(
    problem: Problem,
    errors: Iterable[FieldError] = (),
    headers: dict[str, str] | None = None,
    **members: str,
) -> Response:
    response = jsonify(problem.body(errors, **members))
    response.status_code, response.mimetype = problem.status, problems.CONTENT_TYPE
    response.headers.update(headers or {})
    return response


def _refused(refusal: Refusal) -> Response:
    problem, headers = refused.problem_of(refusal), refused.headers_of(refusal)
    return _problem(problem, refusal.errors, headers, **refused.members_of(refusal))


def _invalid_parameters(error: ValidationError) -> Response:
    """Returns the answer to a path or a query that breaks its model."""
    return _problem(problems.BAD_REQUEST, findings(error))


def _http_exception(error: HTTPException) -> Response:
    if error.response is not None:
        assert isinstance(error.response, Response)
        return error.response
    status = error.code or 500
    response = _problem(Problem(status, error.name, error.description or error.name))
    # WHY: HTTP requires Allow with a 405, so the headers of the exception are kept.
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unavailable(error: Unavailable | TimeoutError) -> Response:
    logger.warning("the database could not serve a request, which was answered 503", exc_info=error)
    return _problem(problems.UNAVAILABLE, headers=RETRY_LATER)


def _failed(error: Exception) -> Response:
    logger.error("a request failed and was answered 500", exc_info=error)
    return _problem(problems.BROKEN)


def _with_request_id(environ: Environ, start_response: StartResponse) -> StartResponse:
    """Returns a `start_response` that adds the request's id, a new one if it brought none."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    request_id = given if _REQUEST_ID_FORM.fullmatch(given) else uuid.uuid4().hex
    environ[trail.REQUEST_ID] = request_id

    def start(status: str, headers: list[tuple[str, str]], *more: object) -> object:
        return start_response(status, [*headers, (REQUEST_ID, request_id)], *more)

    return start
