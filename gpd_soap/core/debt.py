"""The facts of a debt as the store keeps them: immutable, complete, without a state.

State is not stored: it is derived from these facts and the clock at each question (Payable).
Amounts are integer cents (Money, rule 1); instants are UTC (Time, rule 1).
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

Metadata = tuple[tuple[str, str], ...]


class NodeRoute(NamedTuple):
    """The organization, broker and station that a message names."""

    organization: str
    broker: str
    station: str


class RouteCheck(NamedTuple):
    """What our configuration says about a route."""

    organization_name: str | None
    broker_known: bool
    station_serves: bool

    @property
    def organization_known(self) -> bool:
        """Whether the organization is one of ours."""
        return self.organization_name is not None


class Stamp(NamedTuple):
    """A digital revenue stamp (marca da bollo) to be bought with a transfer."""

    document_hash: str
    kind: str
    province: str


class Transfer(NamedTuple):
    """One transfer of a notice: an amount to a beneficiary's account, or for a stamp."""

    number: int
    amount: int
    organization: str
    company_name: str | None
    iban: str | None
    postal_iban: str | None
    stamp: Stamp | None
    remittance_information: str
    category: str
    metadata: Metadata


class Debtor(NamedTuple):
    """The debtor.  This is personal data and is never logged."""

    kind: str
    code: str
    full_name: str
    street_name: str | None = None
    civic_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    province: str | None = None
    country: str | None = None
    email: str | None = None


class Notice(NamedTuple):
    """One notice: a payment option with the facts of its position.

    `plan` names the installment plan; it is None for a single option.  `alternative_paid` is true
    if an option that excludes this one was paid or reported (Alternatives, rule 1).  `version`
    counts the changes of the position.  `revision` counts the changes of the option, and also the
    changes that a person makes to its position.  `debtor` is the option's own, or else the
    position's.  `amount` is what is due: the base amount and `notification_fee`.  The transfers
    have their base amounts; `core.payment.with_fee` adds the fee to one.  `send`: the notification
    platform has a price for the notice.  `live`: the back office is asked for the amount.
    """

    iupd: str
    version: int
    published_at: datetime | None
    withdrawn_at: datetime | None
    company_name: str
    office_name: str | None
    debtor: Debtor
    nav: str
    iuv: str
    revision: int
    amount: int
    description: str
    plan: str | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    retention_at: datetime | None
    last_payment: bool | None
    metadata: Metadata
    paid_at: datetime | None
    reported_at: datetime | None
    alternative_paid: bool
    option_description: str | None = None
    notification_fee: int = 0
    send: bool = False
    live: bool = False
    transfers: tuple[Transfer, ...] = ()
