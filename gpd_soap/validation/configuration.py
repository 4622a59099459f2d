"""Models of the configuration: organizations, brokers, stations and services."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gpd_soap.validation.fields import OrganizationCode, Segregation, Strict, Text5, Text35, Text140


class Named(Strict):
    """The fields of an organization beside its code."""

    name: Text140


class Organization(Named):
    """An organization to register or rename."""

    fiscal_code: OrganizationCode


class Broker(Strict):
    """A broker to register."""

    fiscal_code: Text35


class Serving(Strict):
    """The settings with which a station serves an organization."""

    segregation_code: Segregation | None = None
    broadcast: bool = False


class Served(Serving):
    """An organization that a station serves."""

    fiscal_code: OrganizationCode


class Owned(Strict):
    """The fields of a station beside its id."""

    broker: Text35


class Station(Owned):
    """A station to register, with the organizations that it serves."""

    id: Text35
    organizations: Annotated[list[Served], Field(default_factory=list)]


class Offer(Strict):
    """The fields of a spontaneous-payment service beside its identifiers."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    settings: dict[str, Any]


class Service(Offer):
    """A spontaneous-payment service to offer."""

    organization: OrganizationCode
    service_id: Text5
    subject_id: Text5
