"""The paths of the operations on the configuration."""

from __future__ import annotations

from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from gpd_soap.api.configuration import models
from gpd_soap.api.configuration.handlers import Configuration
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import Responses, answer, body, refusals
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from gpd_soap.validation import configuration as bodies
from gpd_soap.validation.printing import PrintFields

ORGANIZATIONS, BROKERS, STATIONS = "/organizations", "/brokers", "/stations"
SERVING = f"{ORGANIZATION}/stations"
SERVICES = f"{ORGANIZATION}/services"
PRINTING = f"{ORGANIZATION}/printing"
BROKER, STATION, SERVED = f"{BROKERS}/<broker>", f"{STATIONS}/<station>", f"{SERVING}/<station>"
SERVICE = f"{SERVICES}/<idServizio>/<idSoggettoServizio>"

REMOVED: Responses = {204: {"description": "Removed."}, **refusals(404, 409)}


def group(store: Store) -> Group:
    """Returns the operations on organizations, brokers, stations and services."""
    operations = Configuration(store)
    return Group(
        "configuration",
        "Organizations, brokers, stations and spontaneous-payment services.",
        lambda api: _declare(api, operations),
        models.MODELS,
        Role.ADMIN,
    )


def _declare(api: APIBlueprint, operations: Configuration) -> None:
    """Declares every operation on the configuration."""
    add(
        api.get, ORGANIZATIONS, operations.organizations, "listOrganizations", None,
        _page(models.Organizations),
    )  # fmt: skip
    add(
        api.get,
        ORGANIZATION,
        operations.organization,
        "readOrganization",
        None,
        _row(models.Organization),
    )
    add(
        api.put,
        ORGANIZATION,
        operations.put_organization,
        "putOrganization",
        body(bodies.OrganizationFields),
        _put(models.Organization),
    )  # fmt: skip
    add(
        api.delete,
        ORGANIZATION,
        operations.remove_organization,
        "removeOrganization",
        None,
        REMOVED,
    )
    add(api.get, BROKERS, operations.brokers, "listBrokers", None, _page(models.Brokers))
    add(api.put, BROKER, operations.put_broker, "putBroker", None, _put(models.Broker))
    add(api.delete, BROKER, operations.remove_broker, "removeBroker", None, REMOVED)
    add(api.get, STATIONS, operations.stations, "listStations", None, _page(models.Stations))
    add(api.get, STATION, operations.station, "readStation", None, _row(models.Station))
    add(
        api.put,
        STATION,
        operations.put_station,
        "putStation",
        body(bodies.StationFields),
        _put(models.Station),
    )
    add(api.delete, STATION, operations.remove_station, "removeStation", None, REMOVED)
    _declare_of_organization(api, operations)


def _declare_of_organization(api: APIBlueprint, operations: Configuration) -> None:
    """Declares what the administrators of one organization may do."""
    add(
        api.get,
        SERVING,
        operations.serving,
        "listServingStations",
        None,
        _row(models.ServingStations),
    )
    add(
        api.put, SERVED, operations.serve, "serveOrganization", body(bodies.ServingFields),
        {**_put(models.ServingStation), **refusals(404, 409)},
    )  # fmt: skip
    add(api.delete, SERVED, operations.withdraw, "withdrawStation", None, REMOVED)
    add(
        api.get, PRINTING, operations.printing, "readPrinting", None, _row(models.PrintSettings)
    )  # fmt: skip
    add(
        api.put, PRINTING, operations.put_printing, "putPrinting", body(PrintFields),
        {**_put(models.PrintSettings), **refusals(404)},
    )  # fmt: skip
    add(api.get, SERVICES, operations.services, "listServices", None, _row(models.Services))
    add(api.get, SERVICE, operations.service, "readService", None, _row(models.Service))
    add(
        api.put, SERVICE, operations.offer, "offerService", body(bodies.ServiceFields),
        {**_put(models.Service), **refusals(404)},
    )  # fmt: skip
    add(api.delete, SERVICE, operations.withdraw_service, "withdrawService", None, REMOVED)


def _page(model: type[BaseModel]) -> Responses:
    return {200: answer(model, "A page of the list.")}


def _row(model: type[BaseModel]) -> Responses:
    return {200: answer(model, "What is registered."), **refusals(404)}


def _put(model: type[BaseModel]) -> Responses:
    return {
        200: answer(model, "It was registered, and is changed."),
        201: answer(model, "It is new."),
        **refusals(415),
    }
