"""The models of the bodies about the configuration."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gpd_soap.api.models import PageInfo, ResponseModel
from gpd_soap.validation import configuration as bodies
from gpd_soap.validation.printing import PrintFields

Page = Annotated[PageInfo, Field(alias="page_info")]


class Organization(ResponseModel):
    """An organization that the Node can ask about here."""

    fiscal_code: str
    name: str


class Broker(ResponseModel):
    """A broker of stations."""

    fiscal_code: str


class Station(ResponseModel):
    """A station by which the Node reaches organizations."""

    id: str
    broker: str


class PrintSettings(ResponseModel):
    """What an organization prints about itself on notices."""

    info: str | None = None
    cbill: str | None = None
    account_holder: str | None = None
    authorisation: str | None = None
    site: bool
    app: bool
    language: str
    logo: str | None = None


class ServingStation(ResponseModel):
    """A station that serves an organization."""

    station: str
    broker: str | None = None
    segregation_code: str | None = None
    broadcast: bool


class Service(ResponseModel):
    """A spontaneous-payment service of an organization."""

    service_id: str
    subject_id: str
    kind: str
    settings: dict[str, Any]


class Organizations(ResponseModel):
    """A page of organizations."""

    organizations: list[Organization]
    page_info: Page


class Brokers(ResponseModel):
    """A page of brokers."""

    brokers: list[Broker]
    page_info: Page


class Stations(ResponseModel):
    """A page of stations."""

    stations: list[Station]
    page_info: Page


class ServingStations(ResponseModel):
    """A page of the stations that serve an organization."""

    stations: list[ServingStation]
    page_info: Page


class Services(ResponseModel):
    """A page of the services of an organization."""

    services: list[Service]
    page_info: Page


MODELS = (
    bodies.OrganizationFields,
    bodies.StationFields,
    bodies.ServingFields,
    bodies.ServiceFields,
    PrintFields,
    PrintSettings,
    Organizations,
    Brokers,
    Stations,
    ServingStations,
    Services,
)
