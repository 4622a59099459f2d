"""Models of the configuration: organizations, brokers, stations and services."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gpd_soap.validation.fields import OrganizationCode, Segregation, Strict, Text5, Text35, Text140
from gpd_soap.validation.printing import PrintFields


class OrganizationFields(Strict):
    """The fields of an organization beside its code."""

    name: Text140


class Organization(OrganizationFields):
    """An organization to register or rename."""

    fiscal_code: OrganizationCode
    printing: PrintFields | None = None


class Broker(Strict):
    """A broker to register."""

    fiscal_code: Text35


class ServingFields(Strict):
    """The settings with which a station serves an organization; one that is left out stays."""

    segregation_code: Segregation | None = None
    broadcast: bool = False

    def named(self) -> dict[str, Any]:
        """Return the settings that were not left out."""
        names = self.model_fields_set & ServingFields.model_fields.keys()
        return {name: getattr(self, name) for name in names}


class ServedOrganization(ServingFields):
    """An organization that a station serves."""

    fiscal_code: OrganizationCode


class StationFields(Strict):
    """The fields of a station beside its id."""

    broker: Text35


class Station(StationFields):
    """A station to register, with the organizations that it serves."""

    id: Text35
    organizations: Annotated[list[ServedOrganization], Field(default_factory=list)]


class ServiceFields(Strict):
    """The fields of a spontaneous-payment service beside its identifiers."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    settings: dict[str, Any]


class Service(ServiceFields):
    """A spontaneous-payment service to offer."""

    organization: OrganizationCode
    service_id: Text5
    subject_id: Text5
