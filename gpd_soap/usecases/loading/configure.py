"""What a JSON document configures, kept: organizations, brokers, stations and services."""

from __future__ import annotations

from collections.abc import Iterator

from gpd_soap.store import tables
from gpd_soap.store.configuration import read as configured
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.usecases import service_rules as offering
from gpd_soap.usecases.loading.document import Document
from gpd_soap.validation.finding import FieldError, path, told
from gpd_soap.validation.strict_json import UnusableFile


def configure(connection: Transaction, document: Document) -> None:
    """Keep what a file says of configuration; UnusableFile where it names what is nowhere."""
    for organization in document.organizations:
        configuration.put_organization(connection, organization.fiscal_code, organization.name)
    for broker in document.brokers:
        configuration.put_broker(connection, broker.fiscal_code)
    strangers = list(_strangers(connection, document))
    if strangers:
        raise UnusableFile(told(strangers))
    codes = _codes(connection, document)
    for station in document.stations:
        configuration.put_station(connection, station.id, station.broker)
        for served in station.organizations:
            configuration.put_serving(
                connection,
                served.fiscal_code,
                station.id,
                served.segregation_code,
                broadcast=served.broadcast,
            )
    for service in document.services:
        configuration.put_service(
            connection,
            service.organization,
            service.service_id,
            service.subject_id,
            service.kind,
            service.settings,
        )
    wrong = list(_misnumbered(connection, document, codes))
    if wrong:
        raise UnusableFile(told(wrong))


def organizations(connection: Transaction) -> set[str]:
    """Who is ours."""
    return {row.fiscal_code for row in connection.execute(tables.organization.select())}


def _strangers(connection: Transaction, document: Document) -> Iterator[FieldError]:
    ours = organizations(connection)
    brokers = {row.fiscal_code for row in connection.execute(tables.broker.select())}
    for at, station in enumerate(document.stations):
        if station.broker not in brokers:
            yield FieldError(path("stations", at, "broker"), "unknown", "a registered broker")
        for place, served in enumerate(station.organizations):
            if served.fiscal_code not in ours:
                field = path("stations", at, "organizations", place, "fiscalCode")
                yield FieldError(field, "unknown", "a registered organization")
    for at, service in enumerate(document.services):
        if service.organization not in ours:
            field = path("services", at, "organization")
            yield FieldError(field, "unknown", "a registered organization")


def _codes(connection: Transaction, document: Document) -> dict[str, frozenset[str]]:
    """The segregation codes of each organization whose stations or services a file names."""
    served = {s.fiscal_code for station in document.stations for s in station.organizations}
    named = served | {service.organization for service in document.services}
    return {each: configured.segregation_codes(connection, each) for each in named}


def _misnumbered(
    connection: Transaction, document: Document, before: dict[str, frozenset[str]]
) -> Iterator[FieldError]:
    """Services that would number notices with a code that is none of the organization's."""
    now = _codes(connection, document)
    for at, service in enumerate(document.services):
        error = offering.unknown_segregation_code(service.settings, now[service.organization])
        if error is not None:
            yield error._replace(field=path("services", at, error.field))
    for organization in sorted(now):
        settings = configured.settings(connection, organization)
        error = offering.services_losing_code(settings, before[organization] - now[organization])
        if error is not None:
            yield error
