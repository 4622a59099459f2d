"""`gpd-soap events` and `gpd-soap deliver`: the feed on the command line, and its deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import CommandGroup, of_organization, ready_store, refusals

if TYPE_CHECKING:
    from gpd_soap.store.store import Store
    from gpd_soap.usecases.feed import FeedPage

#: LIMIT: events of a page, as of the API.
MAX_EVENTS = 1000
#: LIMIT: 1 s between two looks of `follow`, so that it costs the database little.
PAUSE = 1.0

with_types = click.option(
    "--types",
    metavar="TYPE,…",
    default="",
    help="Types of events; `receipt.` is every type that begins so. Without it, all are printed.",
)


@click.group(cls=CommandGroup)
def events() -> None:
    """List and follow the events of an organization."""


@events.command("list")
@of_organization
@with_types
@click.option("--cursor", metavar="CURSOR", help="Begin after this event; default: the oldest.")
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_EVENTS),
    default=100,
    show_default=True,
    help="Events to print at most.",
)
def list_events(organization: str, types: str, cursor: str | None, limit: int) -> None:
    """Print events in order, each as JSON on a line; the cursor after them is on standard error."""
    page = _page(ready_store(), organization, cursor, limit, types)
    click.echo(f"next cursor: {page.next_cursor}", err=True)


@events.command("follow")
@of_organization
@with_types
@click.option("--cursor", metavar="CURSOR", help="Begin after this event; default: the newest.")
def follow(organization: str, types: str, cursor: str | None) -> None:
    """Print new events as they happen, each as JSON on a line, until the command is stopped."""
    import time

    store, cursor = ready_store(), cursor or "latest"
    while True:
        page = _page(store, organization, cursor, MAX_EVENTS, types)
        cursor = str(page.next_cursor)
        if len(page.events) < MAX_EVENTS:
            time.sleep(PAUSE)


@click.command()
def deliver() -> None:
    """Send the events of every organization to its subscribers, until a signal stops the command.

    Several may run, also on several machines. It needs GPD_WEBHOOK_SECRET.
    """
    import signal
    import threading

    from gpd_soap.features.webhooks.deliverer import Deliverer
    from gpd_soap.features.webhooks.options import options_of
    from gpd_soap.monitoring import logs
    from gpd_soap.settings import Settings

    settings = Settings.load()
    options = options_of(settings)
    if not options.master:
        raise click.ClickException("GPD_WEBHOOK_SECRET is not set, so there are no subscriptions")
    logs.configure(settings.log_level)
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    store = ready_store()
    Deliverer(store, options).run(stopped)
    store.close()


def _page(store: Store, organization: str, cursor: str | None, limit: int, types: str) -> FeedPage:
    """Prints a page of the feed, and returns it."""
    from gpd_soap.cli.common import read
    from gpd_soap.usecases import feed
    from gpd_soap.usecases.envelope import encode, envelope
    from gpd_soap.usecases.feed import FeedQuery
    from gpd_soap.validation.queries.events import LATEST, EventsQuery

    given = {"limit": limit, "types": types} | ({"cursor": cursor} if cursor else {})
    query = read(EventsQuery, **given)
    latest = query.cursor == LATEST
    number = None if query.cursor is None or latest else int(query.cursor)
    with refusals():
        page = feed.read(store, organization, FeedQuery(number, query.limit, query.names(), latest))
    for event in page.events:
        click.echo(encode(envelope(event)))
    return page
