"""What a position must be to be created, updated, published: GPD's rules on dates and states.

Source: spec/gpd-reference.md 2.4, 2.5; spec/pagopa-ec.md 5.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from gpd_soap.core.state import PositionState, position_state
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases import refusals
from gpd_soap.validation import position_v1 as models
from gpd_soap.validation.finding import FieldError, findings, path
from gpd_soap.validation.position_rules import check_rules

NOT_UPDATABLE = {
    PositionState.INVALID,
    PositionState.PARTIALLY_PAID,
    PositionState.PAID,
    PositionState.REPORTED,
}
PAID = NOT_UPDATABLE - {PositionState.INVALID}
PAID_IN_FULL = {PositionState.PAID, PositionState.REPORTED}
INVALIDABLE = {PositionState.PUBLISHED, PositionState.VALID}


def read(told: Sequence[Any], place: str | None = None) -> list[models.Position]:
    """Take JSON values for positions; BAD REQUEST with all that is wrong in any of them."""
    errors: list[FieldError] = []
    bodies = []
    for at, each in enumerate(told):
        try:
            bodies.append(models.Position.model_validate(each))
        except ValidationError as error:
            errors += findings(error, path(place, at) if place else "")
    if errors:
        raise refusals.Malformed(errors)
    return bodies


def hold(
    body: models.Position, organization: str, now: datetime, *, new: bool, lenient: bool
) -> tuple[list[FieldError], list[FieldError]]:
    """Hold a position against every rule between its fields and the clock: errors, warnings."""
    errors, warnings = check_rules(body, organization, lenient=lenient)
    return [*errors, *_dates(body, now, new=new)], list(warnings)


def _dates(body: models.Position, now: datetime, *, new: bool) -> Iterator[FieldError]:
    if new and body.validity_date is not None and body.validity_date <= now:
        yield FieldError("validityDate", "past", "a time after now, or none")
    # SPEC: gpd-reference.md 2.4: what stays payable after its due date may be updated after it.
    if new or body.switch_to_expired:
        for at, option in enumerate(body.payment_option):
            if option.due_date < now:
                yield FieldError(path("paymentOption", at, "dueDate"), "past", "not before now")


def updatable(stored: Stored, now: datetime) -> None:
    """Refuse to change what was withdrawn, or where money is known to have moved."""
    if position_state(stored.facts, now) in NOT_UPDATABLE or _touched(stored):
        raise refusals.NotUpdatable


def deletable(stored: Stored, now: datetime) -> None:
    """Refuse to delete where money is known to have moved."""
    if position_state(stored.facts, now) in PAID or _touched(stored):
        raise refusals.PaymentFound


def publishable(stored: Stored, now: datetime) -> None:
    """Refuse to publish what is no draft, or a draft that came too late."""
    if position_state(stored.facts, now) is not PositionState.DRAFT:
        raise refusals.NotPublishable
    options = stored.position.options
    if any(each.valid_from is not None and each.due_at < each.valid_from for each in options):
        raise refusals.DueBeforeValidity
    if any(each.due_at < now for each in options):
        raise refusals.PublishedAfterDue
    if any(each.valid_from is not None and each.valid_from < now for each in options):
        raise refusals.PublishedAfterValidity


def invalidable(stored: Stored, now: datetime) -> None:
    """Refuse to withdraw what is not published, is paid, or can no longer be paid anyway."""
    if position_state(stored.facts, now) not in INVALIDABLE:
        raise refusals.NotInvalidable


def payable_elsewhere(stored: Stored, at: int, now: datetime) -> None:
    """Refuse to call a notice paid that is paid, or that another payment excludes.

    A draft and a withdrawn one may be: money is a fact, wherever it was taken.
    """
    plan = stored.position.options[at].plan
    if position_state(stored.facts, now) in PAID_IN_FULL or stored.progress[at].settled:
        raise refusals.AlreadyPaid
    pairs = zip(stored.position.options, stored.progress, strict=True)
    settled = [option.plan for option, progress in pairs if progress.settled]
    if None in settled:
        raise refusals.AlreadyPaid
    if any(plan is None or other != plan for other in settled):
        raise refusals.NoticeNotFound


def reportable(stored: Stored, at: int, which: int) -> bool:
    """Whether a report of a transfer says something new; Refusal where its notice is not paid."""
    if not stored.progress[at].settled:
        raise refusals.TransferNotPaid
    return stored.progress[at].reported[which] is None


def _touched(stored: Stored) -> bool:
    return any(progress.has_payment for progress in stored.progress)
