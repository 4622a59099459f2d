"""The record of one exchange with the Node, for the log, the journal and the metrics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

#: The value of a field that the message does not give, or that cannot be read.
NOT_GIVEN = "-"

#: The HTTP status after which the Node sends a receipt again (Messages, rule 5).
SEND_AGAIN = 503


class ExchangeRecord(NamedTuple):
    """A request and its answer, without bodies and personal data.

    `arrived_at` is when the request had arrived (UTC); `seconds` is how long the answer took.
    `outcome` is OK, KO or Fault, `rule` the decision as text, `status` the HTTP status.
    `receipt_id` is shortened for use as a key.  `soap_action` is set only where it disagrees with
    the payload.  A value that was not given is `NOT_GIVEN`, or None in a field of receipts alone.
    Source: SANP, "Giornale degli eventi".
    """

    arrived_at: datetime
    seconds: float
    caller: str
    operation: str
    organization: str
    broker: str
    station: str
    notice: str
    iuv: str | None
    receipt_id: str | None
    psp: str | None
    channel: str | None
    outcome: str
    fault: str
    rule: str
    status: int
    soap_action: str | None

    @property
    def must_be_sent_again(self) -> bool:
        """Whether we failed on the message, so that its sender must send it again."""
        return self.status == SEND_AGAIN


#: Called with the record of each exchange; it must be quick and must not raise.
ExchangeObserver = Callable[[ExchangeRecord], None]
