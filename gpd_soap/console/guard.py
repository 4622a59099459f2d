"""Decides, before each page, who looks at it and whether that is allowed; then records readings."""

from __future__ import annotations

import math
import re
import uuid
from functools import partial
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    NotFound,
    RequestEntityTooLarge,
    TooManyRequests,
)
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import gates, words
from gpd_soap.console.access import PAGES, Access
from gpd_soap.console.cookies import (
    language_of,
    last_organization,
    put_last_organization,
    session_of,
    wants_shortcuts,
)
from gpd_soap.console.parts import Parts
from gpd_soap.console.recording import PageRecord, subject_of_path
from gpd_soap.console.rendering import render
from gpd_soap.console.returning import kept_form
from gpd_soap.console.viewer import Viewer
from gpd_soap.console.words import _
from gpd_soap.store.access.audit import READ, Subject
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.configuration.read import Organization
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.people.operators import Operator
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.wrong_keys import address_of
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import Need, Sessions
from gpd_soap.wsgi.http import caller
from gpd_soap.wsgi.rate_limit import RateLimit

READING = ("GET", "HEAD")
#: LIMIT: 300 requests of an operator, or of an address without a session, in 10 s; a search while
#: typing makes some 40.
MOST_REQUESTS = 300
#: LIMIT: 2,000 fields of a form; a page with the longest list has some 300.
MOST_FIELDS = 2000
#: From this status on nothing was read.
NOT_READ = 300
REQUEST_ID = "X-Request-Id"
NUL, FORM = "\0", "application/x-www-form-urlencoded"
_REQUEST_ID_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")


class OtherSite(Forbidden):
    """Another site sent a form to us."""


def set_subjects(*subjects: Subject) -> None:
    """Name what a page is about, where its address does not, or names less."""
    g.subjects = subjects


