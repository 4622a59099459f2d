"""The payment options (OdP) of a notice: every way to pay its debt, each with its status.

`payable` decides whether an installment can be paid; this module translates its answer into the
statuses of the contract.  Source: Payment options, rules 1 to 5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core.debt import Notice
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.payable import DRAFT, EXPIRED, NOT_YET_VALID, PAID, REPORTED, UNKNOWN, payable

NOT_OURS = Refusal(
    PaaFault.PAA_ID_DOMINIO_ERRATO,
    "L'ente indicato non è tra quelli serviti.",
    "configuration: the organization is not ours",
)

#: The error code and HTTP status of each fault in this contract (Payment options, rule 5).
ODP_ERRORS = {
    "PAA_SINTASSI": ("ODP-101", 400),
    "PAA_SEMANTICA": ("ODP-102", 422),
    "PAA_SYSTEM_ERROR": ("ODP-103", 500),
    "PAA_ID_DOMINIO_ERRATO": ("ODP-104", 400),
    "PAA_ID_INTERMEDIARIO_ERRATO": ("ODP-105", 400),
    "PAA_STAZIONE_INT_ERRATA": ("ODP-106", 400),
    "PAA_PAGAMENTO_SCONOSCIUTO": ("ODP-107", 404),
    "PAA_PAGAMENTO_DUPLICATO": ("ODP-108", 409),
    "PAA_PAGAMENTO_IN_CORSO": ("ODP-109", 409),
    "PAA_PAGAMENTO_SCADUTO": ("ODP-110", 422),
    "PAA_PAGAMENTO_ANNULLATO": ("ODP-111", 422),
}


class InstallmentStatus(StrEnum):
    """The status of an installment; a single option has one installment, itself."""

    UNPAID = "POI_UNPAID"
    PAID = "POI_PAID"
    EXPIRED_NOT_PAYABLE = "POI_EXPIRED_NOT_PAYABLE"
    EXPIRED_UNPAID = "POI_EXPIRED_UNPAID"
    INVALID = "POI_INVALID"


class OptionStatus(StrEnum):
    """The status of a single option or of a whole plan."""

    UNPAID = "PO_UNPAID"
    PAID = "PO_PAID"
    PARTIALLY_PAID = "PO_PARTIALLY_PAID"
    EXPIRED_NOT_PAYABLE = "PO_EXPIRED_NOT_PAYABLE"
    EXPIRED_UNPAID = "PO_EXPIRED_UNPAID"
    INVALID = "PO_INVALID"


class DebtNotice(NamedTuple):
    """A stored notice of the debt; `all_ccp` says that every transfer has a postal account."""

    notice: Notice
    all_ccp: bool


class Installment(NamedTuple):
    """One notice of a way to pay; `reason` is an Italian sentence, or None for a plain status."""

    notice: Notice
    status: InstallmentStatus
    reason: str | None

    @property
    def valid_from(self) -> datetime | None:
        """The instant since when it is valid: its own, or else the publication of the debt."""
        return self.notice.valid_from or self.notice.published_at


class PaymentOption(NamedTuple):
    """One way to pay the whole debt: a single option, or a plan's installments by due date.

    `valid_from` is the earliest of theirs, `due_at` the latest, `amount` the sum in cents.
    """

    description: str | None
    amount: int
    valid_from: datetime | None
    due_at: datetime
    status: OptionStatus
    reason: str | None
    all_ccp: bool
    installments: tuple[Installment, ...]


class OptionsDue(NamedTuple):
    """The options that the payer of a notice can choose from, by due date."""

    organization: str
    company_name: str
    office_name: str | None
    options: tuple[PaymentOption, ...]
    rule: str = "options of the debt"


#: The status for an answer of `payable`; any other refusal makes an installment invalid.
_STATUS = {
    PAID: InstallmentStatus.PAID,
    REPORTED: InstallmentStatus.PAID,
    EXPIRED: InstallmentStatus.EXPIRED_NOT_PAYABLE,
}
_LATE = "Il termine è scaduto, ma il pagamento è ancora possibile."
_REASON = {
    OptionStatus.UNPAID: "Nessun importo risulta pagato.",
    OptionStatus.PAID: "Risulta interamente pagata.",
    OptionStatus.PARTIALLY_PAID: "Risulta pagata in parte.",
    OptionStatus.EXPIRED_NOT_PAYABLE: "Il termine è scaduto: rivolgersi all'ente.",
    OptionStatus.EXPIRED_UNPAID: _LATE,
}


def payment_options(
    organization: str, nav: str, debt: Sequence[DebtNotice], now: datetime
) -> OptionsDue | Refusal:
    """Return how the debt of a notice can be paid at `now`, or the refusal of an unknown notice.

    `debt` has every notice of the position.  A draft, and a debt of which no notice is valid yet,
    is answered as unknown (Payment options, rule 2).
    """
    notice = next((each.notice for each in debt if each.notice.nav == nav), None)
    if notice is None:
        return UNKNOWN
    refusals = {payable(each.notice, now) for each in debt}
    if refusals <= {DRAFT, NOT_YET_VALID}:
        return payable(notice, now) or UNKNOWN
    options = sorted((_option(way, now) for way in _ways(debt)), key=_by_due_date)
    return OptionsDue(organization, notice.company_name, notice.office_name, tuple(options))


def installment(notice: Notice, now: datetime) -> Installment:
    """Return the status of a notice at `now` (Payment options, rule 3)."""
    refusal = payable(notice, now)
    if refusal is not None:
        status = _STATUS.get(refusal, InstallmentStatus.INVALID)
        return Installment(notice, status, refusal.description)
    if now > notice.due_at:
        return Installment(notice, InstallmentStatus.EXPIRED_UNPAID, _LATE)
    return Installment(notice, InstallmentStatus.UNPAID, None)


def option_status(statuses: Iterable[InstallmentStatus]) -> OptionStatus:
    """Return the status of a way to pay from its installments (Payment options, rule 4).

    The first that applies:

    1. all are invalid;  2. all are paid;  3. some are paid;  4. some are unpaid and in time;
    5. some are expired and not payable, so the whole cannot be paid in this way;
    6. the others are past their due date and still payable.
    """
    distinct = set(statuses)
    if distinct == {InstallmentStatus.INVALID}:
        return OptionStatus.INVALID
    if distinct == {InstallmentStatus.PAID}:
        return OptionStatus.PAID
    if InstallmentStatus.PAID in distinct:
        return OptionStatus.PARTIALLY_PAID
    if InstallmentStatus.UNPAID in distinct:
        return OptionStatus.UNPAID
    if InstallmentStatus.EXPIRED_NOT_PAYABLE in distinct:
        return OptionStatus.EXPIRED_NOT_PAYABLE
    return OptionStatus.EXPIRED_UNPAID


def _ways(debt: Sequence[DebtNotice]) -> Iterable[list[DebtNotice]]:
    """Return the single options and plans of a debt, each with its notices by due date."""
    ways: defaultdict[tuple[str, str], list[DebtNotice]] = defaultdict(list)
    for listed in sorted(debt, key=lambda listed: (listed.notice.due_at, listed.notice.nav)):
        plan = listed.notice.plan
        ways[("single", listed.notice.nav) if plan is None else ("plan", plan)].append(listed)
    return ways.values()


def _option(way: Sequence[DebtNotice], now: datetime) -> PaymentOption:
    installments = tuple(installment(listed.notice, now) for listed in way)
    status = option_status(each.status for each in installments)
    # SPEC: GPD: the description of an option is for the whole of it, that of a notice for one.
    descriptions = {n.option_description or n.description for n, _ in way}
    return PaymentOption(
        description=descriptions.pop() if len(descriptions) == 1 else None,
        amount=sum(listed.notice.amount for listed in way),
        valid_from=min((each.valid_from for each in installments if each.valid_from), default=None),
        due_at=way[-1].notice.due_at,
        status=status,
        # WHY: an invalid way to pay has no reason of its own, so it takes its first installment's.
        reason=_REASON.get(status, installments[0].reason),
        all_ccp=all(listed.all_ccp for listed in way),
        installments=installments,
    )


def _by_due_date(option: PaymentOption) -> tuple[datetime, str]:
    return option.due_at, option.installments[0].notice.nav
