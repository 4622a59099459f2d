"""Whether a notice can be paid now; verify, getPayment and every filter use this rule.

Source: Configuration and Payable.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from gpd_soap.core.debt import NodeRoute, RouteCheck
from gpd_soap.core.faults import PaaFault, Refusal


class PayableFacts(Protocol):
    """The facts of a notice that decide whether it can be paid; `Notice` has them."""

    @property
    def withdrawn_at(self) -> datetime | None:
        """When its position was withdrawn."""

    @property
    def published_at(self) -> datetime | None:
        """When its position was published."""

    @property
    def valid_from(self) -> datetime | None:
        """The first instant at which it can be paid."""

    @property
    def due_at(self) -> datetime:
        """The last instant at which it is not overdue."""

    @property
    def switch_to_expired(self) -> bool:
        """Whether it expires after its due date."""

    @property
    def paid_at(self) -> datetime | None:
        """When it was paid."""

    @property
    def reported_at(self) -> datetime | None:
        """When a flow reported it without a receipt."""

    @property
    def alternative_paid(self) -> bool:
        """Whether an option that excludes it is paid or reported."""


UNKNOWN = Refusal(
    PaaFault.PAA_PAGAMENTO_SCONOSCIUTO,
    "Il numero avviso non corrisponde a un pagamento in attesa presso l'ente.",
    "rule 1: no notice of this number",
)
WITHDRAWN = Refusal(
    PaaFault.PAA_PAGAMENTO_ANNULLATO,
    "L'ente ha annullato questo avviso: il pagamento non è più dovuto.",
    "rule 2: the position was withdrawn",
)
DRAFT = Refusal(
    PaaFault.PAA_PAGAMENTO_SCONOSCIUTO,
    "L'avviso non è ancora pagabile.",
    "rule 3: the position is a draft",
)
NOT_YET_VALID = DRAFT._replace(rule="rule 3: the notice is not yet valid")
PAID = Refusal(
    PaaFault.PAA_PAGAMENTO_DUPLICATO,
    "L'avviso risulta già pagato.",
    "rule 4: the notice is paid",
)
REPORTED = PAID._replace(rule="rule 4: the notice is reported by a flow")
EXCLUDED = Refusal(
    PaaFault.PAA_PAGAMENTO_SCONOSCIUTO,
    "L'avviso non è più pagabile: il debito risulta pagato in altra forma.",
    "rule 5: an exclusive alternative is paid",
)
EXPIRED = Refusal(
    PaaFault.PAA_PAGAMENTO_SCADUTO,
    "Il termine per pagare questo avviso è scaduto: rivolgersi all'ente.",
    "rule 6: past its due date",
)


def admit(route: NodeRoute, notice_of: str, route_check: RouteCheck) -> Refusal | None:
    """Return the first of Configuration, rules 1 to 4, that refuses a request, or None.

    `notice_of` is the qrCode's fiscalCode, which must name the same organization.
    """
    if not route_check.organization_known:
        return _wrong_domain("idPA", "configuration: the organization is not ours")
    if notice_of != route.organization:
        return _wrong_domain("fiscalCode", "configuration: qrCode/fiscalCode is not idPA")
    if not route_check.broker_known:
        return Refusal(
            PaaFault.PAA_ID_INTERMEDIARIO_ERRATO,
            "L'intermediario indicato non opera per l'ente.",
            "configuration: the broker is not ours",
        )
    if not route_check.station_serves:
        return Refusal(
            PaaFault.PAA_STAZIONE_INT_ERRATA,
            "La stazione indicata non è configurata per l'ente e l'intermediario.",
            "configuration: the station is unknown, of another broker, or serves others",
        )
    return None


def payable(notice: PayableFacts | None, now: datetime) -> Refusal | None:
    """Return the first of Payable, rules 1 to 6, that refuses a notice at `now`, or None.

    With `switch_to_expired=False` a notice stays payable after its due date (Time, rule 4).
    """
    if notice is None:
        return UNKNOWN
    return (
        (WITHDRAWN if notice.withdrawn_at is not None else None)
        or _not_open(notice, now)
        or _settled(notice)
        or (EXPIRED if notice.switch_to_expired and now > notice.due_at else None)
    )


def _not_open(notice: PayableFacts, now: datetime) -> Refusal | None:
    if notice.published_at is None:
        return DRAFT
    if notice.valid_from is not None and notice.valid_from > now:
        return NOT_YET_VALID
    return None


def _settled(notice: PayableFacts) -> Refusal | None:
    if notice.paid_at is not None:
        return PAID
    if notice.reported_at is not None:
        return REPORTED
    return EXCLUDED if notice.alternative_paid else None


def _wrong_domain(field: str, rule: str) -> Refusal:
    return Refusal(
        PaaFault.PAA_ID_DOMINIO_ERRATO,
        f"Il codice indicato in {field} non corrisponde all'ente a cui è rivolta la richiesta.",
        rule,
    )
