"""GPD's rules on dates and states: which positions can be created, updated, published, paid.

SPEC: GPD `DebtPositionValidation`; Alternatives, rules 1 to 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from gpd_soap.core import money
from gpd_soap.core.payment import fee_transfer
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.state import PositionState, position_state
from gpd_soap.store.positions.read import Progress, Stored
from gpd_soap.usecases import refusals
from gpd_soap.validation import position_v1
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
RESTORED = {
    PositionState.DRAFT,
    PositionState.PUBLISHED,
    PositionState.VALID,
    PositionState.PARTIALLY_PAID,
}
INVALIDABLE = {PositionState.PUBLISHED, PositionState.VALID}


def read(
    items: Sequence[Any], list_name: str | None = None, *, update: bool = False
) -> list[position_v1.Position]:
    """Returns JSON values as positions.  Raises Malformed with the errors of all of them.

    `list_name` is the field of the list in the request, None for a single position.  In an update,
    an answer to a read is a position too.
    """
    errors: list[FieldError] = []
    bodies = []
    for index, item in enumerate(items):
        try:
            model = position_v1.model_of(item) if update else position_v1.Position
            bodies.append(model.model_validate(item))
        except ValidationError as error:
            errors += findings(error, path(list_name, index) if list_name else "")
    if errors:
        raise refusals.Malformed(errors)
    return bodies


def check_new(
    body: position_v1.Position, organization: str, now: datetime, *, lenient: bool
) -> tuple[list[FieldError], list[FieldError]]:
    """Returns the errors and the warnings of a new position, by the rules on fields and dates."""
    errors, warnings = check_rules(body, organization, lenient=lenient)
    dates = list(overdue([option.due_date for option in body.payment_option], now))
    if body.validity_date is not None and body.validity_date <= now:
        dates.insert(0, FieldError("validityDate", "past", "a time after now, or none"))
    return [*errors, *dates], list(warnings)


def overdue(due_dates: Iterable[datetime | None], now: datetime) -> Iterator[FieldError]:
    """Yields the error of each due date that is past; None is the date of an exempt notice."""
    for index, due_at in enumerate(due_dates):
        if due_at is not None and due_at < now:
            yield FieldError(path("paymentOption", index, "dueDate"), "past", "not before now")


def check_updatable(stored: Stored, now: datetime) -> None:
    """Raises NotUpdatable if a position was withdrawn or has a payment."""
    if position_state(stored.facts, now) in NOT_UPDATABLE or _has_payment(stored):
        raise refusals.NotUpdatable


def check_deletable(stored: Stored, now: datetime) -> None:
    """Raises PaymentFound if a position has a payment."""
    if position_state(stored.facts, now) in PAID or _has_payment(stored):
        raise refusals.PaymentFound


def check_publishable(stored: Stored, now: datetime) -> None:
    """Raises a refusal if a position is no draft, or its dates do not allow publication now."""
    if position_state(stored.facts, now) is not PositionState.DRAFT:
        raise refusals.NotPublishable
    check_publication_dates(stored.position.options, now)


def check_publication_dates(options: Sequence[NewOption], now: datetime) -> None:
    """Raises a refusal if the dates of these notices do not allow to publish them now."""
    if any(each.valid_from is not None and each.due_at < each.valid_from for each in options):
        raise refusals.DueBeforeValidity
    late = list(overdue((each.due_at for each in options), now))
    if late:
        raise refusals.PublishedAfterDue(late)
    if any(each.valid_from is not None and each.valid_from < now for each in options):
        raise refusals.PublishedAfterValidity


def check_invalidable(stored: Stored, now: datetime) -> None:
    """Raises NotInvalidable if a position is neither published nor valid."""
    if position_state(stored.facts, now) not in INVALIDABLE:
        raise refusals.NotInvalidable


def restored(stored: Stored, due_at: datetime | None, now: datetime) -> NewPosition:
    """Returns the content of a position that is payable again (Alternatives, rule 7).

    Raises NotRestorable if it is neither withdrawn nor expired, is paid, would not be payable, or
    if its debtor was forgotten.
    """
    position = stored.position
    state = position_state(stored.facts, now)
    if (
        stored.forgotten_at is not None
        or state in PAID_IN_FULL
        or (position.withdrawn_at is None and state is not PositionState.EXPIRED)
    ):
        raise refusals.NotRestorable
    pairs = zip(position.options, stored.progress, strict=True)
    options = tuple(
        option._replace(due_at=due_at) if due_at and _has_expired(option, progress, now) else option
        for option, progress in pairs
    )
    new = position._replace(withdrawn_at=None, options=options)
    facts = stored._replace(position=new).facts
    if position_state(facts, now) not in RESTORED:
        raise refusals.NotRestorable
    return new


def _has_expired(option: NewOption, progress: Progress, now: datetime) -> bool:
    return option.switch_to_expired and option.due_at < now and not progress.settled


def check_payable_elsewhere(stored: Stored, index: int, now: datetime) -> None:
    """Raises a refusal if notice `index` is paid, or excluded by a paid alternative.

    The notice of a draft or of a withdrawn position passes (Alternatives, rule 4).
    """
    if position_state(stored.facts, now) in PAID_IN_FULL or stored.progress[index].settled:
        raise refusals.AlreadyPaid
    if None in _settled_plans(stored):
        raise refusals.AlreadyPaid
    if is_excluded(stored, stored.position.options[index].plan):
        raise refusals.NoticeExcluded


def check_fee(stored: Stored, index: int, fee: int) -> None:
    """Raises a refusal if notice `index` cannot have this notification fee (Money, rule 4).

    The state of its position does not matter: a draft may be notified before it is published.
    """
    option = stored.position.options[index]
    if stored.progress[index].has_payment:
        raise refusals.FeeOfPaidNotice
    if fee_transfer(stored.position.organization, option.transfers) is None:
        raise refusals.NoTransferForFee
    if option.amount + fee > money.MAX_CENTS:
        expected = f"at most {money.MAX_CENTS} cents with the amount of the notice"
        raise refusals.InvalidPosition([FieldError("notificationFee", "range", expected)])


def check_readable(stored: Stored, index: int, now: datetime) -> None:
    """Raises a refusal if GPD answers that there is no notice `index`, when read by its number.

    SPEC: GPD, published code, `PaymentsService`: no notice that a paid alternative excludes or
    whose validity has not begun, so that nobody takes it for payable.
    """
    option, settled = stored.position.options[index], stored.progress[index].settled
    if not settled and (
        position_state(stored.facts, now) in PAID_IN_FULL or is_excluded(stored, option.plan)
    ):
        raise refusals.NoticeExcluded
    if option.valid_from is not None and option.valid_from > now:
        raise refusals.NoticeNotYetValid


def is_unreported(stored: Stored, index: int, transfer_index: int) -> bool:
    """Returns True if a transfer was not reported before.  Raises TransferNotPaid if unpaid."""
    if not stored.progress[index].settled:
        raise refusals.TransferNotPaid
    return stored.progress[index].reported[transfer_index] is None


def _settled_plans(stored: Stored) -> list[str | None]:
    """Returns the plan of each settled notice, None for a single one."""
    pairs = zip(stored.position.options, stored.progress, strict=True)
    return [option.plan for option, progress in pairs if progress.settled]


def is_excluded(stored: Stored, plan: str | None) -> bool:
    """Returns whether a settled notice excludes the unsettled notices of a plan."""
    return any(plan is None or other != plan for other in _settled_plans(stored))


def _has_payment(stored: Stored) -> bool:
    return any(progress.has_payment for progress in stored.progress)
