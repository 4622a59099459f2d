"""Where notices are made on request: find the service, ask it, keep the position, answer."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import entry_points

from lxml import etree

from gpd_soap.contract.parsing import parse
from gpd_soap.core.demand import Demand, NoticeIssued
from gpd_soap.core.errors import OperatorError
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.offer import due
from gpd_soap.core.payable import admit
from gpd_soap.services.declared import Declared
from gpd_soap.services.quote import SpontaneousService, broken, position_of
from gpd_soap.store.demands import Demands
from gpd_soap.store.store import Store

GROUP = "gpd_soap.services"

UNKNOWN_SERVICE = Refusal(
    PaaFault.PAA_SEMANTICA,
    "L'ente non offre il servizio indicato da idServizio e idSoggettoServizio.",
    "demand: no such service of the organization",
)


class UnknownKind(OperatorError):
    """A service is configured with a kind that no one provides."""

    hint = f"install what provides it in the entry-point group {GROUP}"


@cache
def kind_of(name: str) -> SpontaneousService:
    """The kind of this name: the built-in one, or the entry point so called."""
    if name == "declared":
        return Declared()
    for found in entry_points(group=GROUP, name=name):
        service: SpontaneousService = found.load()()
        return service
    raise UnknownKind(f"service kind {name!r} is not provided by anything installed")


class Office:
    """Makes a notice for each demand, and the same notice for the same demand sent again."""

    def __init__(self, store: Store, window: timedelta) -> None:
        """`window` is how long a demand is remembered."""
        self._store, self._demands = store, Demands(window)

    def __call__(self, demand: Demand, now: datetime) -> NoticeIssued | Refusal:
        """Issue a notice, or say why not (DESIGN 7)."""
        standing = self._store.notice(demand.claim, "").standing
        refusal = admit(demand.claim, demand.claim.organization, standing)
        if refusal is not None:
            return refusal
        content = parse(demand.data)
        if content is None:
            return broken("non è un documento XML ammesso", "not well-formed, or with a DOCTYPE")
        with self._store.begin() as connection:
            service = self._demands.service(connection, demand)
            if service is None:
                return UNKNOWN_SERVICE
            digest = _digest(demand, content)
            before = self._demands.remembered(connection, service.organization, digest, now)
            if before is not None:
                return NoticeIssued(due(service.organization, before), again=True)
            quote = kind_of(service.kind).quote(demand.data, service.settings, now)
            if isinstance(quote, Refusal):
                self._demands.forget(connection, service.organization, digest)
                return quote
            number = self._demands.number(connection, service, quote.segregation_code)
            position = position_of(
                quote, service.organization, service.organization_name, number, now
            )
            self._demands.keep(connection, position, digest, now)
        issued = self._store.notice(demand.claim, number.nav).notice
        assert issued is not None
        return NoticeIssued(due(service.organization, issued), again=False)


def _digest(demand: Demand, content: etree._Element) -> str:
    """The name of what is asked for: the service, and the data without its layout."""
    leaves = (
        f"\x1e{element.tag!s}\x1f{'' if len(element) else element.text or ''}"
        for element in content.iter()
    )
    asked = "\x1d".join((demand.service_id, demand.subject_id, *leaves))
    return hashlib.sha256(asked.encode()).hexdigest()
