"""Models of the paths of the configuration; the bodies are in `validation.configuration`."""

from __future__ import annotations

from pydantic import Field

from gpd_soap.validation.fields import Text5, Text35
from gpd_soap.validation.queries.common import OrganizationPath, QueryModel


class BrokerPath(QueryModel):
    """A path that names a broker."""

    broker: Text35


class StationPath(QueryModel):
    """A path that names a station."""

    station: Text35


class ServingPath(OrganizationPath):
    """A path that names a station of an organization."""

    station: Text35


class ServicePath(OrganizationPath):
    """A path that names a service of an organization by the Node's identifiers."""

    service_id: Text5 = Field(alias="idServizio")
    subject_id: Text5 = Field(alias="idSoggettoServizio")
