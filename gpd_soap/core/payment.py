"""The answers for a payable notice: what is due (verify) and how to pay it (getPayment)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gpd_soap.core.debt import Metadata, NodeRoute, Notice, Stamp, Transfer
from gpd_soap.core.faults import PaaFault, Refusal

IBANAPPOGGIO = "IBANAPPOGGIO"
NOTIFICATION_FEE = "NOTIFICATION_FEE"


class NoticeDue(NamedTuple):
    """What a payer owes on a notice now; `all_ccp`: every transfer has a postal account."""

    organization: str
    notice: Notice
    all_ccp: bool
    rule: str = "payable"


class PaymentTransfer(NamedTuple):
    """One transfer as it is answered: with the chosen account or stamp, and complete metadata."""

    transfer: Transfer
    iban: str | None
    stamp: Stamp | None
    metadata: Metadata


class PaymentDue(NamedTuple):
    """What a payment needs: the notice, and the account or stamp of each transfer."""

    notice: Notice
    transfers: tuple[PaymentTransfer, ...]
    rule: str = "payable"


def due(organization: str, notice: Notice) -> NoticeDue:
    """Return what verify answers for a payable notice with its transfers (Payable, rule 9)."""
    return NoticeDue(organization, notice, all(t.postal_iban for t in notice.transfers))


def offer(notice: Notice, transfer_type: str | None, *, stamps: bool) -> PaymentDue | Refusal:
    """Return the payment of a payable notice, or the refusal of Payable, rule 10 or 11.

    `transfer_type` is the request's transferType: POSTAL, PAGOPA or None.  It chooses the accounts.
    `stamps` is true if the primitive can carry a stamp, as only paGetPaymentV2 can.
    """
    if not stamps and any(t.stamp for t in notice.transfers):
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            "L'avviso comprende una marca da bollo, acquistabile solo con paGetPaymentV2.",
            "offer: paGetPayment cannot carry a stamp",
        )
    if transfer_type == "POSTAL" and not _first_is_postal(notice):
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            "È richiesto l'accredito su conto corrente postale, ma l'avviso non ne ha uno"
            " per il primo versamento.",
            "offer: transfer 1 has no postal account",
        )
    return PaymentDue(notice, tuple(_transfer(each, transfer_type) for each in notice.transfers))


def fee_transfer(organization: str, transfers: Sequence[Transfer]) -> int | None:
    """Return the index of the transfer that carries a notification fee, or None.

    It is the organization's own transfer with the lowest number (Money, rule 4).
    """
    own = [n for n, each in enumerate(transfers) if each.organization == organization]
    return min(own, key=lambda n: transfers[n].number, default=None)


def with_fee(organization: str, notice: Notice) -> Notice:
    """Return the notice with its notification fee in a transfer and metadata (Money, rule 4)."""
    index = fee_transfer(organization, notice.transfers) if notice.notification_fee else None
    if index is None:
        return notice
    transfers = [*notice.transfers]
    base = transfers[index]
    transfers[index] = base._replace(amount=base.amount + notice.notification_fee)
    others = (entry for entry in notice.metadata if entry[0] != NOTIFICATION_FEE)
    metadata = (*others, (NOTIFICATION_FEE, str(notice.notification_fee)))
    return notice._replace(transfers=tuple(transfers), metadata=metadata)


def _first_is_postal(notice: Notice) -> bool:
    return any(t.number == 1 and t.postal_iban for t in notice.transfers)


def _transfer(transfer: Transfer, transfer_type: str | None) -> PaymentTransfer:
    bank, postal = transfer.iban, transfer.postal_iban
    if transfer.stamp is not None:
        return PaymentTransfer(transfer, None, transfer.stamp, transfer.metadata)
    if transfer_type == "PAGOPA" and bank and postal:
        return PaymentTransfer(transfer, bank, None, _with_postal(transfer.metadata, postal))
    account = postal or bank if transfer_type == "POSTAL" else bank or postal
    return PaymentTransfer(transfer, account, None, transfer.metadata)


def _with_postal(metadata: Metadata, postal: str) -> Metadata:
    others = tuple(entry for entry in metadata if entry[0] != IBANAPPOGGIO)
    return (*others, (IBANAPPOGGIO, postal))


class Demand(NamedTuple):
    """A request for a notice; `data` is the XML of the service, unchecked."""

    route: NodeRoute
    service_id: str
    subject_id: str
    data: bytes


class NoticeIssued(NamedTuple):
    """The notice for a demand; `again` is true if an earlier, equal demand issued it."""

    due: NoticeDue
    again: bool

    @property
    def rule(self) -> str:
        """The decision as text, for the journal."""
        return "demand: the notice made before" if self.again else "demand: a new notice"
