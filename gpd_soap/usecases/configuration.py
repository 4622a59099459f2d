"""Changing what is configured, for the API and for commands alike.

Nothing is cached anywhere, so that a change holds for every process from its next question on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gpd_soap.store.configuration import (
    read as configured,
)
from gpd_soap.store.configuration import (
    references as registered,
)
from gpd_soap.store.configuration import (
    write as configuration,
)
from gpd_soap.store.configuration.read import Broker, Offered, Organization, Serving, Station
from gpd_soap.store.configuration.references import BROKER, ORGANIZATION, STATION, Kind
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases import service_rules as offering
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.finding import FieldError

T = TypeVar("T")

ABSENT = {
    ORGANIZATION: refusals.OrganizationNotFound,
    BROKER: refusals.BrokerNotFound,
    STATION: refusals.StationNotFound,
}


class Registry:
    """Organizations, brokers, stations and services; who may see which is decided before.

    What is put answers whether it is new.  Everything here is Refused what it names and is nowhere.
    """

    def __init__(self, store: Store) -> None:
        """Take the store."""
        self._store = store

    def organizations(self, wanted: PageRequest) -> tuple[list[Organization], int]:
        """A page of the organizations, and how many there are in all."""
        return read_only(self._store, lambda c: configured.organizations(c, wanted))

    def organization(self, code: str) -> Organization:
        """One organization."""
        found = read_only(self._store, lambda c: configured.organization(c, code))
        return _known(found, refusals.OrganizationNotFound)

    def put_organization(self, code: str, name: str, *, may_register: bool = True) -> bool:
        """Register an organization, or rename it."""

        def work(connection: Transaction) -> bool:
            if not may_register and not registered.lock_row(connection, ORGANIZATION, code):
                raise refusals.MayNotRegister
            return configuration.put_organization(connection, code, name)

        return in_transaction(self._store, work)

    def remove_organization(self, code: str) -> None:
        """Remove an organization that has nothing here."""
        self._remove(ORGANIZATION, code)

    def brokers(self, wanted: PageRequest) -> tuple[list[Broker], int]:
        """A page of the brokers, and how many there are in all."""
        return read_only(self._store, lambda c: configured.brokers(c, wanted))

    def put_broker(self, code: str) -> bool:
        """Register a broker."""
        return in_transaction(self._store, lambda c: configuration.put_broker(c, code))

    def remove_broker(self, code: str) -> None:
        """Remove a broker that has no station."""
        self._remove(BROKER, code)

    def stations(self, wanted: PageRequest) -> tuple[list[Station], int]:
        """A page of the stations, and how many there are in all."""
        return read_only(self._store, lambda c: configured.stations(c, wanted))

    def station(self, name: str) -> Station:
        """One station."""
        found = read_only(self._store, lambda c: configured.station(c, name))
        return _known(found, refusals.StationNotFound)

    def put_station(self, name: str, broker: str, *, with_broker: bool = False) -> bool:
        """Register a station, or give it to another broker; `with_broker` registers that too."""

        def work(connection: Transaction) -> bool:
            if with_broker:
                configuration.put_broker(connection, broker)
            elif not registered.lock_row(connection, BROKER, broker):
                error = FieldError("broker", "unknown", "a registered broker")
                raise refusals.InvalidConfiguration([error])
            return configuration.put_station(connection, name, broker)

        return in_transaction(self._store, work)

    def remove_station(self, name: str) -> None:
        """Remove a station that serves no organization."""
        self._remove(STATION, name)

    def serving(self, organization: str, wanted: PageRequest) -> tuple[list[Serving], int]:
        """A page of the stations that serve an organization, and how many there are in all."""
        return self._read_of(organization, lambda c: configured.serving(c, organization, wanted))

    def serve(self, organization: str, station: str, code: str | None, *, broadcast: bool) -> bool:
        """Let a station serve an organization, with this segregation code or none."""

        def work(connection: Transaction) -> bool:
            if not registered.lock_row(connection, STATION, station):
                raise refusals.StationNotFound
            return configuration.put_serving(
                connection, organization, station, code, broadcast=broadcast
            )

        return self._renumbered(organization, work)

    def withdraw(self, organization: str, station: str) -> None:
        """Let a station serve an organization no longer."""

        def work(connection: Transaction) -> None:
            if not configuration.withdraw(connection, organization, station):
                raise refusals.StationNotServing

        self._renumbered(organization, work)

    def services(self, organization: str, wanted: PageRequest) -> tuple[list[Offered], int]:
        """A page of an organization's services, and how many there are in all."""
        return self._read_of(organization, lambda c: configured.services(c, organization, wanted))

    def service(self, organization: str, service_id: str, subject_id: str) -> Offered:
        """One service."""
        found = self._read_of(
            organization, lambda c: configured.service(c, organization, service_id, subject_id)
        )
        return _known(found, refusals.ServiceNotFound)

    def offer(self, organization: str, offered: Offered) -> bool:
        """Offer a service, or change how it is offered."""
        _refuse(offering.settings_problem(offered.kind, offered.settings))

        def work(connection: Transaction) -> bool:
            codes = configured.segregation_codes(connection, organization)
            _refuse(offering.unknown_segregation_code(offered.settings, codes))
            return configuration.put_service(connection, organization, *offered)

        return self._of(organization, work, alone=True)

    def withdraw_service(self, organization: str, service_id: str, subject_id: str) -> None:
        """Offer a service no longer."""

        def work(connection: Transaction) -> None:
            if not configuration.withdraw_service(connection, organization, service_id, subject_id):
                raise refusals.ServiceNotFound

        self._of(organization, work)

    def _remove(self, kind: Kind, name: str) -> None:
        def work(connection: Transaction) -> None:
            if not registered.lock_row(connection, kind, name, alone=True):
                raise ABSENT[kind]
            hanging = registered.dependents(connection, kind, name)
            if hanging:
                raise refusals.InUse([FieldError(n, "in-use", "none") for n in hanging])
            registered.remove(connection, kind, name)

        in_transaction(self._store, work)

    def _of(self, organization: str, work: Callable[[Transaction], T], *, alone: bool = False) -> T:
        """Do some work on an organization that is there; `alone` for what looks at its codes."""

        def held(connection: Transaction) -> T:
            if not registered.lock_row(connection, ORGANIZATION, organization, alone=alone):
                raise refusals.OrganizationNotFound
            return work(connection)

        return in_transaction(self._store, held)

    def _read_of(self, organization: str, work: Callable[[Transaction], T]) -> T:
        """Returns what some work reads of an organization; Refused if it is not registered."""

        def known(connection: Transaction) -> T:
            there = configured.organization(connection, organization)
            _known(there, refusals.OrganizationNotFound)
            return work(connection)

        return read_only(self._store, known)

    def _renumbered(self, organization: str, work: Callable[[Transaction], T]) -> T:
        """Change an organization's segregation codes, of which its services may lose none."""

        def kept(connection: Transaction) -> T:
            before = configured.segregation_codes(connection, organization)
            done = work(connection)
            lost = before - configured.segregation_codes(connection, organization)
            error = offering.services_losing_code(
                configured.settings(connection, organization), lost
            )
            if error is not None:
                raise refusals.InUse([error])
            return done

        return self._of(organization, kept, alone=True)


def _known(found: T | None, absent: type[Refusal]) -> T:
    if found is None:
        raise absent
    return found


def _refuse(error: FieldError | None) -> None:
    if error is not None:
        raise refusals.InvalidConfiguration([error])
