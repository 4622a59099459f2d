"""Where notices are made on request: find the service, ask it, keep the position, answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from gpd_soap.contract.parsing import parse
from gpd_soap.core import money
from gpd_soap.core.demand import Demand, NoticeIssued
from gpd_soap.core.errors import OperatorError
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.payable import admit
from gpd_soap.core.payment import due
from gpd_soap.store import demands
from gpd_soap.store.configuration.write import Service, service
from gpd_soap.store.demands import DemandRecord
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
    """A service quotes what no answer could carry; the text names the rule."""

    hint = "correct the service of this kind, or its settings"


class SpontaneousNotices:
    """Makes a notice for each demand, and the same notice for the same demand sent again."""

    def __init__(self, store: Store, window: timedelta) -> None:
        """`window` is how long a demand is remembered; none, not at all."""
        self._store, self._window = store, window

    def __call__(self, demand: Demand, now: datetime) -> NoticeIssued | Refusal:
        """Issue a notice, or say the first reason why not (DESIGN 7).

        1. the claim is ours;  2. the service is offered;  3. its data is XML;  4. the service says
        what is due.  A demand that was answered before is not put to the service again.
        """
        standing = self._store.notice(demand.claim, NO_NOTICE).standing
        refusal = admit(demand.claim, demand.claim.organization, standing)
        if refusal is not None:
            return refusal
        asked = self._asked(demand, now)
        # WHY: in two transactions, so that nobody waits for the code of a service.
        with self._store.reading() as connection:
            offered = service(
                connection, demand.claim.organization, demand.service_id, demand.subject_id
            )
            if offered is None:
                known = demands.is_offered(connection, demand.claim.organization, demand.service_id)
                return _not_offered(demand, known=known)
            if asked is None:
                return NOT_XML
            before = demands.find_answer(connection, asked)
        if before is not None:
            return NoticeIssued(due(offered.organization, before), again=True)
        quote = _quote(offered, demand.data, now)
        return quote if isinstance(quote, Refusal) else self._issue(offered, quote, asked)

    def _asked(self, demand: Demand, now: datetime) -> DemandRecord | None:
        """The demand by the name of its content; None where that is no XML."""
        data = parse(demand.data)
        if data is None:
            return None
        name = digest(demand.service_id, demand.subject_id, data)
        return DemandRecord(demand.claim.organization, name, now, now - self._window)

    def _issue(self, offered: Service, quote: Quote, asked: DemandRecord) -> NoticeIssued:
        with self._store.begin() as connection:
            notice, again = demands.issue_once(
                connection,
                asked,
                quote.segregation_code,
                lambda number: position_of(
                    quote, offered.organization, offered.organization_name, number, asked.now
                ),
            )
        return NoticeIssued(due(offered.organization, notice), again)


def _not_offered(demand: Demand, *, known: bool) -> Refusal:
    """Say which of a service's two identifiers is not one of the organization's."""
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
    """What the service says, held against what an answer can carry."""
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
