"""What is known of one exchange with the Node while it is under way; what is told at its end."""

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

log = logging.getLogger("gpd_soap.exchange")

#: What a SOAPAction may say; other texts are the client's, and are not logged.
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
    """One request and its answer; `content` is a receipt's, as the codec tells it.

    But for `raw`, `request` and `content`, nothing in here names a person.
    """

    raw: bytes
    charset: str | None
    soap_action: str
    caller: str
    at: datetime
    started: float
    operation: str = NOT_GIVEN
    organization: str = NOT_GIVEN
    request: Any = None
    content: list[str] = field(default_factory=list)
    violation: Violation | None = None
    outcome: str = NOT_GIVEN
    fault: str = NOT_GIVEN
    rule: str = NOT_GIVEN

    def refused(self, refusal: Refusal) -> None:
        """Note a typed KO."""
        self.outcome, self.fault, self.rule = "KO", refusal.fault.code, refusal.rule

    def over(self, status: int) -> ExchangeRecord:
        """What there is to tell when an answer has been made."""
        asked = self.request
        return ExchangeRecord(
            self.at,
            perf_counter() - self.started,
            self.caller,
            self.operation,
            _code(self.organization),
            NOT_GIVEN if asked is None else asked.idBrokerPA,
            NOT_GIVEN if asked is None else asked.idStation,
            *_number(asked),
            self.outcome,
            self.fault,
            self.rule,
            status,
            self._drifted_action(),
        )

    def _drifted_action(self) -> str | None:
        # SPEC: DESIGN 3: dispatch is on the payload; a SOAPAction that disagrees is journalled.
        if self.soap_action in ("", self.operation) or self.operation == NOT_GIVEN:
            return None
        return self.soap_action if self.soap_action in ACTIONS else "unknown"


def log_line(told: ExchangeRecord) -> None:
    """Write the one line of an exchange."""
    if not log.isEnabledFor(logging.INFO):
        return
    drifted = {"soap_action": told.soap_action} if told.soap_action else {}
    log.info(
        "exchange",
        extra={
            "fields": {
                "operation": told.operation,
                "organization": told.organization,
                "notice": told.notice[-4:],
                "outcome": told.outcome,
                "fault": told.fault,
                "rule": told.rule,
                "status": told.status,
                "ms": round(told.seconds * 1000, 2),
                **drifted,
            }
        },
    )


def _number(asked: Any) -> tuple[str, str | None, str | None, str | None, str | None]:
    """The notice that is meant; of a receipt its IUV, id, PSP and channel too."""
    told = {} if asked is None else asked.__dict__
    # WHY: whether a model is true, Spyne finds out by counting its members.
    if (receipt := told.get("receipt")) is not None:
        return (
            receipt.noticeNumber,
            receipt.creditorReferenceId,
            receipt_key(receipt.receiptId),
            receipt.idPSP,
            receipt.idChannel,
        )
    code = told.get("qrCode")
    return NOT_GIVEN if code is None else code.noticeNumber, None, None, None, None


def _code(text: str) -> str:
    """An organization's code, which may be told; anything else that stands in its place not."""
    return text if text.isdigit() and len(text) == CODE_LENGTH else NOT_GIVEN
