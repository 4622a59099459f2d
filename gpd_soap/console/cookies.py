"""The cookies of the console: session, known browser, visit to a provider, habits."""

from __future__ import annotations

from datetime import timedelta

from flask import Request
from werkzeug.wrappers import Response

from gpd_soap.console.words import LANGUAGES, preferred

#: WHY: browsers take a cookie with this prefix only if it is Secure, of the whole host and of no
#: other one.
SESSION, VISIT, BROWSER = "__Host-gpd", "__Host-gpd-visit", "__Host-gpd-browser"
LANGUAGE, SHORTCUTS, LAST = "gpd-language", "gpd-shortcuts", "gpd-last"
#: LIMIT: 10 minutes at the provider.
VISIT_LASTS = timedelta(minutes=10)
#: LIMIT: half a year in which a browser is known after its last new operator.
BROWSER_LASTS = timedelta(days=180)
#: LIMIT: a year for the habits of a browser.
HABIT_LASTS = timedelta(days=365)


def session_of(request: Request) -> str:
    """Return the id of the session that a browser sends; empty if it sends none."""
    return request.cookies.get(SESSION, "")


def put_session(response: Response, token: str) -> None:
    """Give the browser a session, until it is closed."""
    response.set_cookie(SESSION, token, secure=True, httponly=True, samesite="Strict", path="/")


def drop_session(response: Response) -> None:
    """Have the browser forget the session."""
    response.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="Strict")


def put_visit(response: Response, secret: str) -> None:
    """Give the browser the secret of its visit to the OpenID provider."""
    response.set_cookie(
        VISIT, secret, VISIT_LASTS, secure=True, httponly=True, samesite="Lax", path="/"
    )


def drop_visit(response: Response) -> None:
    """Have the browser forget the visit."""
    response.delete_cookie(VISIT, path="/", secure=True, httponly=True, samesite="Lax")


def marks_of(request: Request) -> str:
    """Return the marks of the operators who have signed in in this browser."""
    return request.cookies.get(BROWSER, "")


def put_marks(response: Response, marks: str) -> None:
    """Give the browser the marks of the operators who have signed in in it."""
    response.set_cookie(
        BROWSER, marks, BROWSER_LASTS, secure=True, httponly=True, samesite="Strict", path="/"
    )


def language_of(request: Request) -> str:
    """Return the language that the operator chose in this browser, or the browser's own."""
    chosen = request.cookies.get(LANGUAGE, "")
    return chosen if chosen in LANGUAGES else preferred(request.accept_languages.values())


def wants_shortcuts(request: Request) -> bool:
    """Return whether single keys do something in this browser."""
    return request.cookies.get(SHORTCUTS) != "off"


def put_habits(response: Response, language: str, *, shortcuts: bool) -> None:
    """Keep the language and the use of single keys in this browser."""
    _put_habit(response, LANGUAGE, language)
    _put_habit(response, SHORTCUTS, "on" if shortcuts else "off")


def last_organization(request: Request) -> str:
    """Return the code of the organization whose pages were looked at last; it may be any text."""
    return request.cookies.get(LAST, "")


def put_last_organization(response: Response, code: str) -> None:
    """Keep the organization whose pages were looked at last, for the pages that are of none."""
    _put_habit(response, LAST, code)


def _put_habit(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name, value, HABIT_LASTS, secure=True, httponly=True, samesite="Lax", path="/console"
    )
