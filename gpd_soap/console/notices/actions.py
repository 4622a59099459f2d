"""What the operator of a page may do with a notice now, by the rules of the use cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from gpd_soap.console.story.verdict import NoticeStatus
from gpd_soap.console.viewer import Viewer
from gpd_soap.core import rome
from gpd_soap.core.case_id import no_case
from gpd_soap.store.access.keys import Role
from gpd_soap.store.people.operators import Scope
from gpd_soap.usecases.casework.opening import stored_receipt
from gpd_soap.usecases.notices.read import WholeNotice
from gpd_soap.usecases.positions import transitions
from gpd_soap.usecases.refusals import Refusal

#: States of a notice of which a document can be printed.
PRINTED = (NoticeStatus.TO_PAY, NoticeStatus.PAST_DUE, NoticeStatus.NOT_YET_VALID)


class Actions(NamedTuple):
    """What can be done; `restore_needs_date` if the due date of a withdrawn notice is past."""

    move_due: bool
    correct: bool
    publish: bool
    paid_elsewhere: bool
    withdraw: bool
    restore: bool
    restore_needs_date: bool
    pdf: bool
    open_case: bool

    def has_form(self, action: str) -> bool:
        """Whether the page has the form of an action, also after it was refused."""
        # WHY: the date that was typed must not be lost where somebody else has moved it meanwhile.
        return self.correct if action == "move_due" else bool(getattr(self, action))


def actions_of(
    notice: WholeNotice, standing: NoticeStatus, viewer: Viewer, now: datetime
) -> Actions:
    """Returns what a viewer may do with a notice at `now`."""
    stored, index = notice.stored, notice.option_index
    writes = viewer.is_at_least(Role.WRITER)
    corrects = writes and viewer.may(Scope.CORRECT)
    withdraws = writes and viewer.may(Scope.WITHDRAW)
    updatable = _allows(lambda: transitions.check_updatable(stored, now))
    withdrawn = stored.position.withdrawn_at is not None
    late = notice.option.due_at < now and notice.option.switch_to_expired
    tomorrow = rome.end_of_day(rome.day_of(now))
    restorable = _allows(lambda: transitions.restored(stored, tomorrow, now))
    elsewhere = _allows(lambda: transitions.check_payable_elsewhere(stored, index, now))
    return Actions(
        move_due=corrects and updatable and standing is NoticeStatus.EXPIRED,
        correct=corrects and updatable,
        publish=corrects and standing is NoticeStatus.DRAFT,
        paid_elsewhere=corrects and elsewhere and not withdrawn,
        withdraw=withdraws and _allows(lambda: transitions.check_invalidable(stored, now)),
        restore=withdraws and withdrawn and restorable,
        restore_needs_date=late,
        pdf=viewer.sees_persons and standing in PRINTED,
        open_case=may_open_case(viewer) and _may_have_case(notice),
    )


def may_open_case(viewer: Viewer) -> bool:
    """Returns whether a viewer may open a case on a receipt."""
    return viewer.is_at_least(Role.WRITER) and viewer.may(Scope.REFUND)


def _may_have_case(notice: WholeNotice) -> bool:
    """Returns whether a case may be opened on the receipt that paid a notice."""
    paying = [each for each in notice.receipts if each.receipt_id == notice.progress.receipt_id]
    return bool(paying) and no_case(stored_receipt(paying[0])) is None


def _allows(check: Callable[[], object]) -> bool:
    """Returns whether a check refuses nothing."""
    try:
        check()
    except Refusal:
        return False
    return True
