"""The check of the configuration: each inconsistency has a finding."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gpd_soap.features.check import configured
from gpd_soap.store.access.keys import Key, Role
from gpd_soap.store.configuration.snapshot import Offered, Registry, Serving, Station
from tests.features.check.samples import registry
from tests.world import (
    ACCOUNT,
    BROKER,
    ORGANIZATION,
    OTHER,
    OTHER_BROKER,
    SECOND_STATION,
    STATION,
    STRANGER,
)

NOW = datetime(2026, 3, 16, tzinfo=UTC)
SAFE = "https://ec.example/partner"
DECLARED = {"description": "Diritti di segreteria", "amount": 500, **ACCOUNT}


def serving(*codes: str | None) -> tuple[Serving, ...]:
    """Return stations of our organization with these segregation codes."""
    return tuple(Serving(ORGANIZATION, f"{BROKER}_{n:02}", code) for n, code in enumerate(codes))


def offered(**more: Any) -> Registry:
    """Return a configuration whose one service is changed."""
    [service] = registry().services
    return registry(services=(service._replace(**more),))


def key(*organizations: str, **more: Any) -> Key:
    """Return a reader's key."""
    return Key("k1", "back office", Role.READER, organizations, NOW, None)._replace(**more)


def installation(rows: Registry, *keys: Key, address: str = SAFE) -> list[tuple[str, str, str]]:
    """Return severity, subject and rule of each finding on the installation."""
    return [finding[:3] for finding in configured.of_installation(rows, keys, address)]


def organization(rows: Registry) -> list[tuple[str, str, str]]:
    """Return severity, subject and rule of each finding on the organization."""
    return [finding[:3] for finding in configured.of_organization(rows, ORGANIZATION)]


def test_consistent_configuration_has_no_finding():
    """It has one organization, one station, one service and one key."""
    assert installation(registry(), key(ORGANIZATION)) == []
    assert organization(registry()) == []


def test_organization_without_a_station_is_an_error():
    """The Node cannot send requests for it."""
    findings = organization(registry(servings=(), services=()))

    assert findings == [("ERROR", f"organization {ORGANIZATION}", "unserved")]


def test_station_without_an_organization_is_a_warning():
    """It may be registered for later."""
    rows = registry(stations=(Station(STATION, BROKER), Station(SECOND_STATION, BROKER)))

    assert installation(rows) == [("WARNING", f"station {SECOND_STATION}", "idle")]


def test_broker_without_a_station_is_a_warning():
    """It may be registered for later."""
    rows = registry(brokers=(BROKER, OTHER_BROKER))

    assert installation(rows) == [("WARNING", f"broker {OTHER_BROKER}", "idle")]


def test_organization_without_a_segregation_code_is_a_warning():
    """It can issue no notice number."""
    findings = organization(registry(servings=serving(None), services=()))

    assert findings == [("WARNING", f"organization {ORGANIZATION}", "no-segregation-code")]


def test_segregation_code_of_two_stations_is_one_warning():
    """The code has one finding, and not one for each station."""
    findings = organization(registry(servings=serving("01", "01", "02")))

    assert findings == [("WARNING", f"organization {ORGANIZATION}", "shared-segregation-code")]


@pytest.mark.parametrize(
    ("codes", "known"),
    [(("01", "02"), frozenset(("01", "02"))), (("01", None), None), ((None,), None), ((), None)],
)
def test_routed_codes_with_an_unknown_code_are_unknown(
    codes: tuple[str | None, ...], known: frozenset[str] | None
):
    """A station without a configured code may have any code."""
    assert configured.routed(registry(servings=serving(*codes)), ORGANIZATION) == known


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"kind": "provided by nobody"}, "settings"),
        ({"settings": {**DECLARED, "iban": "IT00"}}, "settings"),
        ({"settings": {**DECLARED, "segregationCode": "02"}}, "segregation-code"),
        ({"service_id": "1"}, "identifier"),
        ({"subject_id": "000009"}, "identifier"),
    ],
)
def test_service_that_cannot_answer_a_demand_is_an_error(changed: dict[str, Any], rule: str):
    """Its kind, settings, segregation code or identifiers are wrong."""
    [finding] = organization(offered(**changed))

    assert finding[0] == "ERROR"
    assert finding[1].startswith(f"service {ORGANIZATION}/")
    assert finding[2] == rule


def test_service_of_another_organization_has_no_finding():
    """Each organization has the findings of its own services."""
    theirs = Offered(OTHER, "00001", "00009", "provided by nobody", {})

    assert organization(registry(services=(theirs,))) == []


def test_key_of_an_unregistered_organization_is_a_warning():
    """Revoked keys and keys of every organization have no finding."""
    findings = installation(
        registry(), key(STRANGER, ORGANIZATION), key(STRANGER, revoked_at=NOW), key("*")
    )

    assert findings == [("WARNING", "key k1", "unregistered")]


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        (SAFE, True),
        ("HTTPS://ec.example", True),
        ("http://127.0.0.1:8080/partner", True),
        ("http://[::1]:8080/partner", True),
        ("http://localhost/partner", True),
        ("http://ec.example/partner", False),
        ("http://10.0.0.1/partner", False),
        ("http://[/partner", False),
        ("nowhere", False),
    ],
)
def test_public_address_without_https_is_a_warning_unless_local(address: str, *, safe: bool):
    """The WSDL gives this address to callers."""
    assert (installation(registry(), address=address) == []) is safe
