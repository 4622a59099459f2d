"""Assembles the whole program in one place; an import of this module has no effect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from gpd_soap.clock import Clock, utc_now
from gpd_soap.contract.documents import Documents
from gpd_soap.contract.schema import Schema
from gpd_soap.core.exchange import ExchangeObserver
from gpd_soap.monitoring.health import Health
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.monitoring.scrape import MetricsFace
from gpd_soap.settings import Settings
from gpd_soap.soap.application import node_application
from gpd_soap.soap.exchange import log_line
from gpd_soap.soap.listener import NodeFace
from gpd_soap.soap.transport import NodeEndpoint
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.node import NodeService, Policy
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices
from gpd_soap.wsgi import exposure
from gpd_soap.wsgi.client_certificates import TrustedCallers
from gpd_soap.wsgi.forwarded import ThroughProxies
from gpd_soap.wsgi.http import Ready, Wsgi
from gpd_soap.wsgi.mount import Mounted, Withheld
from gpd_soap.wsgi.payment_options import PaymentOptions
from gpd_soap.wsgi.refused_callers import RefusedCallers

if TYPE_CHECKING:
    from gpd_soap.console.parts import Parts, PasskeyUseCases
    from gpd_soap.features.oidc.sign_in import OidcSignIn
    from gpd_soap.usecases.jobs.job import Kind
    from gpd_soap.usecases.jobs.loops import Background
    from gpd_soap.usecases.people.tokens import Random
    from gpd_soap.usecases.worklist import Cases, Reprocess


#: LIMIT: copies of the compiled contract, 0.4 MB and 1 ms each; more threads compile their own.
MAX_COPIES = 32


@lru_cache(maxsize=1)
def contract(threads: int) -> Schema:
    """The contract for so many threads, compiled once for a process and its forks."""
    return Schema(copies=min(threads, MAX_COPIES))


def node_service(
    settings: Settings, store: Store, clock: Clock = utc_now, *, dry: bool = False
) -> NodeService:
    """The service that answers the Node; a test passes its own store and clock.

    A `dry` one is for operators who ask in the place of the Node: it remembers no probe.
    """
    notices = SpontaneousNotices(store, timedelta(seconds=settings.demand_window))
    policy = Policy(
        fault_on_repeated_receipt=settings.duplicate_receipt == "fault", remembers_probes=not dry
    )
    return NodeService(store, clock, notices, policy)


def node_endpoint(
    settings: Settings, service: NodeService, observers: Sequence[ExchangeObserver] = ()
) -> NodeEndpoint:
    """The endpoint for the Node's messages; each exchange is passed to the `observers`."""
    return node_application(
        service,
        contract(settings.threads),
        Documents(settings.address),
        observers,
        check_answers=settings.check_answers,
        max_body=settings.max_body,
    )


def node_face(
    settings: Settings,
    store: Store,
    clock: Clock = utc_now,
    observers: Sequence[ExchangeObserver] = (),
    refused: RefusedCallers | None = None,
) -> Wsgi:
    """The face that the node listener serves; `refused` counts callers without a right."""
    service, documents = node_service(settings, store, clock), Documents(settings.address)
    observers = (*_journal_writers(settings, store), *observers)
    endpoint = node_endpoint(settings, service, observers)
    options = PaymentOptions(service, observers, max_body=settings.max_body)
    health = Health(store, contract(settings.threads), exposure.facts(settings, "node"))
    face = NodeFace(endpoint, options, documents, health)
    if settings.node_tls_certificate or settings.node_proxies:
        counted = refused or RefusedCallers()
        return TrustedCallers(
            face,
            settings.node_callers,
            settings.node_proxies,
            counted,
            on_socket=settings.node_bind.startswith("unix:"),
        )
    return face


def faces(
    settings: Settings, store: Store, which: str, metrics: Metrics, refused: RefusedCallers
) -> dict[str, Wsgi]:
    """The faces by the address to bind; `which` is `node`, `admin` or `all`.

    `metrics` counts exchanges, and `refused` the callers without a right.
    """
    observers = (metrics.observe,)
    by_address: dict[str, Wsgi] = {}
    if which in ("node", "all"):
        by_address[settings.node_bind] = node_face(
            settings, store, observers=observers, refused=refused
        )
    if which in ("admin", "all"):
        worklist = cases(settings, store, observers=observers)
        by_address[settings.admin_bind] = admin_face(settings, store, worklist, metrics)
    if settings.metrics_bind:
        health = Health(store, contract(settings.threads), exposure.facts(settings, which))
        by_address[settings.metrics_bind] = MetricsFace(
            store, lambda figures: metrics.text(figures, utc_now()), health
        )
    return by_address


