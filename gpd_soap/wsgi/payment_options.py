"""Payment options (OdP) over HTTP: how the debt of a notice may be paid, asked and told in JSON.

It is the Node's question and not SOAP.  Source: spec/pagopa-ec.md 8.  A debt that is withdrawn,
expired or paid is told by its states and never as an error: the platform passes the states on to
whoever asks, and of an error it passes on a sentence.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from http import HTTPStatus
from time import perf_counter
from typing import NamedTuple, TypeAlias

from gpd_soap.core import rome
from gpd_soap.core.exchange import NOT_GIVEN, ExchangeObserver, ExchangeRecord
from gpd_soap.core.faults import SYSTEM_ERROR, PaaFault, Refusal
from gpd_soap.core.payment_options import PAIRS, Installment, OptionsDue, PaymentOption
from gpd_soap.usecases.node import NodeService
from gpd_soap.wsgi.http import Environ, StartResponse, answer, body, caller

Outcome: TypeAlias = OptionsDue | Refusal
Content: TypeAlias = dict[str, object]

log = logging.getLogger("gpd_soap.node")

OPTIONS = "/payment-options/"
OPERATION = "paymentOptions"

_PATH = re.compile(OPTIONS + "organizations/([^/]+)/notices/([^/]+)")
_ORGANIZATION, _NAV = re.compile("[0-9]{11}"), re.compile("[0-9]{18}")

MISSHAPEN = Refusal(
    PaaFault.PAA_SINTASSI_XSD,
    "L'indirizzo richiede il codice fiscale dell'ente (11 cifre) e il numero avviso (18 cifre).",
    "path: an organization has 11 digits, a notice number 18",
)


class Asked(NamedTuple):
    """What a path names; `NOBODY` stands for what has not the right shape."""

    organization: str
    nav: str


class PaymentOptions:
    """A WSGI application for the paths of payment options."""

    def __init__(
        self, desk: NodeService, witnesses: Sequence[ExchangeObserver], *, max_body: int
    ) -> None:
        """`witnesses` are told of each exchange; a body over `max_body` bytes is refused."""
        self._desk, self._witnesses, self._max_body = desk, tuple(witnesses), max_body

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a POST; its body, if it has one, says nothing."""
        refused = self._unfit(environ)
        if refused is not None:
            return answer(start_response, refused, allow="POST" if refused[:3] == "405" else "")
        at, started = self._desk.clock(), perf_counter()
        asked = _asked(environ["PATH_INFO"])
        outcome, status, content = self._answered(asked, at)
        said = answer(
            start_response,
            f"{status.value} {status.phrase}",
            json.dumps(content).encode(),
            "application/json",
        )
        seconds = perf_counter() - started
        told = _told(asked, outcome, status, at=at, caller=caller(environ), seconds=seconds)
        for witness in self._witnesses:
            witness(told)
        return said

    def _unfit(self, environ: Environ) -> str | None:
        if _PATH.fullmatch(environ["PATH_INFO"]) is None:
            return "404 Not Found"
        if environ["REQUEST_METHOD"] != "POST":
            return "405 Method Not Allowed"
        ignored = body(environ, self._max_body)
        return ignored if isinstance(ignored, str) else None

    def _answered(self, asked: Asked, at: datetime) -> tuple[Outcome, HTTPStatus, Content]:
        try:
            outcome = self._outcome(asked)
            return outcome, *_said(outcome, at)
        except Exception as failure:
            # WHY: here a failure is an answer, as for every question (DESIGN 3).
            log.exception("%s failed: %s", OPERATION, type(failure).__name__)
            return SYSTEM_ERROR, *_said(SYSTEM_ERROR, at)

    def _outcome(self, asked: Asked) -> Outcome:
        return MISSHAPEN if NOT_GIVEN in asked else self._desk.options(*asked)


def _asked(path: str) -> Asked:
    """What the path names; what has not the right shape may be anything, and is nobody."""
    match = _PATH.fullmatch(path)
    assert match is not None
    organization, nav = match.groups()
    return Asked(
        organization if _ORGANIZATION.fullmatch(organization) else NOT_GIVEN,
        nav if _NAV.fullmatch(nav) else NOT_GIVEN,
    )


def _said(outcome: Outcome, at: datetime) -> tuple[HTTPStatus, Content]:
    if isinstance(outcome, OptionsDue):
        return HTTPStatus.OK, _due(outcome)
    # SPEC: the contract's name for a request that breaks it is shorter than the WSDL's.
    name = outcome.fault.code.removesuffix("_XSD")
    code, number = PAIRS[name]
    status = HTTPStatus(number)
    error: Content = {
        "httpStatusCode": status.value,
        "httpStatusDescription": status.phrase,
        "appErrorCode": code,
        "errorMessage": f"{name} {outcome.description}",
        "timestamp": int(at.timestamp()),
        # SPEC: UTC without a zone: in the contract's example it is the timestamp's instant.
        "dateTime": at.replace(tzinfo=None).isoformat(timespec="microseconds"),
    }
    return status, error


def _due(due: OptionsDue) -> Content:
    # LIMIT: `standin` is left out: no source says what it means, and the reference hides it.
    return _present(
        organizationFiscalCode=due.organization,
        companyName=due.company_name,
        officeName=due.office_name,
        paymentOptions=[_option(option) for option in due.options],
    )


def _option(option: PaymentOption) -> Content:
    return _present(
        description=option.description,
        numberOfInstallments=len(option.installments),
        amount=option.amount,
        dueDate=_instant(option.due_at),
        validFrom=_instant(option.valid_from),
        status=option.status,
        statusReason=option.reason,
        allCCP=option.all_ccp,
        installments=[_installment(each) for each in option.installments],
    )


def _installment(installment: Installment) -> Content:
    notice = installment.notice
    return _present(
        nav=notice.nav,
        iuv=notice.iuv,
        amount=notice.amount,
        description=notice.description,
        dueDate=_instant(notice.due_at),
        validFrom=_instant(installment.valid_from),
        status=installment.status,
        statusReason=installment.reason,
    )


def _instant(instant: datetime | None) -> str | None:
    # SPEC: the platform reads a local date-time, which has no zone.
    return None if instant is None else rome.to_wire_datetime(instant)


def _present(**fields: object) -> Content:
    return {name: value for name, value in fields.items() if value is not None}


def _told(
    asked: Asked, outcome: Outcome, status: int, *, at: datetime, caller: str, seconds: float
) -> ExchangeRecord:
    """What there is to tell when an answer has been made."""
    fault = outcome.fault.code if isinstance(outcome, Refusal) else None
    return ExchangeRecord(
        at=at,
        seconds=seconds,
        caller=caller,
        operation=OPERATION,
        organization=asked.organization,
        broker=NOT_GIVEN,
        station=NOT_GIVEN,
        notice=asked.nav,
        iuv=None,
        receipt_id=None,
        psp=None,
        channel=None,
        outcome="KO" if fault else "OK",
        fault=fault or NOT_GIVEN,
        rule=outcome.rule,
        status=status,
        soap_action=None,
    )
