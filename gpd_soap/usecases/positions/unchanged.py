"""What an update leaves unchanged: the fields that the caller has read, or could not read.

A read shows times in Rome without a zone, the first validity of all notices, and no debtor.  A
value that is the one shown changes nothing, so that an answer can be sent back as an update.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gpd_soap.core import money, rome
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases import refusals
from gpd_soap.validation import position_v1
from gpd_soap.validation.convert import PLAN
from gpd_soap.validation.finding import FieldError, path

#: Fields of a notice that GPD's first API neither shows nor changes.
UNKNOWN_TO_V1 = ("last_payment", "option_description", "send", "live")
PLAN_NEEDED = "the plan of the installment, because the position has several"


def valid_from(stored: Stored) -> datetime | None:
    """Returns the validity that a read shows: the first; without any, the publication, as GPD."""
    instants = [each.valid_from for each in stored.position.options if each.valid_from is not None]
    return min(instants) if instants else stored.position.published_at


def expires(position: NewPosition) -> bool:
    """Returns the `switchToExpired` that a read shows: true if every notice expires."""
    return all(option.switch_to_expired for option in position.options)


def is_shown(value: datetime | None, stored: datetime | None) -> bool:
    """Returns whether a time of a request is the stored one, as a read shows it."""
    if value is None or stored is None:
        return value is stored
    return value in (stored, rome.without_fold(stored))


def completed(body: position_v1.Position, stored: Stored) -> position_v1.Position:
    """Returns the body, with the stored value of each field that an answer to a read lacks."""
    if not isinstance(body, position_v1.ReadPosition):
        return body
    position, debtor = stored.position, stored.position.debtor
    known: dict[str, Any] = {
        **debtor._asdict(),
        "fiscal_code": debtor.code,
        "region": position.region,
        "phone": position.phone,
        "pay_stand_in": position.pay_stand_in,
        "switch_to_expired": expires(position),
    }
    missing = known.keys() & type(body).model_fields.keys() - body.model_fields_set
    return body.model_copy(update={name: known[name] for name in missing})


def with_base_amounts(body: position_v1.Position, stored: Stored) -> position_v1.Position:
    """Returns the body with base amounts: those that a read shows include the notification fee.

    Raises UpdateLosesFee if a notice with a fee would have no transfer that can carry it.  Raises
    InvalidPosition if an amount and its fee are out of range.
    """
    organization, errors = stored.position.organization, []
    pairs = zip(stored.position.options, stored.progress, strict=True)
    fees = {option.iuv: progress.notification_fee for option, progress in pairs}
    options = []
    for index, option in enumerate(body.payment_option):
        fee = fees.get(option.iuv or "", 0)
        if fee and _fee_transfer(option, organization) is None:
            raise refusals.UpdateLosesFee
        base = _base(option, fee, organization)
        amounts = [base.amount, *(each.amount for each in base.transfer)]
        if min(amounts) < money.MIN or base.amount + fee > money.MAX_CENTS:
            field = path("paymentOption", index, "amount")
            errors.append(FieldError(field, "range", "an amount that its notification fee allows"))
        options.append(base)
    if errors:
        raise refusals.InvalidPosition(errors)
    return body.model_copy(update={"payment_option": options})


def _base(option: position_v1.Option, fee: int, organization: str) -> position_v1.Option:
    """Returns an option of a request without the fee that its amounts include."""
    if not isinstance(option, position_v1.ReadOption):
        return option
    # WHY: the fee may have changed since the read, so that the one that was shown counts.
    shown = option.notification_fee
    shown = shown if type(shown) is int and shown >= 0 else fee
    transfers, index = [*option.transfer], _fee_transfer(option, organization)
    if index is not None:
        amount = transfers[index].amount - shown
        transfers[index] = transfers[index].model_copy(update={"amount": amount})
    return option.model_copy(update={"amount": option.amount - shown, "transfer": transfers})


def _fee_transfer(option: position_v1.Option, organization: str) -> int | None:
    """Returns the index of the transfer that carries a notification fee (Money, rule 4)."""
    transfers = option.transfer
    own = [
        index
        for index, each in enumerate(transfers)
        if each.organization_fiscal_code in (None, organization)
    ]
    return min(own, key=lambda index: transfers[index].id_transfer, default=None)


def merged(
    option: NewOption, before: NewOption, body: position_v1.Position, stored: Stored
) -> NewOption:
    """Returns a notice of an update with the stored values that the update leaves unchanged."""
    option = option._replace(**{name: getattr(before, name) for name in UNKNOWN_TO_V1})
    if body.switch_to_expired == expires(stored.position):
        option = option._replace(switch_to_expired=before.switch_to_expired)
    if is_shown(option.due_at, before.due_at):
        option = option._replace(due_at=before.due_at)
    if is_shown(option.retention_at, before.retention_at):
        option = option._replace(retention_at=before.retention_at)
    return option


def with_plans(body: position_v1.Position, stored: Stored) -> position_v1.Position:
    """Returns the body with the stored plan of each installment, if it names no plan.

    GPD's first API knows one plan, and its answers to a read name none.  Raises InvalidPosition if
    an installment is new and the position has several plans.
    """
    plans = {option.iuv: option.plan for option in stored.position.options if option.plan}
    options = body.payment_option
    if any(option.payment_plan_id for option in options) or set(plans.values()) <= {PLAN}:
        return body
    known = [plans.get(option.iuv or "") for option in options]
    only = next(iter(plans.values())) if len(set(plans.values())) == 1 else None
    errors = [
        FieldError(path("paymentOption", index, "paymentPlanId"), "required", PLAN_NEEDED)
        for index, (option, plan) in enumerate(zip(options, known, strict=True))
        if option.is_partial_payment and (plan or only) is None
    ]
    if errors:
        raise refusals.InvalidPosition(errors)
    return body.model_copy(
        update={
            "payment_option": [
                option.model_copy(update={"payment_plan_id": plan or only})
                if option.is_partial_payment
                else option
                for option, plan in zip(options, known, strict=True)
            ]
        }
    )
