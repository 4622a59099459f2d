"""Who may take away the data of many persons."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.cookies import session_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.viewer import viewer
from gpd_soap.store.people.operators import Scope
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import Need, Sessions

#: LIMIT: persons whose data are handed out without a factor that was just proved.
MANY_PERSONS = 100


def step_up_for(parts: Parts, persons: int) -> AnyResponse | None:
    """Return the way to prove a factor again, if so many persons need it; else None.

    Raises Forbidden for who may see no persons.
    """
    if not viewer().sees_persons:
        raise Forbidden
    if persons <= MANY_PERSONS:
        return None
    try:
        need = Need(viewer().code, Scope.PERSONS, recent=True)
        Sessions(parts.store).authorize(session_of(request), need, g.now)
    except people_refusals.StepUpNeeded:
        return redirect(url_for("step_up.form", next=request.path), 303)
    return None