def admin_face(
    settings: Settings, store: Store, worklist: Cases, metrics: Metrics, clock: Clock = utc_now
) -> Wsgi:
    """The face that the admin listener serves."""
    # WHY: a server of the node face alone must not load Flask, so the import is here.
    from gpd_soap.api.app import Features, Monitoring, admin_app
    from gpd_soap.api.body_size import BodySizes
    from gpd_soap.api.concurrency import Limits
    from gpd_soap.api.documents.printers import open_as_set
    from gpd_soap.features.webhooks.options import options_of

    health = Health(store, contract(settings.threads), exposure.facts(settings, "admin"))
    most = settings.admin_requests or max(1, settings.threads - 1)
    limits = Limits(
        settings.rate,
        most,
        settings.key_requests or max(1, settings.threads // 2),
        wrong_keys=settings.wrong_keys,
        sizes=BodySizes(settings.max_body, settings.max_bulk_body, settings.max_load),
    )
    api = admin_app(
        store,
        clock,
        worklist,
        Monitoring(
            health, lambda figures: metrics.text(figures, clock()), metrics.observe_wrong_key
        ),
        limits,
        Features(options_of(settings), open_as_set(settings)),
    )
    mounted = Mounted(api, console(settings, store, health, clock), most)
    on_socket = settings.admin_bind.startswith("unix:")
    return ThroughProxies(mounted, settings.admin_proxies, on_socket=on_socket)


def console(settings: Settings, store: Store, ready: Ready, clock: Clock = utc_now) -> Wsgi:
    """The operators' console; where it would not be safe, what says so in its place."""
    reason = exposure.console_problem(settings)
    if reason:
        return Withheld(reason)
    from gpd_soap.console.app import console_app

    return console_app(console_parts(settings, store, ready, clock))


def console_parts(settings: Settings, store: Store, ready: Ready, clock: Clock = utc_now) -> Parts:
    """What the console is made of; a test changes what it needs."""
    import secrets

    from gpd_soap.api.documents.printers import open_as_set
    from gpd_soap.console.parts import Parts
    from gpd_soap.usecases.people.passwords import Passwords
    from gpd_soap.usecases.worklist import Cases

    unseen = node_endpoint(settings, node_service(settings, store, clock, dry=True))
    # WHY: an endpoint takes longer to make than a page of the worklist.
    reprocess = _reprocess(settings, store, clock)
    random = secrets.token_bytes
    return Parts(
        store=store,
        clock=clock,
        random=random,
        settings=settings,
        passwords=Passwords(random),
        cases=lambda record: Cases(store, clock, reprocess, record),
        verify=unseen.dry_answer,
        open_printer=open_as_set(settings),
        ready=ready,
        passkeys=_passkeys(settings, store, random),
        oidc=_oidc(settings, store, random),
    )


def background(settings: Settings, store: Store) -> Background:
    """The background work of a process; any number of processes may do it."""
    # WHY: a server of the node face alone must not load this, so the imports are here.
    from gpd_soap.usecases.jobs.loops import Background, Loop, Numbering
    from gpd_soap.usecases.jobs.worker import Worker

    def loops() -> list[Loop]:
        worker = Worker(store, job_kinds(settings))
        if not settings.webhook_secret:
            return [worker, Numbering(store)]
        from gpd_soap.features.webhooks.deliverer import Deliverer
        from gpd_soap.features.webhooks.options import options_of

        # WHY: a deliverer numbers events before each look.
        return [worker, Deliverer(store, options_of(settings))]

    return Background(loops)


def companions(settings: Settings, store: Store, faces: Iterable[str]) -> dict[str, Background]:
    """The background work by the address of the face whose processes do it; none for the Node's."""
    if not settings.work or settings.admin_bind not in faces:
        return {}
    return {settings.admin_bind: background(settings, store)}


def job_kinds(settings: Settings) -> list[Kind]:
    """What a worker can do: the schedules, and the kinds of each feature."""
    from gpd_soap.features.documents.archive.job import batch_kind
    from gpd_soap.usecases.jobs.schedules import schedules
    from gpd_soap.usecases.loads.work import kinds as load_kinds

    return [*schedules(), batch_kind(settings), *load_kinds()]


def cases(
    settings: Settings,
    store: Store,
    clock: Clock = utc_now,
    observers: Sequence[ExchangeObserver] = (),
    record: Record = unrecorded,
) -> Cases:
    """The worklist; it can process a stored message again, as if the Node had sent it."""
    from gpd_soap.usecases.worklist import Cases

    return Cases(store, clock, _reprocess(settings, store, clock, observers), record)


def _reprocess(
    settings: Settings, store: Store, clock: Clock, observers: Sequence[ExchangeObserver] = ()
) -> Reprocess:
    """What processes a stored message again; it has an endpoint of its own, made once."""
    observers = (*_journal_writers(settings, store), *observers)
    endpoint = node_endpoint(settings, node_service(settings, store, clock), observers)
    return lambda raw, charset: endpoint.reprocess(raw, "worklist", charset)


def _passkeys(settings: Settings, store: Store, random: Random) -> PasskeyUseCases | None:
    """Signing in by passkeys, if the extra is installed and the address is fit for them."""
    from gpd_soap.features.passkeys.relying_party import UnusableConsoleUrl, relying_party

    try:
        # WHY: the imports take longer than this question, which an address without a name fails.
        party = relying_party(settings.console_url)
        from gpd_soap.console.parts import PasskeyUseCases
        from gpd_soap.features.passkeys.manage import Passkeys
        from gpd_soap.features.passkeys.sign_in import PasskeySignIn
    except (ModuleNotFoundError, UnusableConsoleUrl):
        return None
    return PasskeyUseCases(PasskeySignIn(store, party, random), Passkeys(store, party, random))


def _oidc(settings: Settings, store: Store, random: Random) -> OidcSignIn | None:
    """Signing in at the OpenID provider of the settings, if there is one."""
    if not settings.oidc_issuer:
        return None
    from gpd_soap.features.oidc.options import options_of
    from gpd_soap.features.oidc.sign_in import OidcSignIn

    return OidcSignIn(store, options_of(settings), random)


def _journal_writers(settings: Settings, store: Store) -> tuple[ExchangeObserver, ...]:
    """The observers that record every exchange, as GPD_JOURNAL says."""
    # WHY: a log line is a sixth of a busy server's work, so the database and the log exclude each
    # other.
    writers: dict[str, tuple[ExchangeObserver, ...]] = {
        "database": (store.journal.write,),
        "log": (log_line,),
        "none": (),
    }
    return writers[settings.journal]
