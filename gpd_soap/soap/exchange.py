"""The state of one exchange with the Node, and its record and log line when it is finished."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any

from gpd_soap.contract.schema import Violation
from gpd_soap.core.exchange import NOT_GIVEN, ExchangeRecord
from gpd_soap.core.faults import Refusal
from gpd_soap.core.receipt import receipt_key

logger = logging.getLogger("gpd_soap.exchange")

#: The values of SOAPAction that are logged; any other text is the client's.
ACTIONS = (
    "paVerifyPaymentNotice",
    "paGetPayment",
    "paGetPaymentV2",
    "paSendRT",
    "paSendRTV2",
    "paDemandPaymentNotice",
)
CODE_LENGTH = 11


@dataclass(slots=True)
class Exchange:
    """One request and its answer; `content` is a receipt's, as the codec emits it.

    `charset` is the transport's.  `unreadable` names the elements whose date cannot be stored.
    Only `raw`, `request` and `content` can hold personal data.
    """

    raw: bytes
    charset: str | None
    soap_action: str
    caller: str
    arrived_at: datetime
    started: float
    operation: str = NOT_GIVEN
    organization: str = NOT_GIVEN
    request: Any = None
    content: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    violation: Violation | None = None
    outcome: str = NOT_GIVEN
    fault: str = NOT_GIVEN
    rule: str = NOT_GIVEN

    def refuse(self, refusal: Refusal) -> None:
        """Set the outcome to a typed KO."""
        self.outcome, self.fault, self.rule = "KO", refusal.fault.code, refusal.rule

    def record(self, status: int) -> ExchangeRecord:
        """Return the record of the finished exchange, answered with this HTTP status."""
        request = self.request
        return ExchangeRecord(
            self.arrived_at,
            perf_counter() - self.started,
            self.caller,
            self.operation,
            _code(self.organization),
            NOT_GIVEN if request is None else request.idBrokerPA,
            NOT_GIVEN if request is None else request.idStation,
            *_payment_keys(request),
            self.outcome,
            self.fault,
            self.rule,
            status,
            self._other_action(),
        )

    def _other_action(self) -> str | None:
        # SPEC: Messages, rule 1: the payload names the operation; another SOAPAction is recorded.
        if self.soap_action in ("", self.operation) or self.operation == NOT_GIVEN:
            return None
        return self.soap_action if self.soap_action in ACTIONS else "unknown"


def log_line(record: ExchangeRecord) -> None:
    """Log the one line of an exchange."""
    if not logger.isEnabledFor(logging.INFO):
        return
    action = {"soap_action": record.soap_action} if record.soap_action else {}
    logger.info(
        "exchange",
        extra={
            "fields": {
                "operation": record.operation,
                "organization": record.organization,
                "notice": record.notice[-4:],
                "outcome": record.outcome,
                "fault": record.fault,
                "rule": record.rule,
                "status": record.status,
                "ms": round(record.seconds * 1000, 2),
                **action,
            }
        },
    )


def _payment_keys(request: Any) -> tuple[str, str | None, str | None, str | None, str | None]:
    """Return the notice number; for a receipt also its IUV, id, PSP and channel."""
    members = {} if request is None else request.__dict__
    # WHY: Spyne counts the members of a model to find its truth value, so `is not None` is faster.
    if (receipt := members.get("receipt")) is not None:
        return (
            receipt.noticeNumber,
            receipt.creditorReferenceId,
            receipt_key(receipt.receiptId),
            receipt.idPSP,
            receipt.idChannel,
        )
    code = members.get("qrCode")
    return NOT_GIVEN if code is None else code.noticeNumber, None, None, None, None


def _code(text: str) -> str:
    """Return the code of an organization, or NOT_GIVEN for any other text in its element."""
    is_code = len(text) == CODE_LENGTH and text.isascii() and text.isdigit()
    return text if is_code else NOT_GIVEN
