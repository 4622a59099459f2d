"""Stores the organizations, brokers, stations and services of a JSON document."""

from __future__ import annotations

from collections.abc import Iterator

from gpd_soap.store import tables
from gpd_soap.store.configuration import printing, read, write
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.usecases import service_rules
from gpd_soap.usecases.loading.document import Document
from gpd_soap.validation.finding import FieldError, as_lines, path
from gpd_soap.validation.strict_json import UnusableFile


def configure(connection: Transaction, document: Document) -> None:
    """Store the configuration of a document.

    Raises UnusableFile if it names a broker, an organization or a segregation code that is unknown.
    """
    _configure_organizations(connection, document)
    for broker in document.brokers:
        write.put_broker(connection, broker.fiscal_code)
    unknown = list(_unknown_references(connection, document))
    if unknown:
        raise UnusableFile(as_lines(unknown))
    codes = _codes(connection, document)
    for station in document.stations:
        write.put_station(connection, station.id, station.broker)
        for served in station.organizations:
            write.put_serving(connection, served.fiscal_code, station.id, **served.named())
    for service in document.services:
        write.put_service(
            connection,
            service.organization,
            service.service_id,
            service.subject_id,
            service.kind,
            service.settings,
        )
    errors = list(_code_errors(connection, document, codes))
    if errors:
        raise UnusableFile(as_lines(errors))


def _configure_organizations(connection: Transaction, document: Document) -> None:
    for organization in document.organizations:
        write.put_organization(connection, organization.fiscal_code, organization.name)
        if organization.printing is not None:
            named = organization.printing.named()
            printing.put(connection, organization.fiscal_code, **named)


def organizations(connection: Transaction) -> set[str]:
    """Return the codes of the registered organizations."""
    return {row.fiscal_code for row in connection.execute(tables.organization.select())}


def _unknown_references(connection: Transaction, document: Document) -> Iterator[FieldError]:
    """Yield a finding for each name of a broker or an organization that is not registered."""
    registered = organizations(connection)
    brokers = {row.fiscal_code for row in connection.execute(tables.broker.select())}
    for index, station in enumerate(document.stations):
        if station.broker not in brokers:
            yield FieldError(path("stations", index, "broker"), "unknown", "a registered broker")
        for number, served in enumerate(station.organizations):
            if served.fiscal_code not in registered:
                field = path("stations", index, "organizations", number, "fiscalCode")
                yield FieldError(field, "unknown", "a registered organization")
    for index, service in enumerate(document.services):
        if service.organization not in registered:
            field = path("services", index, "organization")
            yield FieldError(field, "unknown", "a registered organization")


def _codes(connection: Transaction, document: Document) -> dict[str, frozenset[str]]:
    """Return the segregation codes of each organization that a station or a service names."""
    served = {s.fiscal_code for station in document.stations for s in station.organizations}
    named = served | {service.organization for service in document.services}
    return {each: read.segregation_codes(connection, each) for each in named}


def _code_errors(
    connection: Transaction, document: Document, before: dict[str, frozenset[str]]
) -> Iterator[FieldError]:
    """Yield a finding for each service whose segregation code its organization does not have."""
    after = _codes(connection, document)
    for index, service in enumerate(document.services):
        error = service_rules.unknown_segregation_code(
            service.settings, after[service.organization]
        )
        if error is not None:
            yield error._replace(field=path("services", index, error.field))
    for organization in sorted(after):
        settings = read.settings(connection, organization)
        error = service_rules.services_losing_code(
            settings, before[organization] - after[organization]
        )
        if error is not None:
            yield error
