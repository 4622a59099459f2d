"""Payment options (OdP) over HTTP: how the debt of a notice can be paid, as JSON.

The Node calls this with HTTP and not with SOAP.  A debt that is withdrawn, expired or paid is
answered with its statuses.  Source: OdP; Payment options, rules 1 to 5.
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
from gpd_soap.core.payment_options import ODP_ERRORS, Installment, OptionsDue, PaymentOption
from gpd_soap.usecases.node import NodeService
from gpd_soap.wsgi.http import Environ, StartResponse, answer, body, caller

Outcome: TypeAlias = OptionsDue | Refusal
Content: TypeAlias = dict[str, object]

logger = logging.getLogger("gpd_soap.node")

OPTIONS = "/payment-options/"
OPERATION = "paymentOptions"

_PATH = re.compile(OPTIONS + "organizations/([^/]+)/notices/([^/]+)")
_ORGANIZATION, _NAV = re.compile("[0-9]{11}"), re.compile("[0-9]{18}")

MALFORMED_PATH = Refusal(
    PaaFault.PAA_SINTASSI_XSD,
    "L'indirizzo richiede il codice fiscale dell'ente (11 cifre) e il numero avviso (18 cifre).",
    "path: an organization has 11 digits, a notice number 18",
)


class OptionsQuery(NamedTuple):
    """The organization and the notice in a path; `NOT_GIVEN` replaces a malformed one."""

    organization: str
    nav: str


class PaymentOptions:
    """A WSGI application for the paths of payment options."""

    def __init__(
        self, service: NodeService, observers: Sequence[ExchangeObserver], *, max_body: int
    ) -> None:
        """Each of `observers` is called with the record of each exchange.

        A body of more than `max_body` bytes is refused.
        """
        self._service, self._observers, self._max_body = service, tuple(observers), max_body

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a POST; its body is ignored."""
        refused = self._refused_status(environ)
        if refused is not None:
            return answer(start_response, refused, allow="POST" if refused[:3] == "405" else "")
        arrived_at, started = self._service.clock(), perf_counter()
        query = _query(environ["PATH_INFO"])
        outcome, status, content = self._answered(query, arrived_at)
        response = answer(
            start_response,
            f"{status.value} {status.phrase}",
            json.dumps(content).encode(),
            "application/json",
        )
        seconds = perf_counter() - started
        record = _record(
            query, outcome, status, arrived_at=arrived_at, caller=caller(environ), seconds=seconds
        )
        for observer in self._observers:
            observer(record)
        return response

    def _refused_status(self, environ: Environ) -> str | None:
        if _PATH.fullmatch(environ["PATH_INFO"]) is None:
            return "404 Not Found"
        if environ["REQUEST_METHOD"] != "POST":
            return "405 Method Not Allowed"
        ignored = body(environ, self._max_body)
        return ignored if isinstance(ignored, str) else None

    def _answered(
        self, query: OptionsQuery, arrived_at: datetime
    ) -> tuple[Outcome, HTTPStatus, Content]:
        try:
            outcome = self._outcome(query)
            return outcome, *_response(outcome, arrived_at)
        except Exception as failure:
            # SPEC: Messages, rule 5: a failure of ours is an answer to a question.
            logger.exception("%s failed: %s", OPERATION, type(failure).__name__)
            return SYSTEM_ERROR, *_response(SYSTEM_ERROR, arrived_at)

    def _outcome(self, query: OptionsQuery) -> Outcome:
        return MALFORMED_PATH if NOT_GIVEN in query else self._service.options(*query)


def _query(path: str) -> OptionsQuery:
    """Return the organization and the notice in a path; a malformed one becomes NOT_GIVEN."""
    match = _PATH.fullmatch(path)
    assert match is not None
    organization, nav = match.groups()
    return OptionsQuery(
        organization if _ORGANIZATION.fullmatch(organization) else NOT_GIVEN,
        nav if _NAV.fullmatch(nav) else NOT_GIVEN,
    )


def _response(outcome: Outcome, arrived_at: datetime) -> tuple[HTTPStatus, Content]:
    if isinstance(outcome, OptionsDue):
        return HTTPStatus.OK, _due(outcome)
    # SPEC: OdP: PAA_SINTASSI is the name of the WSDL's PAA_SINTASSI_XSD.
    name = outcome.fault.code.removesuffix("_XSD")
    code, number = ODP_ERRORS[name]
    status = HTTPStatus(number)
    error: Content = {
        "httpStatusCode": status.value,
        "httpStatusDescription": status.phrase,
        "appErrorCode": code,
        "errorMessage": f"{name} {outcome.description}",
        "timestamp": int(arrived_at.timestamp()),
        # SPEC: OdP: UTC without a zone; in the example it is the instant of the timestamp.
        "dateTime": arrived_at.replace(tzinfo=None).isoformat(timespec="microseconds"),
    }
    return status, error


def _due(due: OptionsDue) -> Content:
    # LIMIT: `standin` is left out, because no source defines it and GPD hides it.
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
    # SPEC: OdP: a local date-time, which has no zone.
    return None if instant is None else rome.to_wire_datetime(instant)


def _present(**fields: object) -> Content:
    return {name: value for name, value in fields.items() if value is not None}


def _record(
    query: OptionsQuery,
    outcome: Outcome,
    status: int,
    *,
    arrived_at: datetime,
    caller: str,
    seconds: float,
) -> ExchangeRecord:
    """Return the record of an answered exchange."""
    fault = outcome.fault.code if isinstance(outcome, Refusal) else None
    return ExchangeRecord(
        arrived_at=arrived_at,
        seconds=seconds,
        caller=caller,
        operation=OPERATION,
        organization=query.organization,
        broker=NOT_GIVEN,
        station=NOT_GIVEN,
        notice=query.nav,
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
