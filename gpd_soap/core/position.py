"""A new debt position: complete and checked, and not stored yet."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.core.debt import Debtor, Metadata, Transfer


class OptionDebtor(NamedTuple):
    """The debtor of one option, where it is not the position's; never logged."""

    debtor: Debtor
    region: str | None = None
    phone: str | None = None


class NewOption(NamedTuple):
    """One notice of a new position, in cents and UTC; `plan` is None for a single option.

    `amount` is the base amount.  `debtor` is None if it is the position's.
    """

    nav: str
    iuv: str
    amount: int
    description: str
    plan: str | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    retention_at: datetime | None
    last_payment: bool | None
    metadata: Metadata
    transfers: tuple[Transfer, ...]
    debtor: OptionDebtor | None = None
    option_description: str | None = None
    send: bool = False
    live: bool = False


class NewPosition(NamedTuple):
    """A debt that an organization creates, with every way to pay it."""

    organization: str
    iupd: str
    debtor: Debtor
    region: str | None
    phone: str | None
    company_name: str
    office_name: str | None
    pay_stand_in: bool
    published_at: datetime | None
    withdrawn_at: datetime | None
    options: tuple[NewOption, ...]
    service_type: str = "GPD"
