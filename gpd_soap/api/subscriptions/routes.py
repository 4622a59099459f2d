"""The operations on subscriptions, with their paths."""

from __future__ import annotations

from flask import Response, jsonify, request
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.auth import actor, body_of
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import Responses, answer, body, refusals
from gpd_soap.api.responses import Body, camel_case, listed, rome_text
from gpd_soap.api.subscriptions import models
from gpd_soap.features.webhooks.manage import SubscriptionRef, Subscriptions, etag
from gpd_soap.store.events.parked import Parked
from gpd_soap.store.events.subscriptions import Subscription
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath, Paged
from gpd_soap.validation.queries.subscriptions import (
    ParkedPath,
    Replay,
    SubscriptionFields,
    SubscriptionPath,
)

ALL = f"{ORGANIZATION}/subscriptions"
ONE = f"{ALL}/<id>"
CREATE, ROTATE = "createSubscription", "rotateSubscription"
#: The columns of a subscription that are instants, and those that are not shown.
INSTANTS = ("rotated_at", "failing_since", "next_at", "created_at")
HIDDEN = ("organization", "revision", "refusals")


def group(subscriptions: Subscriptions) -> Group:
    """Returns the operations on subscriptions; an answer with a secret is not stored."""
    operations = Operations(subscriptions)
    return Group(
        "subscriptions",
        "Subscriptions: receivers to which an organization's events are sent.",
        lambda api: _declare(api, operations),
        models.MODELS,
        secret=frozenset([CREATE, ROTATE]),
    )


class Operations:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        """Use `subscriptions` for every operation."""
        self._subscriptions = subscriptions

    def page(self, path: OrganizationPath, query: Paged) -> Response:
        """List the subscriptions of an organization, the oldest first."""
        rows, total = self._subscriptions.page(path.organizationfiscalcode, query.slice())
        return jsonify(
            listed("subscriptions", [_subscription(each) for each in rows], total, query)
        )

    def create(self, path: OrganizationPath, query: NoQuery) -> Response:
        """Subscribe a receiver to the events from now on, and return its secret, shown this once.

        Each request to the receiver is signed as Standard Webhooks says.
        """
        fields = body_of(SubscriptionFields)
        made, secret = self._subscriptions.create(path.organizationfiscalcode, fields, actor())
        response = _response(made, secret=secret)
        response.status_code = 201
        return response

    def get(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Read a subscription, with its receiver's health."""
        return _response(self._subscriptions.get(_ref(path)))

    def replace(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Replace where, which and how events are sent; cursor and secret stay."""
        fields = body_of(SubscriptionFields)
        return _response(self._subscriptions.replace(_ref(path), fields))

    def delete(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Delete a subscription and its parked events."""
        self._subscriptions.delete(_ref(path))
        return Response(status=204)

    def test(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Send an event of the type subscription.test to this receiver alone.

        The formats pu and govpay2 have no message for it.
        """
        self._subscriptions.test(_ref(path), actor())
        return Response(status=204)

    def pause(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Send nothing until the subscription is resumed; its cursor stays."""
        return _response(self._subscriptions.pause(_ref(path)))

    def resume(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Send again from the cursor on, at once."""
        return _response(self._subscriptions.resume(_ref(path)))

    def rotate(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Make a new secret, shown this once; for seven days the one before signs too."""
        rotated, secret = self._subscriptions.rotate(_ref(path))
        return _response(rotated, secret=secret)

    def replay(self, path: SubscriptionPath, query: NoQuery) -> Response:
        """Send events again, with the ids that they had and the header Gpd-Replay.

        Either those with numbers `from` to `to` that the receiver has passed, or with `dead` those
        that were given up.
        """
        number = self._subscriptions.replay(_ref(path), body_of(Replay))
        return jsonify({"events": number})

    def parked(self, path: SubscriptionPath, query: Paged) -> Response:
        """List the events that the receiver refused, and those that wait for them."""
        rows, total = self._subscriptions.parked(_ref(path), query.slice())
        return jsonify(listed("parked", [_parked(each) for each in rows], total, query))

    def discard(self, path: ParkedPath, query: NoQuery) -> Response:
        """Give a parked event up; those of its subject that wait for it are sent."""
        self._subscriptions.discard(_ref(path), path.sequence)
        return Response(status=204)


def _declare(api: APIBlueprint, on: Operations) -> None:
    """Declares every operation on subscriptions."""
    nothing: Responses = {204: {"description": "Done."}}
    one: Responses = {200: answer(models.Subscription, "The subscription.", etag=True)}
    secret = answer(models.SubscriptionWithSecret, "With its secret, shown once.", etag=True)
    fields = body(SubscriptionFields)
    changing = refusals(404, 412)
    add(
        api.get, ALL, on.page, "listSubscriptions", None,
        {200: answer(models.Subscriptions, "A page of subscriptions.")},
    )  # fmt: skip
    add(api.post, ALL, on.create, CREATE, fields, {201: secret, **refusals(404, 409, 415)})
    add(api.get, ONE, on.get, "getSubscription", None, {**one, **refusals(404)})
    add(
        api.put, ONE, on.replace, "replaceSubscription", fields,
        {**one, **changing, **refusals(409, 415)},
    )  # fmt: skip
    add(api.delete, ONE, on.delete, "deleteSubscription", None, {**nothing, **changing})
    add(api.post, f"{ONE}/test", on.test, "testSubscription", None, {**nothing, **changing})
    add(api.post, f"{ONE}/pause", on.pause, "pauseSubscription", None, {**one, **changing})
    add(api.post, f"{ONE}/resume", on.resume, "resumeSubscription", None, {**one, **changing})
    add(
        api.post, f"{ONE}/rotate", on.rotate, ROTATE, None,
        {200: secret, **changing, **refusals(409)},
    )  # fmt: skip
    add(
        api.post, f"{ONE}/replay", on.replay, "replaySubscription", body(Replay),
        {200: answer(models.Replayed, "The number of events."), **changing, **refusals(415)},
    )  # fmt: skip
    add(
        api.get, f"{ONE}/parked", on.parked, "listParkedEvents", None,
        {200: answer(models.ParkedEvents, "A page of parked events."), **refusals(404)},
    )  # fmt: skip
    add(
        api.delete, f"{ONE}/parked/<sequence>", on.discard, "discardParkedEvent", None,
        {**nothing, **changing},
    )  # fmt: skip


def _ref(path: SubscriptionPath) -> SubscriptionRef:
    """Returns the subscription of a path, with the ETags that If-Match accepts."""

    def etag_matches(present: str) -> bool:
        return "If-Match" not in request.headers or request.if_match.contains(present)

    return SubscriptionRef(path.organizationfiscalcode, path.id, etag_matches)


def _response(subscription: Subscription, **more: str) -> Response:
    response = jsonify({**_subscription(subscription), **more})
    response.set_etag(etag(subscription))
    return response


def _subscription(subscription: Subscription) -> Body:
    fields = {name: value for name, value in subscription._asdict().items() if name not in HIDDEN}
    instants = {name: rome_text(fields[name]) for name in INSTANTS}
    return camel_case(**{**fields, **instants, "cursor": str(subscription.cursor)})


def _parked(row: Parked) -> Body:
    return camel_case(**{**row._asdict(), "next_at": rome_text(row.next_at)})
