"""One exchange with the Node, told when it is over: for the log, the journal and the metrics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

#: Stands where something was not said, or could not be found out.
NOT_GIVEN = "-"

#: The status of HTTP by which a sender of receipts is asked to come again.
SEND_AGAIN = 503


class ExchangeRecord(NamedTuple):
    """A request and its answer, without a body or a person.  Source: DESIGN 8.

    `at` is when the request had arrived (UTC), `seconds` how long the answer took; `outcome` is OK,
    KO or Fault, `rule` the decision in words, `status` HTTP's.  `receipt_id` is bounded for use as
    a key; `soap_action` is there only where it disagrees with the payload.  What was not said is
    `NOBODY`, or None where a receipt alone says it.
    """

    at: datetime
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
    def must_come_again(self) -> bool:
        """Whether the message could not be taken now, and its sender must send it again."""
        return self.status == SEND_AGAIN


#: Whoever is told of every exchange; it must be quick, and must not fail.
ExchangeObserver = Callable[[ExchangeRecord], None]
