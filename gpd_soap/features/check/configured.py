"""Checks that the configuration is consistent and that the Node finds a station by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from gpd_soap.features.check.finding import Finding, error, warning
from gpd_soap.store.access.keys import ALL_ORGANIZATIONS, Key
from gpd_soap.store.configuration.snapshot import Offered, Registry
from gpd_soap.store.jobs.schedules import Schedule
from gpd_soap.usecases.spontaneous.kinds import BUILT_IN, problem_with

#: SPEC: XSD `stIdentificativoServizio`: the length of idServizio and of idSoggettoServizio.
IDENTIFIER = 5


def of_installation(registry: Registry, keys: Iterable[Key], address: str) -> Iterator[Finding]:
    """Yield the findings on brokers, stations, keys and the public address."""
    with_stations = {station.broker for station in registry.stations}
    for broker in registry.brokers:
        if broker not in with_stations:
            yield warning(f"broker {broker}", "idle", "register a station of it, or remove it")
    serving = {served.station for served in registry.servings}
    for station in registry.stations:
        if station.id not in serving:
            what = "let it serve an organization, or remove it"
            yield warning(f"station {station.id}", "idle", what)
    for key in keys:
        yield from _key(key, registry.organizations)
    if not _is_safe(address):
        yield warning("settings", "address", "set GPD_PUBLIC_URL to an https:// address")


def of_work(failing: Iterable[Schedule]) -> Iterator[Finding]:
    """Yield the findings on work that is done again and again and fails each time."""
    for each in failing:
        what = f"it failed {each.failures} times in a row: {each.last_error or 'without a word'}"
        yield warning(f"schedule {each.kind}", "failing", what)


def of_organization(registry: Registry, organization: str) -> Iterator[Finding]:
    """Yield the findings on an organization's stations, segregation codes and services."""
    where = f"organization {organization}"
    stations = [s for s in registry.servings if s.organization == organization]
    known = [s.segregation_code for s in stations if s.segregation_code is not None]
    if not stations:
        what = "let a station serve it: without a station the Node cannot send requests"
        yield error(where, "unserved", what)
    elif not known:
        what = "give a segregation code to one of its stations: without a code it issues no number"
        yield warning(where, "no-segregation-code", what)
    for code in sorted({code for code in known if known.count(code) > 1}):
        what = f"give code {code} to one station only: the Node calls one station for each code"
        yield warning(where, "shared-segregation-code", what)
    for service in registry.services:
        if service.organization == organization:
            yield from _service(service, routed(registry, organization))


def routed(registry: Registry, organization: str) -> frozenset[str] | None:
    """Return the segregation codes of an organization's stations; None if not all are known."""
    stations = [s for s in registry.servings if s.organization == organization]
    codes = frozenset(s.segregation_code for s in stations if s.segregation_code is not None)
    # WHY: a station without a configured code may have any code.
    incomplete = any(station.segregation_code is None for station in stations)
    return None if incomplete or not codes else codes


def stray(organization: str, code: str, notices: int) -> Finding:
    """Return the finding on notices whose segregation code no station has."""
    what = f"{notices} notices have code {code}, which no station has: give it to a station"
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
        for organization in sorted({*key.organizations} - {*registered, ALL_ORGANIZATIONS}):
            what = f"register {organization}, or revoke the key: it gives access to nothing there"
            yield warning(f"key {key.id}", "unregistered", what)


def _is_safe(address: str) -> bool:
    """Return whether an address is of https or of this machine."""
    try:
        parts = urlsplit(address)
        local = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        local = False
    return local or address.lower().startswith("https://")
