"""The operations on the feed of events."""

from __future__ import annotations

from flask import Response, g, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.events import models
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import answer, refusals
from gpd_soap.api.responses import without_none
from gpd_soap.features.webhooks.signing_key import SigningKey
from gpd_soap.store.store import Store
from gpd_soap.usecases import feed
from gpd_soap.usecases.envelope import envelope
from gpd_soap.usecases.feed import FeedQuery
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath
from gpd_soap.validation.queries.events import LATEST, EventsQuery, FeedsQuery


def group(store: Store, key: SigningKey | None = None) -> Group:
    """Returns the operations on the feed; `key` signs what is sent."""
    events = Events(store, key)
    return Group(
        "events",
        "Events: what happened, in order, read with a cursor.",
        lambda api: _declare(api, events),
        models.MODELS,
        lists_own=True,
    )


class Events:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, key: SigningKey | None) -> None:
        """Use `store` for every operation; `key` signs what is sent."""
        self._store, self._key = store, key

    def page(self, path: OrganizationPath, query: EventsQuery) -> Response:
        """List the events of an organization after a cursor, in order.

        Store `next_cursor` in the transaction in which you use the events: then each has its effect
        once.  Events are kept for a time; a cursor before it is answered 410.
        """
        latest = query.cursor == LATEST
        cursor = None if query.cursor is None or latest else int(query.cursor)
        request = FeedQuery(cursor, query.limit, query.names(), latest)
        events, next_cursor = feed.read(self._store, path.organizationfiscalcode, request)
        items = [envelope(each) for each in events]
        return jsonify({"items": items, "limit": query.limit, "next_cursor": str(next_cursor)})

    def feeds(self, query: FeedsQuery) -> Response:
        """List the organizations of the key with the number of the last event of each.

        Only the feeds whose number has changed need to be read.
        """
        ends = feed.of_key(self._store, g.key, query.cursor or "", query.limit)
        items = [{"organization": each.organization, "last": str(each.last)} for each in ends]
        more = ends[-1].organization if len(ends) == query.limit else None
        return jsonify(without_none(items=items, limit=query.limit, next_cursor=more))

    def webhook_keys(self, query: NoQuery) -> Response:
        """List the public keys that verify what is sent, beside the secret of a subscription."""
        keys = [] if self._key is None else [self._key.public]
        return jsonify({"keys": [{"algorithm": "ed25519", "key": each} for each in keys]})


def _declare(api: APIBlueprint, events: Events) -> None:
    add(
        api.get, f"{ORGANIZATION}/events", events.page, "listEvents", None,
        {200: answer(models.FeedEvents, "A page of events."), **refusals(410)},
    )  # fmt: skip
    add(
        api.get, "/feeds", events.feeds, "listFeeds", None,
        {200: answer(models.Feeds, "A page of feeds.")},
    )  # fmt: skip
    add(
        api.get, "/webhook-keys", events.webhook_keys, "listWebhookKeys", None,
        {200: answer(models.WebhookKeys, "The public keys.")},
    )  # fmt: skip
