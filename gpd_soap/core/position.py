"""A debt position on its way in: complete, checked, not yet kept."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.core.debt import Debtor, Metadata, Transfer


class NewOption(NamedTuple):
    """One notice of a new position; `plan` is None for a single option.  Cents, UTC."""

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


class NewPosition(NamedTuple):
    """What a creditor asks of a debtor, with every way to pay it."""

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
