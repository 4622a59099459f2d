"""Makes pages of templates.  A template never fails silently: what it names must be there."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from flask import Flask, Response, g, make_response, render_template, request, url_for
from jinja2 import StrictUndefined

from gpd_soap import __version__
from gpd_soap.console import formats, menu, words
from gpd_soap.console.assets import assets
from gpd_soap.console.done import DONE, UNDONE
from gpd_soap.console.words import _
from gpd_soap.console.work import calls

#: Filters that need the language of the page.
SPOKEN = {
    "money": formats.money,
    "count": formats.count,
    "percent": formats.percent,
    "milliseconds": formats.milliseconds,
    "day": formats.day,
    "instant": formats.instant,
}
#: Filters that need none.
PLAIN = {
    "clock": formats.clock,
    "fours": formats.by_fours,
    "last_four": formats.last_four,
    "iso": datetime.isoformat,
    "method": calls.method_words,
}


def set_up(app: Flask) -> None:
    """Give an application the filters and the words of the templates."""
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.add_extension("jinja2.ext.do")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(_, words.ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by i18n
    for name, function in SPOKEN.items():
        environment.filters[name] = _spoken(function)
    environment.filters.update(PLAIN)
    environment.globals.update(asset=asset_address, version=__version__)
    app.context_processor(_everywhere)


def render(template: str, /, status: int = 200, **values: Any) -> Response:
    """Return a page; `title` is its title, with which its first heading begins."""
    return make_response(render_template(template, **values), status)


def asset_address(name: str) -> str:
    """Return the address of a file of the folder `static`."""
    return url_for("static", filename=assets()[name].address)


def _spoken(function: Any) -> Any:
    def apply(value: Any, **options: Any) -> str:
        text: str = function(value, words.language.get(), **options)
        return text

    return apply


def _everywhere() -> dict[str, Any]:
    """Return what every template may name."""
    current = g.get("viewer")
    values: dict[str, Any] = {
        "viewer": current,
        "language": words.language.get(),
        "languages": words.LANGUAGES,
        "done": DONE.get(request.args.get("done", "")),
        "is_undone": request.args.get("done") in UNDONE,
        "now": g.now,
        "request_id": g.request_id,
        "here": request.full_path.rstrip("?"),
    }
    if current is not None:
        values |= {
            "menu": menu.links(current, menu.MAIN),
            "action": menu.links(current, (menu.ACTION,)),
            "mine": menu.links(current, menu.MINE),
            "page_address": partial(menu.address, current),
            "is_open": partial(menu.is_open, current),
        }
    return values
