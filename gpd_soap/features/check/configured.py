"""Does the configuration fit together, and will the Node find its way by it?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from gpd_soap.features.check.finding import Finding, error, warning
from gpd_soap.store.access.keys import EVERY, Key
from gpd_soap.store.configuration.snapshot import Offered, Registry
from gpd_soap.usecases.spontaneous.kinds import BUILT_IN, problem_with

#: SPEC: pagopa-ec.md 1.0: idServizio and idSoggettoServizio.
IDENTIFIER = 5


def of_installation(registry: Registry, keys: Iterable[Key], address: str) -> Iterator[Finding]:
    """What belongs to no organization: brokers, stations, keys, and the address that is told."""
    working = {station.broker for station in registry.stations}
    for broker in registry.brokers:
        if broker not in working:
            yield warning(f"broker {broker}", "idle", "register a station of its, or remove it")
    serving = {served.station for served in registry.servings}
    for station in registry.stations:
        if station.id not in serving:
            yield warning(f"station {station.id}", "idle", "say whom it serves, or remove it")
    for key in keys:
        yield from _key(key, registry.organizations)
    if not _is_safe(address):
        yield warning("settings", "address", "give GPD_PUBLIC_URL as https://…")


def of_organization(registry: Registry, organization: str) -> Iterator[Finding]:
    """Whether the Node can ask an organization, and it can issue numbers and offer services."""
    where = f"organization {organization}"
    stations = [s for s in registry.servings if s.organization == organization]
    known = [s.segregation_code for s in stations if s.segregation_code is not None]
    if not stations:
        yield error(where, "unserved", "let a station serve it, or the Node cannot ask")
    elif not known:
        what = "give a station of its a segregation code, or it can issue no number"
        yield warning(where, "no-segregation-code", what)
    for code in sorted({code for code in known if known.count(code) > 1}):
        what = f"give code {code} to one station alone: the Node can call only one by it"
        yield warning(where, "shared-segregation-code", what)
    for service in registry.services:
        if service.organization == organization:
            yield from _service(service, routed(registry, organization))


def routed(registry: Registry, organization: str) -> frozenset[str] | None:
    """The segregation codes by which the Node finds an organization; None where nobody told."""
    stations = [s for s in registry.servings if s.organization == organization]
    codes = frozenset(s.segregation_code for s in stations if s.segregation_code is not None)
    # WHY: a station whose code was not told may have any.
    untold = any(station.segregation_code is None for station in stations)
    return None if untold or not codes else codes


def stray(organization: str, code: str, notices: int) -> Finding:
    """Tell of notices that the Node would ask somebody else for."""
    what = f"{notices} notices have code {code}, which no station has: give it to one of its"
    return warning(f"organization {organization}", "segregation-code", what)


def _service(service: Offered, codes: Collection[str] | None) -> Iterator[Finding]:
    where = f"service {service.organization}/{service.service_id}/{service.subject_id}"
    if {len(service.service_id), len(service.subject_id)} != {IDENTIFIER}:
        yield error(where, "identifier", f"expected {IDENTIFIER} characters in each identifier")
    problem = problem_with(service.kind, service.settings)
    if problem is not None:
        yield error(where, "settings", problem)
    code = service.settings.get("segregationCode") if service.kind == BUILT_IN else None
    if code is not None and codes is not None and code not in codes:
        yield error(where, "segregation-code", "name the code of a station of the organization")


def _key(key: Key, registered: Collection[str]) -> Iterator[Finding]:
    if key.revoked_at is None:
        for organization in sorted({*key.organizations} - {*registered, EVERY}):
            what = f"register {organization}, or revoke the key: it opens nothing there"
            yield warning(f"key {key.id}", "unregistered", what)


def _is_safe(address: str) -> bool:
    """Whether an address is of https, or never leaves this machine."""
    try:
        told = urlsplit(address)
        local = told.hostname == "localhost" or ip_address(told.hostname or "").is_loopback
    except ValueError:
        local = False
    return local or address.lower().startswith("https://")
