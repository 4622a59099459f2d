"""Asking for the options of a notice as the platform's service for them (OdP) does.

Its answer is judged as that service judges it: an answer that it cannot read, or an error whose
code and HTTP status are no pair, is told as PAA_SYSTEM_ERROR.  Source: spec/pagopa-ec.md 8.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

from gpd_soap.core import money
from gpd_soap.core.payment_options import PAIRS, InstallmentStatus, OptionStatus
from gpd_soap.simulator.http import HttpClient
from gpd_soap.simulator.judging import NoReply, Reply
from gpd_soap.simulator.report import one_line
from gpd_soap.simulator.request import Endpoint, Timeouts

Found: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, Callable[[object], bool]]

UNREACHABLE, REFUSED = "ODP_STAZIONE_INT_PA_IRRAGGIUNGIBILE", "ODP_ERRORE_EMESSO_DA_PAA"
HTTP_OK = 200

#: SPEC: the platform reads a date-time without a zone.
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?", re.ASCII)


class Options(NamedTuple):
    """What came back, whether it is an answer to use, and the lines that say so."""

    reply: Reply | None
    good: bool
    lines: tuple[str, ...]


def ask(endpoint: Endpoint, organization: str, nav: str, patience: Timeouts) -> Options:
    """Ask an institution, whose address is what stands before /payment-options."""
    path = f"/payment-options/organizations/{organization}/notices/{nav}"
    line = HttpClient(replace(endpoint, url=endpoint.url.rstrip("/") + path))
    begun = perf_counter()
    reply = line.post(b"", None, patience.question)
    took = f"[{(perf_counter() - begun) * 1000:.0f} ms]"
    good, (first, *rest) = judge(reply)
    lines = (f"{'paymentOptions':<21}  {one_line(first)}  {took}", *map(one_line, rest))
    return Options(reply if isinstance(reply, Reply) else None, good, lines)


def judge(reply: Reply | NoReply) -> tuple[bool, list[str]]:
    """Whether a reply can be used, and what it says: a line for itself, then one for each part."""
    if isinstance(reply, NoReply):
        return False, [f"{UNREACHABLE}: {reply.reason}"]
    try:
        found = json.loads(reply.body)
        if reply.status != HTTP_OK:
            return False, [_error(reply.status, _object(found, ERROR))]
        return True, list(_due(_object(found, DUE)))
    except (ValueError, RecursionError) as error:
        return False, [f"{REFUSED} PAA_SYSTEM_ERROR: {error}"]


def _error(status: int, error: Found) -> str:
    code, said = error.get("appErrorCode"), error.get("errorMessage")
    if (code, status) not in PAIRS.values():
        raise ValueError(f"{code} and HTTP {status} are no pair")
    return f"{REFUSED} {code} {said}"


def _due(due: Found) -> Iterator[str]:
    options = due.get("paymentOptions") or []
    yield f"OK  {due.get('companyName')}, options: {len(options)}"
    for option in options:
        installments = _object(option, OPTION).get("installments") or []
        postal = "yes" if option.get("allCCP") else "no"
        yield f"  {_stand(option)}, installments: {len(installments)}, all CCP: {postal}"
        for each in installments:
            yield f"    {_object(each, INSTALLMENT).get('nav')}  {_stand(each)}"


def _stand(found: Found) -> str:
    """How much, until when, what for, how it stands and why."""
    amount, due = money.to_wire(found.get("amount") or 0), found.get("dueDate")
    parts = [f"{found.get('status')}  {amount} EUR, due {due}"]
    parts += [found[name] for name in ("description", "statusReason") if found.get(name)]
    return ", ".join(parts)


def _object(found: object, fields: Fields) -> Found:
    """An object whose fields are what the contract says, or missing; ValueError otherwise."""
    if not isinstance(found, dict):
        raise ValueError("an object is expected")  # noqa: TRY004  # a wrong value, to its reader
    for name, fits in fields.items():
        if found.get(name) is not None and not fits(found[name]):
            raise ValueError(f"{name} cannot be read")
    return found


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
