"""What a service answers to a demand: what is due, by whom, and where it goes.

For those who write a service of their own.  Name a class in your distribution's entry points, in
the group `gpd_soap.services`; the entry point's name is the `kind` that a service is configured
with:

    [project.entry-points."gpd_soap.services"]
    parking = "our_parking:Parking"

What it needs is imported from `gpd_soap.plugins`, whose names are kept.  The class is made once,
without arguments, and shared by threads.  It needs one method, `quote` (see `SpontaneousService`),
and may have a second, `problem_with(settings) -> str | None`, which is asked when somebody
configures a service and says in a sentence what is wrong with the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from gpd_soap.core.codes import ANONYMOUS as UNNAMED
from gpd_soap.core.debt import Debtor, Metadata, Transfer
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition

ANONYMOUS = Debtor("F", UNNAMED, UNNAMED)


class Account(NamedTuple):
    """Where a whole amount goes: to the organization itself, on one account or either of two.

    Without `remittance_information`, the notice's description.
    """

    category: str
    iban: str | None = None
    postal_iban: str | None = None
    remittance_information: str | None = None


class Quote(NamedTuple):
    """One notice to be made; cents, UTC.

    `credit` is an account of the organization, or one to five transfers whose sum is the amount.
    Without `company_name`, the organization's name.
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
        """Say what is due for this service data, or refuse it.

        `data` came from outside: it is well-formed XML without a DOCTYPE, in whatever encoding it
        declares, and nothing else is known of it; `gpd_soap.contract.parsing.parse` reads it.
        `settings` is what the service was configured with; `now` is UTC.

        No transaction is open, so this may take its time, but the payer stands at a counter: the
        Node waits seconds.  It may be asked for a notice that in the end is not made.  An exception
        means that we failed; so does a quote that no answer could carry.  What a refusal says is
        read at the counter and kept in the journal: no personal data, no value of `data`.
        """


def broken(what: str, rule: str) -> Refusal:
    """Service data that cannot be taken; `what` names a declared element, never a value."""
    return Refusal(
        PaaFault.PAA_SINTASSI_XSD,
        f"I dati specifici del servizio non sono validi: {what}.",
        f"service data: {rule}",
    )


def position_of(
    quote: Quote, organization: str, name: str, number: NoticeNumber, now: datetime
) -> NewPosition:
    """The position that a quote asks for, payable at once."""
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
