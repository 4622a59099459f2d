"""The parameters of a simulation: the endpoint, its time-outs, the addressee and the payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gpd_soap.core.errors import OperatorError


class Unusable(OperatorError):
    """A parameter cannot be used: an address, a certificate, a value or a file."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of an institution, and our certificate and its authority for TLS."""

    url: str
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The time-outs in seconds, from the first packet to the last byte."""

    # SPEC: SANP "Livelli di servizio".
    question: float = 7.0
    receipt: float = 15.0


@dataclass(frozen=True, slots=True)
class Addressee:
    """The organization of a request, with its broker and station."""

    organization: str
    broker: str
    station: str


@dataclass(frozen=True, slots=True)
class Payment:
    """The parameters of a payment; the same receipt is sent `times` times."""

    receipt_id: str
    paid_at: datetime
    v2: bool = True
    transfer_type: str | None = None
    times: int = 1
