"""What we answer for a payable notice: what is due (verify) and how to pay it (getPayment)."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.core.debt import Metadata, Notice, Stamp, Transfer
from gpd_soap.core.faults import PaaFault, Refusal

IBANAPPOGGIO = "IBANAPPOGGIO"


class NoticeDue(NamedTuple):
    """What a payer owes on a notice at this moment; `all_ccp` as defined for allCCP."""

    organization: str
    notice: Notice
    all_ccp: bool
    rule: str = "payable"


class PaymentTransfer(NamedTuple):
    """One transfer as it goes out: the account (or stamp) chosen, the metadata completed."""

    transfer: Transfer
    iban: str | None
    stamp: Stamp | None
    metadata: Metadata


class PaymentDue(NamedTuple):
    """Everything a payment needs: the notice and where each share goes."""

    notice: Notice
    shares: tuple[PaymentTransfer, ...]
    rule: str = "payable"


def due(organization: str, notice: Notice) -> NoticeDue:
    """What verify answers for a payable notice that is known with its transfers."""
    # SPEC: pagopa-ec.md 1.1: allCCP says that every transfer has a postal account.
    return NoticeDue(organization, notice, all(t.postal_iban for t in notice.transfers))


def offer(notice: Notice, wanted: str | None, *, stamps: bool) -> PaymentDue | Refusal:
    """Choose the accounts for a payable notice by the request's transferType (DESIGN 4).

    `wanted` is POSTAL, PAGOPA or None.  `stamps` says whether the primitive can carry a stamp
    (only V2 can); a position with one is refused elsewhere, as is POSTAL without an account.
    """
    if not stamps and any(t.stamp for t in notice.transfers):
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            "L'avviso comprende una marca da bollo, acquistabile solo con paGetPaymentV2.",
            "offer: paGetPayment cannot carry a stamp",
        )
    if wanted == "POSTAL" and not _first_is_postal(notice):
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            "È richiesto l'accredito su conto corrente postale, ma l'avviso non ne ha uno"
            " per il primo versamento.",
            "offer: transfer 1 has no postal account",
        )
    return PaymentDue(notice, tuple(_share(transfer, wanted) for transfer in notice.transfers))


def _first_is_postal(notice: Notice) -> bool:
    return any(t.number == 1 and t.postal_iban for t in notice.transfers)


def _share(transfer: Transfer, wanted: str | None) -> PaymentTransfer:
    bank, postal = transfer.iban, transfer.postal_iban
    if transfer.stamp is not None:
        return PaymentTransfer(transfer, None, transfer.stamp, transfer.metadata)
    if wanted == "PAGOPA" and bank and postal:
        return PaymentTransfer(transfer, bank, None, _with_support(transfer.metadata, postal))
    account = postal or bank if wanted == "POSTAL" else bank or postal
    return PaymentTransfer(transfer, account, None, transfer.metadata)


def _with_support(metadata: Metadata, postal: str) -> Metadata:
    kept = tuple(entry for entry in metadata if entry[0] != IBANAPPOGGIO)
    return (*kept, (IBANAPPOGGIO, postal))
