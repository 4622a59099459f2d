"""The operations on the configuration: read a request, call the registry, write its answer."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from flask import Response, g, jsonify

from gpd_soap.api import problems
from gpd_soap.api.auth import body_of
from gpd_soap.api.problems import Refused
from gpd_soap.api.responses import Body, camel_case, listed
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.configuration.read import Offered, Organization, Station
from gpd_soap.store.store import Store
from gpd_soap.usecases.configuration import Registry
from gpd_soap.validation import configuration as bodies
from gpd_soap.validation.printing import PrintFields
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath, Paged
from gpd_soap.validation.queries.configuration import (
    BrokerPath,
    ServicePath,
    ServingPath,
    StationPath,
)


class Configuration:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store) -> None:
        """Use `store` for every operation."""
        self._registry = Registry(store)

    def organizations(self, query: Paged) -> Response:
        """List the organizations, page by page."""
        return _page("organizations", self._registry.organizations(query.slice()), query)

    def organization(self, path: OrganizationPath, query: NoQuery) -> Response:
        """Read an organization."""
        return _row(self._registry.organization(path.organizationfiscalcode))

    def put_organization(self, path: OrganizationPath, query: NoQuery) -> Response:
        """Register an organization, or rename it.

        Registering a new one is for keys of every organization.
        """
        code, body = path.organizationfiscalcode, body_of(bodies.OrganizationFields)
        new = self._registry.put_organization(code, body.name, may_register=g.key.serves_every)
        return _put(new=new, fiscal_code=code, name=body.name)

    def remove_organization(self, path: OrganizationPath, query: NoQuery) -> Response:
        """Remove an organization without positions and receipts; for keys of every organization.

        An organization that ever issued a notice number stays, so that no number is issued twice.
        """
        if not g.key.serves_every:
            raise Refused(problems.EVERY_ORGANIZATION)
        self._registry.remove_organization(path.organizationfiscalcode)
        return _removed()

    def brokers(self, query: Paged) -> Response:
        """List the brokers, page by page."""
        return _page("brokers", self._registry.brokers(query.slice()), query)

    def put_broker(self, path: BrokerPath, query: NoQuery) -> Response:
        """Register a broker."""
        return _put(new=self._registry.put_broker(path.broker), fiscal_code=path.broker)

    def remove_broker(self, path: BrokerPath, query: NoQuery) -> Response:
        """Remove a broker that has no station."""
        self._registry.remove_broker(path.broker)
        return _removed()

    def stations(self, query: Paged) -> Response:
        """List the stations, page by page."""
        return _page("stations", self._registry.stations(query.slice()), query)

    def station(self, path: StationPath, query: NoQuery) -> Response:
        """Read a station."""
        return _row(self._registry.station(path.station))

    def put_station(self, path: StationPath, query: NoQuery) -> Response:
        """Register a station, or give it to another broker."""
        body = body_of(bodies.StationFields)
        new = self._registry.put_station(path.station, body.broker)
        return _put(new=new, id=path.station, broker=body.broker)

    def remove_station(self, path: StationPath, query: NoQuery) -> Response:
        """Remove a station that serves no organization."""
        self._registry.remove_station(path.station)
        return _removed()

    def serving(self, path: OrganizationPath, query: Paged) -> Response:
        """List the stations that serve an organization, page by page."""
        rows = self._registry.serving(path.organizationfiscalcode, query.slice())
        return _page("stations", rows, query)

    def serve(self, path: ServingPath, query: NoQuery) -> Response:
        """Let a station serve an organization.

        Notice numbers are issued with its segregation code.  The serials of a former code are never
        issued again.  A field that is left out stays as it is; `null` removes the code.
        """
        new, stored = self._registry.serve(
            path.organizationfiscalcode, path.station, body_of(bodies.ServingFields)
        )
        return _put(
            new=new,
            station=stored.station,
            segregation_code=stored.segregation_code,
            broadcast=stored.broadcast,
        )

    def withdraw(self, path: ServingPath, query: NoQuery) -> Response:
        """End the serving of an organization by a station."""
        self._registry.withdraw(path.organizationfiscalcode, path.station)
        return _removed()

    def printing(self, path: OrganizationPath, query: NoQuery) -> Response:
        """Read what an organization prints about itself on notices."""
        return jsonify(_printing(self._registry.printing(path.organizationfiscalcode)))

    def put_printing(self, path: OrganizationPath, query: NoQuery) -> Response:
        """Change what an organization prints about itself on notices.

        A field that is left out stays as it is; `null` removes it.  The logo is an SVG, PNG or JPEG
        file in base64.
        """
        new, settings = self._registry.put_printing(
            path.organizationfiscalcode, body_of(PrintFields)
        )
        response = jsonify(_printing(settings))
        response.status_code = 201 if new else 200
        return response

    def services(self, path: OrganizationPath, query: Paged) -> Response:
        """List the spontaneous-payment services of an organization, page by page."""
        rows = self._registry.services(path.organizationfiscalcode, query.slice())
        return _page("services", rows, query)

    def service(self, path: ServicePath, query: NoQuery) -> Response:
        """Read a spontaneous-payment service."""
        return _row(
            self._registry.service(path.organizationfiscalcode, path.service_id, path.subject_id)
        )

    def offer(self, path: ServicePath, query: NoQuery) -> Response:
        """Offer a spontaneous-payment service, or change its settings."""
        body = body_of(bodies.ServiceFields)
        offered = Offered(path.service_id, path.subject_id, body.kind, body.settings)
        new = self._registry.offer(path.organizationfiscalcode, offered)
        return _put(new=new, **offered._asdict())

    def withdraw_service(self, path: ServicePath, query: NoQuery) -> Response:
        """End the offer of a spontaneous-payment service."""
        self._registry.withdraw_service(
            path.organizationfiscalcode, path.service_id, path.subject_id
        )
        return _removed()


def _printing(settings: PrintSettings) -> Body:
    logo = None if settings.logo is None else b64encode(settings.logo).decode()
    return camel_case(**{**settings._asdict(), "logo": logo})


def _page(name: str, rows_and_total: tuple[list[Any], int], query: Paged) -> Response:
    rows, total = rows_and_total
    return jsonify(listed(name, [camel_case(**each._asdict()) for each in rows], total, query))


def _row(row: Organization | Station | Offered) -> Response:
    return jsonify(camel_case(**row._asdict()))


def _put(*, new: bool, **fields: object) -> Response:
    response = jsonify(camel_case(**fields))
    response.status_code = 201 if new else 200
    return response


def _removed() -> Response:
    return Response(status=204)
