"""What the paths of the configuration may say; bodies are those of `loading.document`."""

from __future__ import annotations

from pydantic import Field

from gpd_soap.validation.fields import Text5, Text35
from gpd_soap.validation.queries.common import OfOrganization, QueryModel


class OfBroker(QueryModel):
    """Which broker."""

    broker: Text35


class OfStation(QueryModel):
    """Which station."""

    station: Text35


class OfServing(OfOrganization):
    """Which station of an organization."""

    station: Text35


class OfService(OfOrganization):
    """Which service of an organization, as the Node names it."""

    service_id: Text5 = Field(alias="idServizio")
    subject_id: Text5 = Field(alias="idSoggettoServizio")
