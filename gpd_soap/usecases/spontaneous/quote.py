"""The quote of a service: the amount, the debtor, and the accounts.

A developer who writes a kind of service names a class in the entry points of a distribution,
in the group `gpd_soap.services`.  The name of the entry point is the `kind` of a service:

    [project.entry-points."gpd_soap.services"]
    parking = "our_parking:Parking"

The class imports what it needs from `gpd_soap.plugins`, whose names stay.  One instance is made,
without arguments, and threads share it.  The method `quote` is required (see `SpontaneousService`).
The method `problem_with(settings) -> str | None` is optional.  It is called when a service is
configured, and returns a sentence about what is wrong with the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from gpd_soap.core.codes import ANONYMOUS as ANONYMOUS_CODE
from gpd_soap.core.debt import Debtor, Metadata, Transfer
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition

ANONYMOUS = Debtor("F", ANONYMOUS_CODE, ANONYMOUS_CODE)


class Account(NamedTuple):
    """The account of the organization for the whole amount: bank, postal, or one of both.

    `remittance_information` is the description of the notice if it is None.
    """

    category: str
    iban: str | None = None
    postal_iban: str | None = None
    remittance_information: str | None = None


class Quote(NamedTuple):
    """One notice to issue; the amount is in cents, `due_at` has a zone.

    `credit` is an account of the organization, or one to five transfers whose sum is the amount.
    `company_name` is the name of the organization if it is None.
    """

    amount: int
    description: str
    due_at: datetime
    segregation_code: str
    credit: Account | tuple[Transfer, ...]
    debtor: Debtor = ANONYMOUS
    company_name: str | None = None
    office_name: str | None = None
    metadata: Metadata = ()


class SpontaneousService(Protocol):
    """A kind of service: the built-in one, or an entry point of the group `gpd_soap.services`."""

    def quote(self, data: bytes, settings: Mapping[str, Any], now: datetime) -> Quote | Refusal:
        """Return the quote for this service data, or refuse it.

        `data` comes from outside: it is well-formed XML without a DOCTYPE, in the encoding that it
        declares.  Nothing else is checked.  `gpd_soap.plugins.parse` reads it.  `settings` is the
        configuration of the service; `now` is UTC.

        No transaction is open during the call.  The Node waits for the answer for some seconds.
        A quote may be asked for without a notice being issued.  An exception, or a quote that no
        answer can carry, is a failure of ours.  The PSP shows the text of a refusal, and the
        journal stores it, so it must have no personal data and no value of `data`.
        """


def broken(what: str, rule: str) -> Refusal:
    """Return the refusal of invalid service data; `what` may name an element, never a value."""
    return Refusal(
        PaaFault.PAA_SINTASSI_XSD,
        f"I dati specifici del servizio non sono validi: {what}.",
        f"service data: {rule}",
    )


def position_of(
    quote: Quote, organization: str, name: str, number: NoticeNumber, now: datetime
) -> NewPosition:
    """Return the position of a quote, which is payable at once."""
    option = NewOption(
        nav=number.nav,
        iuv=number.iuv,
        amount=quote.amount,
        description=quote.description,
        plan=None,
        valid_from=None,
        due_at=quote.due_at,
        switch_to_expired=True,
        retention_at=None,
        last_payment=None,
        metadata=quote.metadata,
        transfers=_transfers(quote, organization, name),
    )
    return NewPosition(
        organization=organization,
        iupd=f"SPONTANEOUS-{number.nav}",
        debtor=quote.debtor,
        region=None,
        phone=None,
        company_name=quote.company_name or name,
        office_name=quote.office_name,
        pay_stand_in=False,
        published_at=now,
        withdrawn_at=None,
        options=(option,),
    )


def _transfers(quote: Quote, organization: str, name: str) -> tuple[Transfer, ...]:
    account = quote.credit
    if not isinstance(account, Account):
        return account
    return (
        Transfer(
            number=1,
            amount=quote.amount,
            organization=organization,
            company_name=quote.company_name or name,
            iban=account.iban,
            postal_iban=account.postal_iban,
            stamp=None,
            remittance_information=account.remittance_information or quote.description,
            category=account.category,
            metadata=(),
        ),
    )
