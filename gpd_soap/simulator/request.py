"""What whoever plays the Node decides beforehand: whom to call, as whom, and on which terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gpd_soap.core.errors import OperatorError


class Unusable(OperatorError):
    """What was given cannot be used as it is: an address, a certificate, a value, a file."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the institution answers, and what we show it if it wants to know us."""

    url: str
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """For how many seconds an answer is awaited, from the first packet to the last byte."""

    # SPEC: pagopa-ec.md 3.2.
    question: float = 7.0
    receipt: float = 15.0


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is asked: an organization, through its broker's station."""

    organization: str
    broker: str
    station: str


@dataclass(frozen=True, slots=True)
class Payment:
    """How a notice is paid; `times` is how often the same receipt is sent."""

    receipt_id: str
    paid_at: datetime
    v2: bool = True
    transfer_type: str | None = None
    times: int = 1
