"""What is configured, as a body or a file says it: organizations, brokers, stations, services."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gpd_soap.validation.fields import OrganizationCode, Segregation, Strict, Text5, Text35, Text140


class Named(Strict):
    """What an organization is called."""

    name: Text140


class Organization(Named):
    """An organization to register, or to rename."""

    fiscal_code: OrganizationCode


class Broker(Strict):
    """A broker to register; its code alone will do."""

    fiscal_code: Text35


class Serving(Strict):
    """How a station serves an organization."""

    segregation_code: Segregation | None = None
    broadcast: bool = False


class Served(Serving):
    """An organization that a station serves."""

    fiscal_code: OrganizationCode


class Owned(Strict):
    """Whose a station is."""

    broker: Text35


class Station(Owned):
    """A station to register, with whom it serves."""

    id: Text35
    organizations: Annotated[list[Served], Field(default_factory=list)]


class Offer(Strict):
    """How a spontaneous-payment service is offered."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    settings: dict[str, Any]


class Service(Offer):
    """A spontaneous-payment service to offer."""

    organization: OrganizationCode
    service_id: Text5
    subject_id: Text5
