"""Requests the payment options of a notice as the platform's service for them (OdP) does.

The answer is judged as that service judges it.  An answer that the service cannot read is reported
as PAA_SYSTEM_ERROR, and so is an error whose code does not belong to its HTTP status.  SPEC: OdP.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

from gpd_soap.core import money
from gpd_soap.core.payment_options import ODP_ERRORS, InstallmentStatus, OptionStatus
from gpd_soap.simulator.http import HttpClient
from gpd_soap.simulator.judging import NoReply, Reply
from gpd_soap.simulator.report import one_line
from gpd_soap.simulator.request import Endpoint, Timeouts

Fragment: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, Callable[[object], bool]]

UNREACHABLE, REFUSED = "ODP_STAZIONE_INT_PA_IRRAGGIUNGIBILE", "ODP_ERRORE_EMESSO_DA_PAA"
HTTP_OK = 200

#: SPEC: OdP: the platform reads date-times without a zone.
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?", re.ASCII)


class Options(NamedTuple):
    """The reply, whether the platform can use it, and the lines that describe it."""

    reply: Reply | None
    good: bool
    lines: tuple[str, ...]


def ask(endpoint: Endpoint, organization: str, nav: str, timeouts: Timeouts) -> Options:
    """Return the judged answer of an institution; its address is the part before /payment-options.

    Raises Unusable if the endpoint cannot be used.
    """
    path = f"/payment-options/organizations/{organization}/notices/{nav}"
    client = HttpClient(replace(endpoint, url=endpoint.url.rstrip("/") + path))
    begun = perf_counter()
    reply = client.post(b"", None, timeouts.question)
    duration = f"[{(perf_counter() - begun) * 1000:.0f} ms]"
    good, (first, *rest) = judge(reply)
    lines = (f"{'paymentOptions':<21}  {one_line(first)}  {duration}", *map(one_line, rest))
    return Options(reply if isinstance(reply, Reply) else None, good, lines)


def judge(reply: Reply | NoReply) -> tuple[bool, list[str]]:
    """Return whether the platform can use a reply, and its description in lines."""
    if isinstance(reply, NoReply):
        return False, [f"{UNREACHABLE}: {reply.reason}"]
    try:
        body = json.loads(reply.body)
        if reply.status != HTTP_OK:
            return False, [_error(reply.status, _object(body, ERROR))]
        return True, list(_due(_object(body, DUE)))
    except (ValueError, RecursionError) as error:
        return False, [f"{REFUSED} PAA_SYSTEM_ERROR: {error}"]


def _error(status: int, error: Fragment) -> str:
    code, message = error.get("appErrorCode"), error.get("errorMessage")
    if (code, status) not in ODP_ERRORS.values():
        raise ValueError(f"{code} and HTTP {status} are no pair")
    return f"{REFUSED} {code} {message}"


def _due(due: Fragment) -> Iterator[str]:
    options = due.get("paymentOptions") or []
    yield f"OK  {due.get('companyName')}, options: {len(options)}"
    for option in options:
        installments = _object(option, OPTION).get("installments") or []
        postal = "yes" if option.get("allCCP") else "no"
        yield f"  {_state(option)}, installments: {len(installments)}, all CCP: {postal}"
        for each in installments:
            yield f"    {_object(each, INSTALLMENT).get('nav')}  {_state(each)}"


def _state(fragment: Fragment) -> str:
    """Return status, amount, due date, description and reason of an option or installment."""
    amount, due = money.to_wire(fragment.get("amount") or 0), fragment.get("dueDate")
    parts = [f"{fragment.get('status')}  {amount} EUR, due {due}"]
    parts += [fragment[name] for name in ("description", "statusReason") if fragment.get(name)]
    return ", ".join(parts)


def _object(value: object, fields: Fields) -> Fragment:
    """Return an object; fields may be missing.  Raises ValueError if one breaks the contract."""
    if not isinstance(value, dict):
        raise ValueError("an object is expected")  # noqa: TRY004  # a wrong value, to its reader
    for name, fits in fields.items():
        if value.get(name) is not None and not fits(value[name]):
            raise ValueError(f"{name} cannot be read")
    return value


def _text(value: object) -> bool:
    return isinstance(value, str)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _list(value: object) -> bool:
    return isinstance(value, list)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _instant(value: object) -> bool:
    return isinstance(value, str) and _LOCAL.fullmatch(value) is not None


ERROR: Fields = {"appErrorCode": _text, "errorMessage": _text}
DUE: Fields = {
    "organizationFiscalCode": _text,
    "companyName": _text,
    "officeName": _text,
    "standin": _flag,
    "paymentOptions": _list,
}
_BOTH: Fields = {
    "description": _text,
    "amount": _number,
    "dueDate": _instant,
    "validFrom": _instant,
    "statusReason": _text,
}
OPTION: Fields = {
    **_BOTH,
    "status": list(OptionStatus).__contains__,
    "numberOfInstallments": _number,
    "allCCP": _flag,
    "installments": _list,
}
INSTALLMENT: Fields = {
    **_BOTH,
    "status": list(InstallmentStatus).__contains__,
    "nav": _text,
    "iuv": _text,
}
