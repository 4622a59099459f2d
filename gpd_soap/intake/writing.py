"""One transaction of a load: what a file configures, then its positions, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import NamedTuple

from gpd_soap.core.notice import NoticeNumber, nav_of_iuv
from gpd_soap.core.position import NewPosition
from gpd_soap.intake import models, offering
from gpd_soap.intake.document import Document, UnusableFile, told
from gpd_soap.intake.finding import FieldError, path
from gpd_soap.intake.position import position_of, wants_number
from gpd_soap.store import configuration, configured, positions, retired, schema
from gpd_soap.store.errors import AlreadyKept
from gpd_soap.store.store import Store

Refused = dict[int, tuple[FieldError, ...]]
#: An organization, a kind of name (iupd, nav, iuv), and the name.
Name = tuple[str, str, str]
LOST = (FieldError("", "in-use", "names that nobody else takes at the same instant"),)


class Candidate(NamedTuple):
    """A position that passed every check without a database; `place` is its place in the file."""

    place: int
    body: models.Position
    organization: str
    publish: bool

    @property
    def names(self) -> dict[str, Name]:
        """What it alone may be called in its organization, by the field that says so."""
        found = {"iupd": (self.organization, "iupd", self.body.iupd)}
        for at, option in enumerate(self.body.payment_option):
            if option.iuv is not None:
                nav = option.nav or nav_of_iuv(option.iuv)
                found[path("paymentOption", at, "nav")] = (self.organization, "nav", nav)
                found[path("paymentOption", at, "iuv")] = (self.organization, "iuv", option.iuv)
        return found

    @property
    def wants_number(self) -> bool:
        """Whether a notice number has to be issued for it."""
        return wants_number(self.body)


class Undone(Exception):
    """Raised inside a `Writing` to leave it with nothing kept."""


class Writing(ExitStack):
    """A transaction; leaving well keeps everything, an exception nothing."""

    def __init__(self, store: Store, now: datetime) -> None:
        """Begin."""
        super().__init__()
        self._connection = self.enter_context(store.begin())
        self._now = now
        self._organizations: set[str] = set()
        self._segregation: dict[str, str] = {}

    def configure(self, document: Document) -> None:
        """Keep what a file says of configuration; UnusableFile where it names what is nowhere."""
        connection = self._connection
        for organization in document.organizations:
            configuration.put_organization(connection, organization.fiscal_code, organization.name)
        for broker in document.brokers:
            configuration.put_broker(connection, broker.fiscal_code)
        self._learn()
        strangers = list(self._strangers(document))
        if strangers:
            raise UnusableFile(told(strangers))
        codes = self._codes(document)
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
        wrong = list(self._misnumbered(document, codes))
        if wrong:
            raise UnusableFile(told(wrong))
        self._learn()

    def keep(self, candidates: Sequence[Candidate]) -> Refused:
        """Keep these positions, and say which cannot be and why."""
        used = self._used(candidates)
        found = {c.place: (*self._missing(c), *_in_use(c, used)) for c in candidates}
        refused = {place: errors for place, errors in found.items() if errors}
        rest = [c for c in candidates if c.place not in refused]
        if not self._added(rest):
            # WHY: since we looked, another process has kept some of them.
            for candidate in rest:
                if not self._added([candidate]):
                    now_used = self._used([candidate])
                    refused[candidate.place] = tuple(_in_use(candidate, now_used)) or LOST
        return refused

    def _added(self, candidates: Sequence[Candidate]) -> bool:
        try:
            with self._connection.begin_nested():
                new = [self._position(candidate) for candidate in candidates]
                positions.add(self._connection, new, self._now)
        except AlreadyKept:
            return False
        return True

    def _position(self, candidate: Candidate) -> NewPosition:
        organization = candidate.organization

        def issue() -> NoticeNumber:
            code = self._segregation[organization]
            return positions.issue_number(self._connection, organization, code)

        published_at = self._now if candidate.publish else None
        return position_of(candidate.body, organization, published_at, issue)

    def _learn(self) -> None:
        """Read who is ours, and with which segregation code numbers are issued for each."""
        rows = self._connection.execute(schema.organization.select())
        self._organizations = {row.fiscal_code for row in rows}
        serving = schema.organization_station
        codes = serving.select().where(serving.c.segregation_code.is_not(None))
        self._segregation = {}
        for row in self._connection.execute(codes.order_by(serving.c.station)):
            # WHY: of several stations the first by name, so that it is always the same one.
            self._segregation.setdefault(row.organization, row.segregation_code)

    def _strangers(self, document: Document) -> Iterator[FieldError]:
        brokers = {row.fiscal_code for row in self._connection.execute(schema.broker.select())}
        for at, station in enumerate(document.stations):
            if station.broker not in brokers:
                yield FieldError(path("stations", at, "broker"), "unknown", "a registered broker")
            for place, served in enumerate(station.organizations):
                if served.fiscal_code not in self._organizations:
                    field = path("stations", at, "organizations", place, "fiscalCode")
                    yield FieldError(field, "unknown", "a registered organization")
        for at, service in enumerate(document.services):
            if service.organization not in self._organizations:
                field = path("services", at, "organization")
                yield FieldError(field, "unknown", "a registered organization")

    def _codes(self, document: Document) -> dict[str, frozenset[str]]:
        """The segregation codes of each organization whose stations or services a file names."""
        served = {s.fiscal_code for station in document.stations for s in station.organizations}
        named = served | {service.organization for service in document.services}
        return {each: configured.segregation_codes(self._connection, each) for each in named}

    def _misnumbered(
        self, document: Document, before: dict[str, frozenset[str]]
    ) -> Iterator[FieldError]:
        """Services that would number notices with a code that is none of the organization's."""
        now = self._codes(document)
        for at, service in enumerate(document.services):
            error = offering.foreign(service.settings, now[service.organization])
            if error is not None:
                yield error._replace(field=path("services", at, error.field))
        for organization in sorted(now):
            settings = configured.settings(self._connection, organization)
            error = offering.bereft(settings, before[organization] - now[organization])
            if error is not None:
                yield error

    def _missing(self, candidate: Candidate) -> Iterator[FieldError]:
        if candidate.organization not in self._organizations:
            yield FieldError("organization", "unknown", "a registered organization")
        elif candidate.wants_number and candidate.organization not in self._segregation:
            expected = "an IUV, or a station with a segregation code to issue one"
            for at, option in enumerate(candidate.body.payment_option):
                if option.iuv is None:
                    yield FieldError(path("paymentOption", at, "iuv"), "required", expected)

    def _used(self, candidates: Sequence[Candidate]) -> set[Name]:
        """Which names of these positions the store has already."""
        asked: dict[tuple[str, str], list[str]] = {}
        for candidate in candidates:
            for organization, kind, value in candidate.names.values():
                asked.setdefault((organization, kind), []).append(value)
        found: set[Name] = set()
        for (organization, kind), values in asked.items():
            table = schema.position if kind == "iupd" else schema.payment_option
            column = table.c[kind]
            there = table.select().with_only_columns(column)
            there = there.where(table.c.organization == organization, column.in_(values))
            found |= {(organization, kind, row[0]) for row in self._connection.execute(there)}
        for organization in {candidate.organization for candidate in candidates}:
            navs, iuvs = asked.get((organization, "nav"), []), asked.get((organization, "iuv"), [])
            for nav, iuv in retired.among(self._connection, organization, navs, iuvs):
                found |= {(organization, "nav", nav), (organization, "iuv", iuv)}
        return found


def _in_use(candidate: Candidate, used: set[Name]) -> Iterator[FieldError]:
    for field, name in candidate.names.items():
        if name in used:
            yield FieldError(field, "in-use", "what the organization has never used")
