"""What is known of one exchange with the Node while it is under way; its log line at the end."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import perf_counter

from gpd_soap.contract.schema import Violation
from gpd_soap.core.faults import Refusal

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
    """One request and its answer.  Nothing in here names a person, so all of it may be logged."""

    raw: bytes
    charset: str | None
    soap_action: str
    started: float
    operation: str = "-"
    organization: str = "-"
    notice: str = "-"
    violation: Violation | None = None
    outcome: str = "-"
    fault: str = "-"
    rule: str = "-"

    def refused(self, refusal: Refusal) -> None:
        """Note a typed KO."""
        self.outcome, self.fault, self.rule = "KO", refusal.fault.code, refusal.rule

    def record(self, status: int) -> None:
        """Write the one line of this exchange."""
        if not log.isEnabledFor(logging.INFO):
            return
        log.info(
            "exchange",
            extra={
                "fields": {
                    "operation": self.operation,
                    "organization": _code(self.organization),
                    "notice": self.notice[-4:],
                    "outcome": self.outcome,
                    "fault": self.fault,
                    "rule": self.rule,
                    "status": status,
                    "ms": round((perf_counter() - self.started) * 1000, 2),
                    **self._drifted_action(),
                }
            },
        )

    def _drifted_action(self) -> dict[str, str]:
        # SPEC: DESIGN 3: dispatch is on the payload; a SOAPAction that disagrees is journalled.
        if self.soap_action in ("", self.operation) or self.operation == "-":
            return {}
        return {"soap_action": self.soap_action if self.soap_action in ACTIONS else "unknown"}


def _code(text: str) -> str:
    """An organization's code, which may be logged; anything else that stands in its place not."""
    return text if text.isdigit() and len(text) == CODE_LENGTH else "-"
