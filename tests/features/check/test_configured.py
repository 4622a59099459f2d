"""What is configured: whether the Node finds its way by it, and whether anything is left over."""

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
    """Stations of our organization with these segregation codes."""
    return tuple(Serving(ORGANIZATION, f"{BROKER}_{at:02}", code) for at, code in enumerate(codes))


def offered(**more: Any) -> Registry:
    """A configuration whose one service is changed."""
    [service] = registry().services
    return registry(services=(service._replace(**more),))


def key(*organizations: str, **more: Any) -> Key:
    """A reader's key."""
    return Key("k1", "back office", Role.READER, organizations, NOW, None)._replace(**more)


def installation(found: Registry, *keys: Key, address: str = SAFE) -> list[tuple[str, str, str]]:
    """How grave, where, which rule."""
    return [each[:3] for each in configured.of_installation(found, keys, address)]


def organization(found: Registry) -> list[tuple[str, str, str]]:
    """How grave, where, which rule."""
    return [each[:3] for each in configured.of_organization(found, ORGANIZATION)]


def test_what_fits_together_has_no_finding():
    """One organization, one station, one service, one key."""
    assert installation(registry(), key(ORGANIZATION)) == []
    assert organization(registry()) == []


def test_an_organization_that_no_station_serves_is_an_error():
    """The Node cannot ask it."""
    found = organization(registry(servings=(), services=()))

    assert found == [("ERROR", f"organization {ORGANIZATION}", "unserved")]


def test_a_station_that_serves_nobody_is_a_warning():
    """It may be meant for tomorrow."""
    found = registry(stations=(Station(STATION, BROKER), Station(SECOND_STATION, BROKER)))

    assert installation(found) == [("WARNING", f"station {SECOND_STATION}", "idle")]


def test_a_broker_without_a_station_is_a_warning():
    """The same."""
    found = registry(brokers=(BROKER, OTHER_BROKER))

    assert installation(found) == [("WARNING", f"broker {OTHER_BROKER}", "idle")]


def test_an_organization_without_a_segregation_code_is_a_warning():
    """It can issue no number."""
    found = organization(registry(servings=serving(None), services=()))

    assert found == [("WARNING", f"organization {ORGANIZATION}", "no-segregation-code")]


def test_a_segregation_code_of_two_stations_is_a_warning():
    """Told once for the code."""
    found = organization(registry(servings=serving("01", "01", "02")))

    assert found == [("WARNING", f"organization {ORGANIZATION}", "shared-segregation-code")]


@pytest.mark.parametrize(
    ("codes", "known"),
    [(("01", "02"), frozenset(("01", "02"))), (("01", None), None), ((None,), None), ((), None)],
)
def test_a_code_is_strange_only_where_every_code_was_told(
    codes: tuple[str | None, ...], known: frozenset[str] | None
):
    """A station whose code is not configured may have any."""
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
def test_a_service_that_could_answer_no_demand_is_an_error(changed: dict[str, Any], rule: str):
    """Its kind, its settings, its segregation code, its identifiers."""
    [found] = organization(offered(**changed))

    assert found[0] == "ERROR"
    assert found[1].startswith(f"service {ORGANIZATION}/")
    assert found[2] == rule


def test_a_service_of_another_organization_is_not_ours_to_tell():
    """Each organization has its own findings."""
    theirs = Offered(OTHER, "00001", "00009", "provided by nobody", {})

    assert organization(registry(services=(theirs,))) == []


def test_a_key_for_an_organization_that_is_not_registered_is_a_warning():
    """Once for each; not where it was revoked, and not for every organization."""
    found = installation(
        registry(), key(STRANGER, ORGANIZATION), key(STRANGER, revoked_at=NOW), key("*")
    )

    assert found == [("WARNING", "key k1", "unregistered")]


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
def test_an_address_that_is_not_https_is_a_warning_beyond_this_machine(address: str, safe: bool):  # noqa: FBT001  # a case's expectation
    """It is what ?wsdl tells the Node's side."""
    assert (installation(registry(), address=address) == []) is safe
