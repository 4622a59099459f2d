"""Checks a position in GPD's JSON and converts it to a position that can be stored.

`check` reports the errors, and `position_of` converts a body without errors.  Both use no clock and
no store.  A due date in the past is no error here, because a file may bring expired positions.  The
use cases that create and publish a position check that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from gpd_soap.core.debt import Debtor, Metadata, Stamp, Transfer
from gpd_soap.core.notice import NoticeNumber, nav_of_iuv
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.validation import position_v1
from gpd_soap.validation.finding import FieldError, findings
from gpd_soap.validation.position_rules import check_rules

#: The plan of installments without `paymentPlanId`: GPD's first API knows one plan a position.
PLAN = "PLAN"


class Checked(NamedTuple):
    """The result of a check: a valid body, or None and its errors; and the warnings."""

    body: position_v1.Position | None
    errors: tuple[FieldError, ...]
    warnings: tuple[FieldError, ...]


def check(value: object, organization: str, *, lenient: bool = False) -> Checked:
    """Return the result of checking a decoded JSON value against every rule.

    No finding repeats a value.  `organization` is the creditor of the position.  With `lenient`, a
    strange notice number is only a warning (see `check_rules`).
    """
    try:
        body = position_v1.Position.model_validate(value)
    except ValidationError as error:
        return Checked(None, findings(error), ())
    errors, warnings = check_rules(body, organization, lenient=lenient)
    return Checked(None if errors else body, errors, warnings)


def count_missing_numbers(body: position_v1.Position) -> int:
    """Return how many notice numbers must be issued: one for each option without `iuv`."""
    return sum(option.iuv is None for option in body.payment_option)


def position_of(
    body: position_v1.Position,
    organization: str,
    published_at: datetime | None,
    issue: Callable[[], NoticeNumber],
) -> NewPosition:
    """Return the position that a checked body describes, a draft if `published_at` is None.

    `issue` is called once for each option without a number, in their order.
    """
    return NewPosition(
        organization=organization,
        iupd=body.iupd,
        debtor=_debtor(body),
        region=body.region,
        phone=body.phone,
        company_name=body.company_name,
        office_name=body.office_name,
        pay_stand_in=body.pay_stand_in,
        published_at=published_at,
        withdrawn_at=None,
        options=tuple(_option(o, body, organization, issue) for o in body.payment_option),
    )


def _debtor(body: position_v1.Position) -> Debtor:
    return Debtor(
        kind=body.kind,
        code=body.fiscal_code,
        full_name=body.full_name,
        street_name=body.street_name,
        civic_number=body.civic_number,
        postal_code=body.postal_code,
        city=body.city,
        province=body.province,
        country=body.country,
        email=body.email,
    )


def _option(
    option: position_v1.Option,
    body: position_v1.Position,
    organization: str,
    issue: Callable[[], NoticeNumber],
) -> NewOption:
    nav, iuv = _number(option, issue)
    return NewOption(
        nav=nav,
        iuv=iuv,
        amount=option.amount,
        description=option.description,
        plan=(option.payment_plan_id or PLAN) if option.is_partial_payment else None,
        valid_from=body.validity_date,
        due_at=option.due_date,
        switch_to_expired=body.switch_to_expired,
        retention_at=option.retention_date,
        last_payment=None,
        metadata=_metadata(option.payment_option_metadata),
        transfers=tuple(_transfer(transfer, organization) for transfer in option.transfer),
    )


def _number(option: position_v1.Option, issue: Callable[[], NoticeNumber]) -> tuple[str, str]:
    if option.iuv is None:
        number = issue()
        return number.nav, number.iuv
    return option.nav or nav_of_iuv(option.iuv), option.iuv


def _transfer(transfer: position_v1.Transfer, organization: str) -> Transfer:
    return Transfer(
        number=int(transfer.id_transfer),
        amount=transfer.amount,
        organization=transfer.organization_fiscal_code or organization,
        company_name=transfer.company_name,
        iban=transfer.iban,
        postal_iban=transfer.postal_iban,
        stamp=_stamp(transfer.stamp),
        remittance_information=transfer.remittance_information,
        category=transfer.category,
        metadata=_metadata(transfer.transfer_metadata),
    )


def _stamp(stamp: position_v1.Stamp | None) -> Stamp | None:
    if stamp is None:
        return None
    return Stamp(stamp.hash_document, stamp.stamp_type, stamp.provincial_residence)


def _metadata(entries: list[position_v1.Entry] | None) -> Metadata:
    return tuple((entry.key, entry.value) for entry in entries or ())
