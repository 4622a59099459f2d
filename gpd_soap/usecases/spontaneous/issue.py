"""Issues notices on demand: finds the service, asks it for a quote, stores the position."""

from __future__ import annotations

from datetime import datetime, timedelta

from gpd_soap.contract.parsing import parse
from gpd_soap.core import money
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.debt import RouteCheck
from gpd_soap.core.errors import OperatorError
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.payable import admit
from gpd_soap.core.payment import Demand, NoticeIssued, due
from gpd_soap.store import demands
from gpd_soap.store.configuration.write import Service, service
from gpd_soap.store.demands import DemandRecord
from gpd_soap.store.positions import numbers
from gpd_soap.store.store import Store
from gpd_soap.usecases.spontaneous.digest import digest
from gpd_soap.usecases.spontaneous.kinds import kind_of
from gpd_soap.usecases.spontaneous.quote import Quote, broken, position_of
from gpd_soap.usecases.spontaneous.quote_rules import problem_with_quote

NO_NOTICE = ""

NOT_XML = broken("non è un documento XML ammesso", "not well-formed, or with a DOCTYPE")
NO_AMOUNT = Refusal(
    PaaFault.PAA_SEMANTICA,
    "L'importo calcolato dal servizio non è ammesso.",
    "demand: the service quotes an amount that is out of range",
)


class BadQuote(OperatorError):
    """A service returned a quote that no answer can carry; the message names the rule."""

    hint = "correct the service of this kind, or its settings"


class SpontaneousNotices:
    """Issues a notice for each demand, and the same notice for a repeated demand."""

    def __init__(self, store: Store, window: timedelta) -> None:
        """Remember a demand for `window`; with zero, not at all."""
        self._store, self._window = store, window

    def __call__(self, demand: Demand, now: datetime) -> NoticeIssued | Refusal:
        """Return the notice that is issued for a demand, or the first refusal.

        The checks are in this order: Configuration, rules 1 to 4; the service is offered; its data
        is XML; the service returns a quote.  The service is not asked again for a repeated demand.
        """
        check = self._store.notice(demand.route, NO_NOTICE).route_check
        refusal = admit(demand.route, demand.route.organization, check)
        if refusal is not None:
            return refusal
        key = self._key(demand, now)
        # WHY: the code of a service may take its time, so it runs between two transactions.
        with self._store.reading() as connection:
            offered = service(
                connection, demand.route.organization, demand.service_id, demand.subject_id
            )
            if offered is None:
                known = demands.is_offered(connection, demand.route.organization, demand.service_id)
                return _not_offered(demand, known=known)
            if key is None:
                return NOT_XML
            notice = demands.find_answer(connection, key)
        if notice is not None:
            return NoticeIssued(due(offered.organization, notice), again=True)
        quote = _quote(offered, demand.data, now)
        if isinstance(quote, Refusal):
            return quote
        return self._issue(offered, quote, key) or _not_ours(demand)

    def _key(self, demand: Demand, now: datetime) -> DemandRecord | None:
        """Return the key by which the demand is recognized, or None if its data is not XML."""
        data = parse(demand.data)
        if data is None:
            return None
        content = digest(demand.service_id, demand.subject_id, data)
        actor = Actor(ActorKind.NODE, demand.route.station)
        return DemandRecord(actor, demand.route.organization, content, now, now - self._window)

    def _issue(self, offered: Service, quote: Quote, key: DemandRecord) -> NoticeIssued | None:
        with self._store.begin() as connection:
            # WHY: no notice can be paid of an organization that was removed during the quote.
            if not numbers.is_registered(connection, key.organization):
                return None
            notice, again = demands.issue_once(
                connection,
                key,
                quote.segregation_code,
                lambda number: position_of(
                    quote, offered.organization, offered.organization_name, number, key.now
                ),
            )
        return NoticeIssued(due(offered.organization, notice), again)


def _not_ours(demand: Demand) -> Refusal:
    """Return the refusal of an organization that is not registered, or no longer."""
    organization = demand.route.organization
    refusal = admit(demand.route, organization, RouteCheck(None, False, False))
    assert refusal is not None
    return refusal


def _not_offered(demand: Demand, *, known: bool) -> Refusal:
    """Return the refusal that names the identifier which the organization does not have."""
    if known:
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            f"L'ente non offre il servizio {demand.service_id} per il soggetto"
            f" {demand.subject_id} indicato in idSoggettoServizio.",
            "demand: idSoggettoServizio is not one of this service",
        )
    return Refusal(
        PaaFault.PAA_SEMANTICA,
        f"L'ente non offre il servizio {demand.service_id} indicato in idServizio.",
        "demand: idServizio is not a service of the organization",
    )


def _quote(offered: Service, data: bytes, now: datetime) -> Quote | Refusal:
    """Return the quote of the service, or its refusal.

    Raises BadQuote if no answer can carry the quote.
    """
    quote = kind_of(offered.kind).quote(data, offered.settings, now)
    if isinstance(quote, Refusal):
        return quote
    if not isinstance(quote, Quote):
        raise BadQuote(f"service kind {offered.kind!r}: neither a Quote nor a Refusal")
    if type(quote.amount) is int and not money.MIN <= quote.amount <= money.MAX_CENTS:
        return NO_AMOUNT
    problem = problem_with_quote(quote, now)
    if problem is not None:
        raise BadQuote(f"service kind {offered.kind!r}: {problem}")
    return quote
