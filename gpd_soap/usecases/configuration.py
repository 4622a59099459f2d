"""Reads and changes the configuration, for the API and for commands.

Nothing is cached: a change holds for every process from its next request on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.access.audit import NOTHING, Subject
from gpd_soap.store.configuration import printing, read, references, write
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.configuration.read import Broker, Offered, Organization, Serving, Station
from gpd_soap.store.configuration.references import BROKER, ORGANIZATION, STATION, Kind
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals, service_rules
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.configuration import ServingFields
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.printing import PrintFields

T = TypeVar("T")

NOT_FOUND = {
    ORGANIZATION: refusals.OrganizationNotFound,
    BROKER: refusals.BrokerNotFound,
    STATION: refusals.StationNotFound,
}


class Registry:
    """Organizations, brokers, stations and services; the caller has checked who may see which.

    Each `put` method and `offer` return True if the row is new.
    Every method raises the refusal of what it names if that is not registered.
    """

    def __init__(self, store: Store, record: Record = unrecorded) -> None:
        """`record` writes each change to the audit, in the transaction of the change."""
        self._store, self._record = store, record

    def organizations(self, page: PageRequest) -> tuple[list[Organization], int]:
        """Returns a page of the organizations, and how many there are in all."""
        return read_only(self._store, lambda c: read.organizations(c, page))

    def organization(self, code: str) -> Organization:
        """Returns an organization.  Raises OrganizationNotFound if it is not registered."""
        row = read_only(self._store, lambda c: read.organization(c, code))
        return _existing(row, refusals.OrganizationNotFound)

    def put_organization(self, code: str, name: str, *, may_register: bool = True) -> bool:
        """Registers an organization, or renames it.

        Raises MayNotRegister if it is new and `may_register` is False.
        """

        def work(connection: Transaction) -> bool:
            if not may_register and not references.lock_row(connection, ORGANIZATION, code):
                raise refusals.MayNotRegister
            return write.put_organization(connection, code, name)

        return self._change(work, NOTHING, code)

    def remove_organization(self, code: str) -> None:
        """Removes an organization.  Raises InUse if anything still refers to it."""
        self._remove(ORGANIZATION, code)

    def brokers(self, page: PageRequest) -> tuple[list[Broker], int]:
        """Returns a page of the brokers, and how many there are in all."""
        return read_only(self._store, lambda c: read.brokers(c, page))

    def put_broker(self, code: str) -> bool:
        """Registers a broker."""
        return self._change(lambda c: write.put_broker(c, code), Subject(resource=code))

    def remove_broker(self, code: str) -> None:
        """Removes a broker.  Raises InUse if it has a station."""
        self._remove(BROKER, code)

    def stations(self, page: PageRequest) -> tuple[list[Station], int]:
        """Returns a page of the stations, and how many there are in all."""
        return read_only(self._store, lambda c: read.stations(c, page))

    def station(self, name: str) -> Station:
        """Returns a station.  Raises StationNotFound if it is not registered."""
        row = read_only(self._store, lambda c: read.station(c, name))
        return _existing(row, refusals.StationNotFound)

    def put_station(self, name: str, broker: str, *, with_broker: bool = False) -> bool:
        """Registers a station, or gives it to another broker.

        `with_broker` registers the broker too; without it, an unknown broker raises
        InvalidConfiguration.
        """

        def work(connection: Transaction) -> bool:
            if with_broker:
                write.put_broker(connection, broker)
            elif not references.lock_row(connection, BROKER, broker):
                error = FieldError("broker", "unknown", "a registered broker")
                raise refusals.InvalidConfiguration([error])
            return write.put_station(connection, name, broker)

        return self._change(work, Subject(resource=name))

    def remove_station(self, name: str) -> None:
        """Removes a station.  Raises InUse if it serves an organization."""
        self._remove(STATION, name)

    def serving(self, organization: str, page: PageRequest) -> tuple[list[Serving], int]:
        """Returns a page of the stations of an organization, and how many there are in all."""
        return self._read_of(organization, lambda c: read.serving(c, organization, page))

    def serve(self, organization: str, station: str, fields: ServingFields) -> tuple[bool, Serving]:
        """Lets a station serve an organization; returns whether it is new, and what is stored.

        A setting that `fields` leaves out stays as it is.
        Raises InUse if a service would lose its segregation code.
        """

        def work(connection: Transaction) -> tuple[bool, Serving]:
            if not references.lock_row(connection, STATION, station):
                raise refusals.StationNotFound
            new = write.put_serving(connection, organization, station, **fields.named())
            stored = read.serving_by(connection, organization, station)
            return new, _existing(stored, refusals.StationNotServing)

        return self._renumbered(organization, work, Subject(resource=station))

    def withdraw(self, organization: str, station: str) -> None:
        """Ends the serving of an organization by a station.

        Raises StationNotServing if it does not serve it, InUse if a service would lose its code.
        """

        def work(connection: Transaction) -> None:
            if not write.withdraw(connection, organization, station):
                raise refusals.StationNotServing

        self._renumbered(organization, work, Subject(resource=station))

    def services(self, organization: str, page: PageRequest) -> tuple[list[Offered], int]:
        """Returns a page of an organization's services, and how many there are in all."""
        return self._read_of(organization, lambda c: read.services(c, organization, page))

    def service(self, organization: str, service_id: str, subject_id: str) -> Offered:
        """Returns a service.  Raises ServiceNotFound if the organization does not offer it."""
        row = self._read_of(
            organization, lambda c: read.service(c, organization, service_id, subject_id)
        )
        return _existing(row, refusals.ServiceNotFound)

    def offer(self, organization: str, offered: Offered) -> bool:
        """Offers a service, or changes its settings.

        Raises InvalidConfiguration if the settings break a rule.
        """
        _refuse(service_rules.settings_problem(offered.kind, offered.settings))

        def work(connection: Transaction) -> bool:
            codes = read.segregation_codes(connection, organization)
            _refuse(service_rules.unknown_segregation_code(offered.settings, codes))
            return write.put_service(connection, organization, *offered)

        subject = _service(offered.service_id, offered.subject_id)
        return self._of(organization, work, subject, alone=True)

    def withdraw_service(self, organization: str, service_id: str, subject_id: str) -> None:
        """Ends the offer of a service.  Raises ServiceNotFound if it is not offered."""

        def work(connection: Transaction) -> None:
            if not write.withdraw_service(connection, organization, service_id, subject_id):
                raise refusals.ServiceNotFound

        self._of(organization, work, _service(service_id, subject_id))

    def printing(self, organization: str) -> PrintSettings:
        """Returns what an organization prints about itself on notices."""
        return self._read_of(organization, lambda c: printing.read(c, organization))

    def put_printing(self, organization: str, fields: PrintFields) -> tuple[bool, PrintSettings]:
        """Changes the named settings; returns whether there were none, and all of them."""

        def work(connection: Transaction) -> tuple[bool, PrintSettings]:
            new = printing.put(connection, organization, **fields.named())
            return new, printing.read(connection, organization)

        return self._of(organization, work, Subject(resource="printing"))

    def _remove(self, kind: Kind, name: str) -> None:
        def work(connection: Transaction) -> None:
            if not references.lock_row(connection, kind, name, alone=True):
                raise NOT_FOUND[kind]
            dependents = references.dependents(connection, kind, name)
            if dependents:
                raise refusals.InUse([FieldError(n, "in-use", "none") for n in dependents])
            if kind is ORGANIZATION:
                printing.remove(connection, name)
            references.remove(connection, kind, name)

        if kind is ORGANIZATION:
            self._change(work, NOTHING, name)
        else:
            self._change(work, Subject(resource=name))

    def _change(
        self, work: Callable[[Transaction], T], subject: Subject, organization: str = NOT_GIVEN
    ) -> T:
        """Does some work and records it, in one transaction."""

        def recorded(connection: Transaction) -> T:
            result = work(connection)
            self._record(connection, subject, organization)
            return result

        return in_transaction(self._store, recorded)

    def _of(
        self,
        organization: str,
        work: Callable[[Transaction], T],
        subject: Subject,
        *,
        alone: bool = False,
    ) -> T:
        """Does some work on a registered organization, in one transaction.

        `alone` locks the organization exclusively: work that reads its segregation codes needs it.
        Raises OrganizationNotFound if it is not registered.
        """

        def locked(connection: Transaction) -> T:
            if not references.lock_row(connection, ORGANIZATION, organization, alone=alone):
                raise refusals.OrganizationNotFound
            return work(connection)

        return self._change(locked, subject, organization)

    def _read_of(self, organization: str, work: Callable[[Transaction], T]) -> T:
        """Returns what `work` reads of an organization.

        Raises OrganizationNotFound if it is not registered.
        """

        def checked(connection: Transaction) -> T:
            row = read.organization(connection, organization)
            _existing(row, refusals.OrganizationNotFound)
            return work(connection)

        return read_only(self._store, checked)

    def _renumbered(
        self, organization: str, work: Callable[[Transaction], T], subject: Subject
    ) -> T:
        """Changes the segregation codes of an organization.

        Raises InUse if one of its services would lose its code.
        """

        def checked(connection: Transaction) -> T:
            before = read.segregation_codes(connection, organization)
            result = work(connection)
            lost = before - read.segregation_codes(connection, organization)
            error = service_rules.services_losing_code(
                read.settings(connection, organization), lost
            )
            if error is not None:
                raise refusals.InUse([error])
            return result

        return self._of(organization, checked, subject, alone=True)


def _service(service_id: str, subject_id: str) -> Subject:
    """Returns a service as the audit names it."""
    return Subject(resource=f"{service_id}/{subject_id}")


def _existing(row: T | None, refusal: type[Refusal]) -> T:
    """Returns `row`.  Raises `refusal` if it is None."""
    if row is None:
        raise refusal
    return row


def _refuse(error: FieldError | None) -> None:
    """Raises InvalidConfiguration if there is an error."""
    if error is not None:
        raise refusals.InvalidConfiguration([error])
