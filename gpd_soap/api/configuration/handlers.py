"""The operations on the configuration: out of HTTP, to the registry, into HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify

from gpd_soap.api import problems
from gpd_soap.api.auth import body_of
from gpd_soap.api.problems import Refused
from gpd_soap.api.responses import camel_case, listed
from gpd_soap.store.configuration.read import Offered, Organization, Station
from gpd_soap.store.store import Store
from gpd_soap.usecases.configuration import Registry
from gpd_soap.validation import configuration as bodies
from gpd_soap.validation.queries.common import NoQuery, OfOrganization, Paged
from gpd_soap.validation.queries.configuration import OfBroker, OfService, OfServing, OfStation


class Configuration:
    """One method for each operation; its docstring is what the OpenAPI says of it."""

    def __init__(self, store: Store) -> None:
        """Take the store."""
        self._registry = Registry(store)

    def organizations(self, query: Paged) -> Response:
        """List the organizations, page by page."""
        return _page("organizations", self._registry.organizations(query.slice()), query)

    def organization(self, path: OfOrganization, query: NoQuery) -> Response:
        """Read an organization."""
        return _row(self._registry.organization(path.organizationfiscalcode))

    def put_organization(self, path: OfOrganization, query: NoQuery) -> Response:
        """Register an organization, or rename it.

        Registering a new one is for keys of every organization.
        """
        code, told = path.organizationfiscalcode, body_of(bodies.Named)
        new = self._registry.put_organization(code, told.name, may_register=g.key.serves_every)
        return _put(new=new, fiscal_code=code, name=told.name)

    def remove_organization(self, path: OfOrganization, query: NoQuery) -> Response:
        """Remove an organization that has nothing here; for keys of every organization.

        One that ever issued a notice number stays, lest it issue the same again.
        """
        if not g.key.serves_every:
            raise Refused(problems.EVERY_ORGANIZATION)
        self._registry.remove_organization(path.organizationfiscalcode)
        return _gone()

    def brokers(self, query: Paged) -> Response:
        """List the brokers, page by page."""
        return _page("brokers", self._registry.brokers(query.slice()), query)

    def put_broker(self, path: OfBroker, query: NoQuery) -> Response:
        """Register a broker."""
        return _put(new=self._registry.put_broker(path.broker), fiscal_code=path.broker)

    def remove_broker(self, path: OfBroker, query: NoQuery) -> Response:
        """Remove a broker that has no station."""
        self._registry.remove_broker(path.broker)
        return _gone()

    def stations(self, query: Paged) -> Response:
        """List the stations, page by page."""
        return _page("stations", self._registry.stations(query.slice()), query)

    def station(self, path: OfStation, query: NoQuery) -> Response:
        """Read a station."""
        return _row(self._registry.station(path.station))

    def put_station(self, path: OfStation, query: NoQuery) -> Response:
        """Register a station, or give it to another broker."""
        told = body_of(bodies.Owned)
        new = self._registry.put_station(path.station, told.broker)
        return _put(new=new, id=path.station, broker=told.broker)

    def remove_station(self, path: OfStation, query: NoQuery) -> Response:
        """Remove a station that serves no organization."""
        self._registry.remove_station(path.station)
        return _gone()

    def serving(self, path: OfOrganization, query: Paged) -> Response:
        """List the stations that serve an organization, page by page."""
        found = self._registry.serving(path.organizationfiscalcode, query.slice())
        return _page("stations", found, query)

    def serve(self, path: OfServing, query: NoQuery) -> Response:
        """Let a station serve an organization.

        Notice numbers are issued with its segregation code; the serials of a code that it had
        before are never issued again.
        """
        told = body_of(bodies.Serving)
        new = self._registry.serve(
            path.organizationfiscalcode,
            path.station,
            told.segregation_code,
            broadcast=told.broadcast,
        )
        return _put(new=new, station=path.station, **told.model_dump())

    def withdraw(self, path: OfServing, query: NoQuery) -> Response:
        """Let a station serve an organization no longer."""
        self._registry.withdraw(path.organizationfiscalcode, path.station)
        return _gone()

    def services(self, path: OfOrganization, query: Paged) -> Response:
        """List the spontaneous-payment services of an organization, page by page."""
        found = self._registry.services(path.organizationfiscalcode, query.slice())
        return _page("services", found, query)

    def service(self, path: OfService, query: NoQuery) -> Response:
        """Read a spontaneous-payment service."""
        return _row(
            self._registry.service(path.organizationfiscalcode, path.service_id, path.subject_id)
        )

    def offer(self, path: OfService, query: NoQuery) -> Response:
        """Offer a spontaneous-payment service, or change how it is offered."""
        told = body_of(bodies.Offer)
        offered = Offered(path.service_id, path.subject_id, told.kind, told.settings)
        new = self._registry.offer(path.organizationfiscalcode, offered)
        return _put(new=new, **offered._asdict())

    def withdraw_service(self, path: OfService, query: NoQuery) -> Response:
        """Offer a spontaneous-payment service no longer."""
        self._registry.withdraw_service(
            path.organizationfiscalcode, path.service_id, path.subject_id
        )
        return _gone()


def _page(name: str, found: tuple[list[Any], int], query: Paged) -> Response:
    rows, total = found
    return jsonify(listed(name, [camel_case(**each._asdict()) for each in rows], total, query))


def _row(found: Organization | Station | Offered) -> Response:
    return jsonify(camel_case(**found._asdict()))


def _put(*, new: bool, **told: object) -> Response:
    answer = jsonify(camel_case(**told))
    answer.status_code = 201 if new else 200
    return answer


def _gone() -> Response:
    return Response(status=204)
