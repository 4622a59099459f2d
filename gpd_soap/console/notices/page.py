"""The page of one notice, also as the answer to a change that was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, g, request

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.notices.actions import actions_of
from gpd_soap.console.notices.refused import CHANGED, OVERTAKEN, Problem, by_field
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.story.telephone import call_about
from gpd_soap.console.story.timeline import story_of
from gpd_soap.console.story.verdict import SIGNS, verdict
from gpd_soap.console.story.ways import ways_of
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.core import rome
from gpd_soap.core.debt import Debtor
from gpd_soap.store.access.audit import Subject
from gpd_soap.usecases.notices import read
from gpd_soap.usecases.notices.read import NoticeRetired, WholeNotice

#: How far ahead a new due date is proposed.
TWO_WEEKS = timedelta(days=14)


def notice_page(
    parts: Parts,
    nav: str,
    *,
    status: int = 200,
    action: str = "",
    given: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    """Returns the page of a notice; of a refused `action` with what was `given`.

    A number that was retired has a page that says so.  Raises NoticeNotFound for any other.
    """
    try:
        notice = read.read(parts.store, viewer().code, nav, g.now)
    except NoticeRetired as retired:
        gone: dict[str, Any] = {"retired_at": retired.retired_at, "nav": nav, "signs": SIGNS}
        return render("notices/retired.html", title=_("Numero ritirato per sempre"), **gone)
    set_subjects(Subject(nav, notice.stored.position.iupd))
    values = values_of(notice)
    is_there = not action or values["can"].has_form(action)
    if not is_there and status == CHANGED:
        problems = [("", _(OVERTAKEN))]
    return render(
        "notices/notice.html",
        status,
        attempted=action,
        is_there=is_there,
        given=given or {},
        problems=list(problems),
        wrong=by_field(list(problems)),
        order=request.args.get("order", ""),
        **values,
    )


def values_of(notice: WholeNotice) -> dict[str, Any]:
    """Returns what the template of a notice needs, and that of a dry verify."""
    now = g.now
    standing = verdict(notice, now)
    story = story_of(notice, now)
    return {
        "title": notice.option.description,
        "notice": notice,
        "debtor": debtor_of(notice),
        "verdict": standing,
        "story": story,
        "call": call_about(notice, standing, story),
        "can": actions_of(notice, standing.standing, viewer(), now),
        "ways": ways_of(notice.stored, now),
        "this_nav": notice.option.nav,
        "position_notices": len(notice.stored.position.options),
        "proposed_due": rome.day_of(now) + TWO_WEEKS,
        "today": rome.day_of(now).isoformat(),
        "signs": SIGNS,
    }


def debtor_of(notice: WholeNotice) -> Debtor:
    """Return the debtor of a notice: its own, or else its position's."""
    own = notice.option.debtor
    return notice.stored.position.debtor if own is None else own.debtor