class Guard:
    """Runs before and after each page."""

    def __init__(self, parts: Parts) -> None:
        """Use the store and the clock of these parts."""
        self._parts, self._sessions = parts, Sessions(parts.store)
        self._rate = RateLimit(MOST_REQUESTS if parts.settings.rate else 0)
        self._strangers = RateLimit(MOST_REQUESTS if parts.settings.rate else 0)

    def before(self) -> AnyResponse | None:
        """Returns an answer in place of the page, or None if the viewer may open it."""
        g.now = self._parts.clock()
        given = request.headers.get(REQUEST_ID, "")
        g.request_id = given if _REQUEST_ID_FORM.fullmatch(given) else uuid.uuid4().hex
        words.language.set(language_of(request))
        if request.method not in READING and not self._is_ours():
            raise OtherSite
        if request.endpoint is None:
            self._recognize()
            return None
        if _has_many_fields():
            raise RequestEntityTooLarge
        if _has_nul():
            raise BadRequest
        access = PAGES[request.endpoint]
        if access.open:
            self._slow_down()
            return None
        try:
            self._let_in(access)
        except people_refusals.SessionNotValid:
            self._slow_down()
            return sign_in()
        except people_refusals.StepUpNeeded:
            return step_up()
        return None

    def after(self, response: Response) -> Response:
        """Records the reading of a page about a person, and keeps whose pages were looked at."""
        code = (request.view_args or {}).get("organization")
        if g.get("viewer") is not None and code and code != last_organization(request):
            put_last_organization(response, code)
        access = PAGES.get(request.endpoint or "")
        if access is None or not access.person or g.get("viewer") is None:
            return response
        if request.method == READ and response.status_code < NOT_READ:
            subjects: tuple[Subject, ...] = g.get("subjects") or (subject_of_path(),)
            for each in subjects:
                row = g.record.row(each, status=response.status_code)
                self._parts.store.access_trail.write(row)
        return response

    def _slow_down(self) -> None:
        """Raises TooManyRequests if an address sends too many requests without a session.

        WHY: some of them store a row that lasts for minutes, such as what a passkey is to sign.
        """
        if request.endpoint != "static":
            _check(self._strangers.wait(address_of(caller(request.environ)), g.now))

    def _recognize(self) -> None:
        """Keep who looks at a page that is not there, so that its menu leads on."""
        try:
            operator = self._sessions.operator(session_of(request), g.now)
        except people_refusals.SessionNotValid:
            return
        organization = self._organization(operator)
        g.viewer = Viewer(operator, organization, words.language.get(), wants_shortcuts(request))

    def _let_in(self, access: Access) -> None:
        """Keep who looks at the page.

        Raises SessionNotValid, StepUpNeeded, NotFound for another's organization, Forbidden and
        TooManyRequests.
        """
        try:
            operator = self._operator(access)
        except refusals.OrganizationForbidden:
            raise NotFound from None
        except people_refusals.ScopeForbidden:
            raise Forbidden from None
        _check(self._rate.wait(operator.id, g.now))
        organization = self._organization(operator)
        g.viewer = Viewer(operator, organization, words.language.get(), wants_shortcuts(request))
        if not g.viewer.is_at_least(access.role):
            raise Forbidden
        confirm = partial(
            self._sessions.confirm, token=session_of(request), operator=operator, now=g.now
        )
        g.record = PageRecord(operator.id, g.now, g.request_id, confirm)

    def _operator(self, access: Access) -> Operator:
        """Returns the operator of the session.  Raises the refusals of Sessions.authorize."""
        token = session_of(request)
        code = (request.view_args or {}).get("organization")
        if access.every:
            return self._authorize(token, None, access)
        if code is not None:
            return self._authorize(token, code, access)
        operator = self._sessions.operator(token, g.now)
        if access.scope is None and not access.recent:
            return operator
        # WHY: a page about no organization needs the rights that its operator has in any.
        return self._authorize(token, next(iter(operator.organizations), None), access)

    def _authorize(self, token: str, code: str | None, access: Access) -> Operator:
        return self._sessions.authorize(token, Need(code, access.scope, access.recent), g.now)

    def _organization(self, operator: Operator) -> Organization | None:
        """Returns the organization of the page; without one, the only one or the last one.

        Raises NotFound if the one of the page is not registered.
        """
        code: str | None = (request.view_args or {}).get("organization")
        if code is not None:
            row = self._registered(code)
            if row is None:
                raise NotFound
            return row
        last = last_organization(request)
        if last and operator.serves(last):
            return self._registered(last)
        if len(operator.organizations) == 1 and not operator.serves_every:
            return self._registered(operator.organizations[0])
        return None

    def _registered(self, code: str) -> Organization | None:
        return read_only(self._parts.store, lambda c: configuration.organization(c, code))

    def _is_ours(self) -> bool:
        """Return whether a form was sent from a page of ours."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site == "same-origin"
        origin = urlsplit(request.headers.get("Origin", ""))
        own = {request.host, urlsplit(self._parts.address).netloc}
        return bool(origin.netloc) and origin.netloc in own


def _check(wait: float) -> None:
    """Raises TooManyRequests if there are seconds to wait."""
    if wait:
        raise TooManyRequests(retry_after=math.ceil(wait))


def _has_many_fields() -> bool:
    """Return whether a form has more fields than any page of ours, before they are read."""
    # WHY: a hundred thousand fields take a tenth of a second, and nobody needs a session for that.
    return request.mimetype == FORM and request.get_data().count(b"&") >= MOST_FIELDS


def _has_nul() -> bool:
    """Return whether the address or a field has the character that PostgreSQL stores in no text."""
    # WHY: a body with a file has bounds of its own, which its page sets before it is read.
    is_form = request.mimetype == FORM
    fields = [request.args, *([request.form] if is_form else [])]
    values = (value for each in fields for _name, value in each.items(multi=True))
    return NUL in request.path or any(NUL in value for value in values)


def is_from_elsewhere() -> bool:
    """Return whether a link of another site led here, so that the session's cookie stayed away."""
    # WHY: a browser sends a SameSite=Strict cookie once the page loads itself, and not before.
    site = request.headers.get("Sec-Fetch-Site")
    return request.method in READING and site in ("cross-site", "same-site")


def reload() -> Response:
    """Return a page that loads its own address once more."""
    return render("reload.html", title=_("Un momento"), address=request.full_path.rstrip("?"))


def sign_in() -> AnyResponse:
    """Return the way to sign in, after which the operator comes back here."""
    if is_from_elsewhere():
        return reload()
    here = request.full_path.rstrip("?")
    if request.method in READING:
        return redirect(url_for("sign_in.form", next=here), 303)
    return gates.sign_in(here, kept=kept_form(request.form.items(multi=True)), over=True)


def step_up() -> AnyResponse:
    """Return the way to prove a factor again, after which the operator comes back here."""
    here = request.full_path.rstrip("?")
    if request.method in READING:
        return redirect(url_for("step_up.form", next=here), 303)
    return gates.step_up(here, kept=kept_form(request.form.items(multi=True)))
