"""A debt position as GPD's first API writes it: its names, its optional fields, our limits.

Each field is checked here against its own limits; `position_rules` has the rules between fields.
SPEC: GPD, published API, `PaymentPositionModel`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.validation.fields import (
    Category,
    Cents,
    DebtorCode,
    Hash,
    Iban,
    Iupd,
    Optional16,
    Optional35,
    Optional70,
    Optional140,
    OptionalCountry,
    OptionalEmail,
    OrganizationCode,
    Province,
    ReadOnly,
    Since,
    Strict,
    Text35,
    Text50,
    Text70,
    Text140,
    Until,
)

#: LIMIT: options of a position; GPD sets no limit, and no real plan has so many installments.
MOST_OPTIONS = 1000


class Entry(Strict):
    """One entry of metadata."""

    key: Text140
    value: Text140


Entries = Annotated[list[Entry], Field(max_length=10)]


class Stamp(Strict):
    """A digital revenue stamp (marca da bollo) that the payment buys."""

    hash_document: Hash
    stamp_type: Literal["01"]
    provincial_residence: Province


class Transfer(Strict):
    """A transfer of an option.

    Without `organization_fiscal_code`, the beneficiary is the organization of the position.
    """

    id_transfer: Literal["1", "2", "3", "4", "5"]
    amount: Cents
    organization_fiscal_code: OrganizationCode | None = None
    company_name: Optional140 = None
    remittance_information: Text140
    category: Category
    iban: Iban | None = None
    postal_iban: Iban | None = None
    stamp: Stamp | None = None
    transfer_metadata: Entries | None = None


class Option(Strict):
    """A single payment or one installment of a plan.

    Without `iuv`, a notice number is issued for it.
    """

    nav: str | None = None
    iuv: Text35 | None = None
    amount: Cents
    description: Text140
    is_partial_payment: bool
    payment_plan_id: Text50 | None = None
    due_date: Until
    retention_date: Until | None = None
    fee: ReadOnly = None
    notification_fee: ReadOnly = None
    transfer: Annotated[list[Transfer], Field(min_length=1, max_length=5)]
    payment_option_metadata: Entries | None = None


class Position(Strict):
    """A debt position: the debtor, and every option to pay the debt."""

    iupd: Iupd
    kind: Annotated[Literal["F", "G"], Field(alias="type")]
    fiscal_code: DebtorCode
    full_name: Text70
    street_name: Optional70 = None
    civic_number: Optional16 = None
    postal_code: Optional16 = None
    city: Optional35 = None
    province: Optional35 = None
    region: Optional35 = None
    country: OptionalCountry = None
    email: OptionalEmail = None
    phone: Optional35 = None
    company_name: Text140
    office_name: Optional140 = None
    switch_to_expired: bool
    pay_stand_in: bool = True
    validity_date: Since | None = None
    payment_date: ReadOnly = None
    status: ReadOnly = None
    payment_option: Annotated[list[Option], Field(min_length=1, max_length=MOST_OPTIONS)]
