"""From GPD's JSON to a position that can be kept, without clock or store.

`check` says what is wrong; `position_of` makes the position out of what is right, asking for a
notice number where none came.  "Not in the past" is for those who create and publish, not here: an
import may bring a position that has expired.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from gpd_soap.core.debt import Debtor, Metadata, Stamp, Transfer
from gpd_soap.core.notice import NoticeNumber, nav_of_iuv
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.validation import position_v1 as models
from gpd_soap.validation.finding import FieldError, findings
from gpd_soap.validation.position_rules import check_rules

#: The plan of installments that name none: GPD's first API knows one plan for each position.
PLAN = "PLAN"


class Checked(NamedTuple):
    """What came out of a check: a body that is in order, or the errors that keep it out."""

    body: models.Position | None
    errors: tuple[FieldError, ...]
    warnings: tuple[FieldError, ...]


def check(told: object, organization: str, *, lenient: bool = False) -> Checked:
    """Hold a decoded JSON value against every rule; all findings, none repeating a value.

    `organization` is whose position it is; `lenient` is for notice numbers (see `judge`).
    """
    try:
        body = models.Position.model_validate(told)
    except ValidationError as error:
        return Checked(None, findings(error), ())
    errors, warnings = check_rules(body, organization, lenient=lenient)
    return Checked(None if errors else body, errors, warnings)


def wanted_numbers(body: models.Position) -> int:
    """How many notice numbers have to be issued: one for each option that comes without."""
    return sum(option.iuv is None for option in body.payment_option)


def position_of(
    body: models.Position,
    organization: str,
    published_at: datetime | None,
    issue: Callable[[], NoticeNumber],
) -> NewPosition:
    """The position that a checked body describes; a draft where `published_at` is None.

    `issue` is called once for each option that came without a number, in their order.
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


def _debtor(body: models.Position) -> Debtor:
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
    option: models.Option,
    body: models.Position,
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


def _number(option: models.Option, issue: Callable[[], NoticeNumber]) -> tuple[str, str]:
    if option.iuv is None:
        number = issue()
        return number.nav, number.iuv
    return option.nav or nav_of_iuv(option.iuv), option.iuv


def _transfer(transfer: models.Transfer, organization: str) -> Transfer:
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


def _stamp(stamp: models.Stamp | None) -> Stamp | None:
    if stamp is None:
        return None
    return Stamp(stamp.hash_document, stamp.stamp_type, stamp.provincial_residence)


def _metadata(entries: list[models.Entry] | None) -> Metadata:
    return tuple((entry.key, entry.value) for entry in entries or ())
