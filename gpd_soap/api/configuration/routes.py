"""Which operation on the configuration answers which path."""

from __future__ import annotations

from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.configuration.handlers import Configuration
from gpd_soap.api.configuration.openapi import schemas
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import Responses, answer, body, ref, refusals
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store

ORGANIZATIONS, BROKERS, STATIONS = "/organizations", "/brokers", "/stations"
SERVING = f"{ORGANIZATION}/stations"
SERVICES = f"{ORGANIZATION}/services"
BROKER, STATION, SERVED = f"{BROKERS}/<broker>", f"{STATIONS}/<station>", f"{SERVING}/<station>"
SERVICE = f"{SERVICES}/<idServizio>/<idSoggettoServizio>"

GONE: Responses = {204: {"description": "Removed."}, **refusals(404, 409)}


def group(store: Store) -> Group:
    """Organizations, brokers, stations and services."""
    configuration = Configuration(store)
    return Group("configuration", lambda api: _declare(api, configuration), schemas, Role.ADMIN)


def _declare(api: APIBlueprint, ours: Configuration) -> None:
    """Add every operation on the configuration."""
    add(
        api.get, ORGANIZATIONS, ours.organizations, "listOrganizations", None,
        _read("Organizations"),
    )  # fmt: skip
    add(api.get, ORGANIZATION, ours.organization, "readOrganization", None, _found("Organization"))
    add(
        api.put, ORGANIZATION, ours.put_organization, "putOrganization", body("OrganizationName"),
        _made("Organization"),
    )  # fmt: skip
    add(api.delete, ORGANIZATION, ours.remove_organization, "removeOrganization", None, GONE)
    add(api.get, BROKERS, ours.brokers, "listBrokers", None, _read("Brokers"))
    add(api.put, BROKER, ours.put_broker, "putBroker", None, _made("Broker"))
    add(api.delete, BROKER, ours.remove_broker, "removeBroker", None, GONE)
    add(api.get, STATIONS, ours.stations, "listStations", None, _read("Stations"))
    add(api.get, STATION, ours.station, "readStation", None, _found("Station"))
    add(api.put, STATION, ours.put_station, "putStation", body("StationOwner"), _made("Station"))
    add(api.delete, STATION, ours.remove_station, "removeStation", None, GONE)
    _declare_of_organization(api, ours)


def _declare_of_organization(api: APIBlueprint, ours: Configuration) -> None:
    """What an organization's own administrators may do."""
    add(api.get, SERVING, ours.serving, "listServingStations", None, _found("ServingStations"))
    add(
        api.put, SERVED, ours.serve, "serveOrganization", body("Serving"),
        {**_made("ServingStation"), **refusals(404, 409)},
    )  # fmt: skip
    add(api.delete, SERVED, ours.withdraw, "withdrawStation", None, GONE)
    add(api.get, SERVICES, ours.services, "listServices", None, _found("Services"))
    add(api.get, SERVICE, ours.service, "readService", None, _found("Service"))
    add(
        api.put, SERVICE, ours.offer, "offerService", body("Offer"),
        {**_made("Service"), **refusals(404)},
    )  # fmt: skip
    add(api.delete, SERVICE, ours.withdraw_service, "withdrawService", None, GONE)


def _read(name: str) -> Responses:
    return {200: answer(ref(name), "What there is.")}


def _found(name: str) -> Responses:
    return {**_read(name), **refusals(404)}


def _made(name: str) -> Responses:
    return {
        200: answer(ref(name), "It was there, and is now so."),
        201: answer(ref(name), "It is new."),
        **refusals(415),
    }
