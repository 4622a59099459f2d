"""A debt position as GPD's first API writes it: its names, its optional fields, our limits.

Each field is checked here against its own limits; `position_rules` has the rules between fields.
SPEC: GPD, published API, `PaymentPositionModel`; the read-only fields are those of its answers.
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
    Prose140,
    Province,
    ReadOnly,
    Since,
    Text35,
    Text50,
    Text70,
    Text140,
    Until,
)
from gpd_soap.validation.gpd_model import GpdModel

#: LIMIT: options of a position; GPD sets no limit, and no real plan has so many installments.
MOST_OPTIONS = 1000


#: Fields that GPD shows and does not read, at each level and in each of its APIs.
_SHOWN = frozenset({"status", "insertedDate", "lastUpdatedDate", "serviceType"})
SHOWN_OF_TRANSFER = _SHOWN
SHOWN_OF_POSITION = _SHOWN | {"organizationFiscalCode", "publishDate", "paymentDate"}
#: Those of a notice that is read by its number are fields of its position too.
SHOWN_OF_OPTION = _SHOWN | {
    *("organizationFiscalCode", "paymentDate", "reportingDate", "paymentMethod", "fee"),
    *("notificationFee", "pspCode", "pspTaxCode", "pspCompany", "idReceipt", "idFlowReporting"),
    *("lastUpdatedDateNotificationFee", "debtPositionStatus", "iupd", "payStandIn"),
    *("companyName", "officeName", "type", "fiscalCode", "fullName", "streetName"),
    *("civicNumber", "postalCode", "city", "province", "region", "country", "email", "phone"),
}


class Entry(GpdModel):
    """One entry of metadata."""

    key: Text140
    value: Prose140


Entries = Annotated[list[Entry], Field(max_length=10)]


class Stamp(GpdModel):
    """A digital revenue stamp (marca da bollo) that the payment buys."""

    hash_document: Hash
    stamp_type: Literal["01"]
    provincial_residence: Province


class Transfer(GpdModel):
    """A transfer of an option.

    Without `organization_fiscal_code`, the beneficiary is the organization of the position.
    """

    read_only = SHOWN_OF_TRANSFER

    id_transfer: Literal["1", "2", "3", "4", "5"]
    amount: Cents
    organization_fiscal_code: OrganizationCode | None = None
    company_name: Optional140 = None
    remittance_information: Prose140
    category: Category
    iban: Iban | None = None
    postal_iban: Iban | None = None
    stamp: Stamp | None = None
    transfer_metadata: Entries | None = None


class Option(GpdModel):
    """A single payment or one installment of a plan.

    Without `iuv`, a notice number is issued for it.
    """

    read_only = SHOWN_OF_OPTION

    nav: str | None = None
    iuv: Text35 | None = None
    amount: Cents
    description: Prose140
    is_partial_payment: bool
    payment_plan_id: Text50 | None = None
    due_date: Until
    retention_date: Until | None = None
    fee: ReadOnly = None
    notification_fee: ReadOnly = None
    transfer: Annotated[list[Transfer], Field(min_length=1, max_length=5)]
    payment_option_metadata: Entries | None = None


class ReadOption(Option):
    """An option as GPD's answer to a read shows it: its amounts include the notification fee."""

    read_only = SHOWN_OF_OPTION - {"notificationFee"}


class Position(GpdModel):
    """A debt position: the debtor, and every option to pay the debt.

    Fields that only answers have are dropped, here and below.
    """

    read_only = SHOWN_OF_POSITION

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


class ReadPosition(Position):
    """A position as GPD's answer to a read shows it, sent back: it lacks the debtor.

    A field that such an answer does not show may be left out, and keeps the stored value.
    """

    fiscal_code: DebtorCode | None = None  # type: ignore[assignment]  # optional here alone
    full_name: Text70 | None = None  # type: ignore[assignment]  # the same
    switch_to_expired: bool | None = None  # type: ignore[assignment]  # the same
    payment_option: Annotated[  # type: ignore[assignment]  # options of a read, which are others
        list[ReadOption], Field(min_length=1, max_length=MOST_OPTIONS)
    ]


def model_of(item: object) -> type[Position]:
    """Return the model of a position in an update: only an answer has `insertedDate`."""
    is_read = isinstance(item, dict) and "insertedDate" in item
    return ReadPosition if is_read else Position
