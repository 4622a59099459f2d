"""The configuration in a file, and the organizations of its positions."""

import io
import json

import pytest

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Outcome, Result
from gpd_soap.usecases.loading.load import LoadOptions, load
from gpd_soap.usecases.loading.source import Format, open_source
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.strict_json import UnusableFile
from tests.usecases.loading.samples import (
    ACTOR,
    CONFIGURATION,
    NOW,
    STATION,
    Body,
    Load,
    load_document,
    valid,
)
from tests.validation.bodies import ORGANIZATION, body, option


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"stations": [{"id": "x", "broker": "y"}]},
            "stations[0].broker: unknown: expected a registered broker",
        ),
        (
            {"stations": [{"id": "x", "broker": "15376371009", "organizations": [
                {"fiscalCode": "88888888888"}]}]},
            "stations[0].organizations[0].fiscalCode: unknown: expected a registered organization",
        ),
        (
            {"services": [{"organization": "88888888888", "serviceId": "00001",
                           "subjectId": "00001", "kind": "declared", "settings": {
                               "amount": 500, "description": "Diritti", "segregationCode": "01",
                               "category": "0101002IM", "iban": "IT60X0542811101000000123456",
                           }}]},
            "services[0].organization: unknown: expected a registered organization",
        ),
    ],
)  # fmt: skip
def test_configuration_with_unknown_references_is_unusable(
    store: Store, content: Body, message: str
):
    """Nothing of the file is stored."""
    with pytest.raises(UnusableFile) as refused:
        load_document(store, {"brokers": ["15376371009"], **content}, keep_going=True)

    assert str(refused.value) == message
    with store.begin() as connection:
        assert connection.execute(tables.broker.select()).all() == []


def test_service_with_an_unknown_segregation_code_is_unusable(store: Store):
    """A file that takes the code of a stored service away is unusable too."""

    def load_services(stations: list[str], *services: str) -> None:
        content = {
            "organizations": [{"fiscalCode": ORGANIZATION, "name": "Comune"}],
            "brokers": ["B"],
            "stations": [station(code) for code in stations],
            "services": [service(code) for code in services],
        }
        load_document(store, content)

    foreign = r"services\[0\].settings.segregationCode: unknown: expected the segregation code"
    for stations in ([], ["01"]):
        with pytest.raises(UnusableFile, match=foreign):
            load_services(stations, "02")
    load_services(["02"], "02")
    with pytest.raises(UnusableFile, match="services: in-use: expected no service"):
        load_services(["01"])
    load_services(["01"], "01")


def station(code: str) -> Body:
    """Return a station that serves the organization with this segregation code."""
    served = {"fiscalCode": ORGANIZATION, "segregationCode": code}
    return {"id": "S", "broker": "B", "organizations": [served]}


def service(code: str) -> Body:
    """Return a service that issues notices with this segregation code."""
    return {
        "organization": ORGANIZATION,
        "serviceId": "00001",
        "subjectId": "00001",
        "kind": "declared",
        "settings": {
            "amount": 500,
            "description": "Diritti",
            "segregationCode": code,
            "category": "0101002IM",
            "iban": "IT60X0542811101000000123456",
        },
    }


def test_configuration_is_stored_and_can_be_loaded_again(store: Store, loaded: Load):
    """The second load changes nothing."""
    loaded()
    loaded()

    with store.begin() as connection:
        serving = connection.execute(tables.organization_station.select()).all()
    assert [tuple(row) for row in serving] == [(ORGANIZATION, STATION, "47", False)]


def test_unregistered_organization_is_refused(loaded: Load):
    """The organization is neither in the file nor in the store."""
    ended = loaded(valid(1, organization="88888888888"), keep_going=True)

    assert ended.refused == [
        (0, "P1", (FieldError("organization", "unknown", "a registered organization"),)),
    ]


def test_registered_organization_need_not_be_in_the_file(store: Store, loaded: Load):
    """A file may have positions alone."""
    loaded()

    assert load_document(store, {"positions": [valid(1)]}).loaded == 1


def test_organization_option_is_for_positions_that_name_none(store: Store, loaded: Load):
    """A position that names another organization keeps it."""
    loaded()
    content = {"positions": [body(option(1)), valid(2, organization="88888888888")]}
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, ORGANIZATION)
    outcomes: list[Outcome] = []
    load(
        store,
        source,
        NOW,
        LoadOptions(ACTOR, keep_going=True, organization=ORGANIZATION),
        outcomes.append,
    )

    assert [(o.organization, o.result) for o in outcomes] == [
        (ORGANIZATION, Result.LOADED),
        ("88888888888", Result.REFUSED),
    ]


def test_settings_of_a_station_that_a_file_leaves_out_stay(store: Store):
    """A file that names the station again need not name everything about it."""
    for served in ({"segregationCode": "47", "broadcast": True}, {}, {"broadcast": False}):
        stations = [{**station("47"), "organizations": [{"fiscalCode": ORGANIZATION, **served}]}]
        load_document(store, {**CONFIGURATION, "brokers": ["B"], "stations": stations})

    with store.begin() as connection:
        rows = connection.execute(tables.organization_station.select()).all()
    assert [tuple(row) for row in rows] == [(ORGANIZATION, "S", "47", False)]
