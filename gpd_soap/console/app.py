"""The application under `/console`: its pages, its headers, and the pages of its errors."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from flask import Flask, Response, g, request
from werkzeug.exceptions import NotFound

from gpd_soap.console import failures, pages, rendering
from gpd_soap.console.access import PAGES
from gpd_soap.console.assets import FOR_EVER, by_address
from gpd_soap.console.guard import REQUEST_ID, Guard
from gpd_soap.console.parts import Parts
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Unavailable, read_only
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import Wsgi
from gpd_soap.wsgi.lazy_rule import LazyRule

#: WHY: `data:` is for icons inside style sheets.  Nothing inline is ever run or applied.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: LIMIT: 1 MiB of fields, and 1,000 of them; files have a bound of their own.
MOST_FIELDS = 1 << 20

#: The name of the console where no organization gives its own.
NAME = "gpd-soap"

logger = logging.getLogger(__name__)


class PageWithoutAccess(Exception):
    """A page has no row in the table of access, or a row has no page."""


def console_app(parts: Parts) -> Wsgi:
    """Return the application that serves every page of the console.

    Raises PageWithoutAccess if a page is not in the table of access.
    """
    return flask_app(parts).wsgi_app


def flask_app(parts: Parts) -> Flask:
    """Return the application, for tests that look at its pages."""
    app = Flask("gpd_soap.console", static_folder=None, template_folder="templates")
    app.url_rule_class = LazyRule
    app.config["MAX_CONTENT_LENGTH"] = parts.settings.max_body
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST_FIELDS
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    rendering.set_up(app)
    app.jinja_env.globals.update(
        has_passkeys=parts.passkeys is not None,
        has_provider=parts.oidc is not None,
        house=lambda: _house(parts.store),
    )
    guard = Guard(parts)
    app.before_request(guard.before)
    app.after_request(guard.after)
    app.after_request(_secure)
    app.add_url_rule("/console/static/<filename>", "static", _static)
    for module in page_modules():
        app.register_blueprint(module.make_blueprint(parts))
    failures.add_handlers(app)
    check_access(app)
    return app


def page_modules() -> Iterator[ModuleType]:
    """Yield every module of `pages` that has a `make_blueprint`."""
    for each in pkgutil.walk_packages(pages.__path__, f"{pages.__name__}."):
        module = importlib.import_module(each.name)
        if hasattr(module, "make_blueprint"):
            yield module


def check_access(app: Flask) -> None:
    """Raise PageWithoutAccess unless the pages are those of the table of access."""
    missing = app.view_functions.keys() - PAGES.keys()
    if missing:
        raise PageWithoutAccess(", ".join(sorted(missing)))


def _house(store: Store) -> str:
    """Return the name of the only organization; ours if there are none or many."""
    if "house" not in g:
        # WHY: the page that says that the database is away must not wait for it again.
        g.house = NAME if g.get("is_away") else _only_name(store)
    name: str = g.house
    return name


def _only_name(store: Store) -> str:
    page = PageRequest(1, 0)
    try:
        rows, total = read_only(store, lambda c: configuration.organizations(c, page))
    except (Unavailable, TimeoutError):
        return NAME
    return rows[0].name if total == 1 else NAME


def _static(filename: str) -> Response:
    asset = by_address().get(filename)
    if asset is None:
        raise NotFound
    response = Response(asset.content, content_type=asset.kind)
    if asset.compressed:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"]:
            response.set_data(asset.compressed)
            response.content_encoding = "gzip"
    response.headers["Cache-Control"] = FOR_EVER
    return response


def _secure(response: Response) -> Response:
    """Add the headers of every answer."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers[REQUEST_ID] = g.get("request_id", "")
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
        response.vary.add("Cookie")
    return response
