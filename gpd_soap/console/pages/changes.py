"""What an operator changes in a notice; a refusal shows the notice again, with what was typed."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.notices.correcting import Form, correction_page
from gpd_soap.console.notices.fields import Unfit, day_of, payment_instant, reason_of
from gpd_soap.console.notices.page import notice_page
from gpd_soap.console.notices.refused import problems_of, status_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.viewer import viewer
from gpd_soap.core import rome
from gpd_soap.usecases.notices import read
from gpd_soap.usecases.notices.read import WholeNotice
from gpd_soap.usecases.positions.correct import Correction, correct
from gpd_soap.usecases.positions.create import WriteOptions
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.refusals import Refusal

UNFIT = 422


class Changes:
    """One method for each change."""

    def __init__(self, parts: Parts) -> None:
        """Use these collaborators."""
        self._parts = parts

    def move_due(self, organization: str, nav: str) -> AnyResponse:
        """Move the due date of a notice."""

        def work(notice: WholeNotice) -> None:
            due = day_of(request.form.get("due", ""), "due")
            # WHY: an update lets a date pass that is the stored one, though it is past.
            if rome.end_of_day(due) < g.now:
                raise Unfit("due", "past")
            reason = reason_of(request.form.get("reason", ""))
            correction = Correction(nav, due_date=due.isoformat())
            options = WriteOptions(viewer().actor, record=g.record, reason=reason)
            position = position_of(notice)
            correct(self._parts.store, position, notice.stored, correction, g.now, options)

        return self._change(nav, "move_due", "due-moved", work)

    def publish(self, organization: str, nav: str) -> AnyResponse:
        """Publish the draft of a notice."""
        return self._change(
            nav, "publish", "published", lambda notice: self._ledger.publish(position_of(notice))
        )

    def withdraw(self, organization: str, nav: str) -> AnyResponse:
        """Withdraw the position of a notice."""

        def work(notice: WholeNotice) -> None:
            reason = reason_of(request.form.get("withdraw_reason", ""), "withdraw_reason")
            self._ledger.invalidate(position_of(notice), reason)

        return self._change(nav, "withdraw", "withdrawn", work)

    def restore(self, organization: str, nav: str) -> AnyResponse:
        """Make a withdrawn notice payable again."""

        def work(notice: WholeNotice) -> None:
            reason = reason_of(request.form.get("reason", ""))
            text = request.form.get("due", "")
            due_at = rome.end_of_day(day_of(text, "due")) if text else None
            if due_at is not None and due_at < g.now:
                raise Unfit("due", "past")
            self._ledger.restore(position_of(notice), reason, due_at)

        return self._change(nav, "restore", "restored", work)

    def paid_elsewhere(self, organization: str, nav: str) -> AnyResponse:
        """Mark a notice as paid outside pagoPA."""

        def work(notice: WholeNotice) -> None:
            day = day_of(request.form.get("paid_on", ""), "paid_on")
            paid_at = payment_instant(day, g.now)
            reason = reason_of(request.form.get("paid_reason", ""), "paid_reason")
            # WHY: the page may be older than the position, and the position may change until the
            # transaction has it locked.
            matches = position_of(notice).etag_matches
            self._ledger.paid_elsewhere(
                organization, nav, paid_at, reason=reason, etag_matches=matches
            )

        return self._change(nav, "paid_elsewhere", "paid-elsewhere", work)

    def correct(self, organization: str, nav: str) -> Response:
        """Return the form that corrects a notice."""
        notice = read.read(self._parts.store, organization, nav, g.now)
        return correction_page(notice, Form.of(notice))

    def send_correction(self, organization: str, nav: str) -> AnyResponse:
        """Show what a correction changes; save it once that was seen."""
        notice = read.read(self._parts.store, organization, nav, g.now)
        form = Form(request.form.to_dict())
        try:
            correction = form.correction(notice, sees_persons=viewer().sees_persons)
            reason = reason_of(form.get("reason"))
            saves = form.was_seen
            options = WriteOptions(
                viewer().actor, dry_run=not saves, record=g.record, reason=reason
            )
            result = correct(
                self._parts.store, position_of(notice), notice.stored, correction, g.now, options
            )
        except Unfit as unfit:
            return correction_page(notice, form, UNFIT, [unfit.problem])
        except Refusal as refusal:
            return correction_page(notice, form, status_of(refusal), problems_of(refusal))
        if saves:
            return _done(nav, "corrected")
        return correction_page(notice, form, after=result.stored[0])

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self._parts.store, self._parts.clock, viewer().actor, g.record)

    def _change(
        self, nav: str, action: str, done: str, work: Callable[[WholeNotice], object]
    ) -> AnyResponse:
        """Does a change, or returns the page of the notice with what is wrong."""
        notice = read.read(self._parts.store, viewer().code, nav, g.now)
        try:
            work(notice)
        except Unfit as unfit:
            status, problems = UNFIT, [unfit.problem]
        except Refusal as refusal:
            status, problems = status_of(refusal), problems_of(refusal)
        else:
            return _done(nav, done)
        given = request.form.to_dict()
        return notice_page(
            self._parts, nav, status=status, action=action, given=given, problems=problems
        )


def position_of(notice: WholeNotice) -> PositionRef:
    """Return the position of a notice as the form of this request saw it."""
    seen = request.form.get("etag", "")
    iupd = notice.stored.position.iupd
    return PositionRef(viewer().code, iupd, lambda etag: etag == seen)


def _done(nav: str, word: str) -> AnyResponse:
    return redirect(url_for("notices.show", organization=viewer().code, nav=nav, done=word), 303)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the changes of a notice."""
    changes = Changes(parts)
    one = "/console/<organization>/notices/<nav>"
    blueprint = Blueprint("changes", __name__)
    blueprint.add_url_rule(f"{one}/correct", "correct", changes.correct)
    sent = {
        "due": ("move_due", changes.move_due),
        "correct": ("send_correction", changes.send_correction),
        "publish": ("publish", changes.publish),
        "paid-elsewhere": ("paid_elsewhere", changes.paid_elsewhere),
        "withdraw": ("withdraw", changes.withdraw),
        "restore": ("restore", changes.restore),
    }
    for path, (name, view) in sent.items():
        blueprint.add_url_rule(f"{one}/{path}", name, view, methods=["POST"])
    return blueprint
