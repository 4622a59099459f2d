"""The problems of requests about subscriptions and their parked events."""

from __future__ import annotations

from gpd_soap.api.problems import Problem

NO_SUBSCRIPTION = Problem(404, "Not found the subscription", "No subscription has this id.")
NO_PARKED = Problem(404, "Not found the parked event", "No event of this number is parked.")
TOO_MANY_SUBSCRIPTIONS = Problem(
    409, "Too many subscriptions", "An organization has at most 10 subscriptions: remove one."
)
WEBHOOKS_OFF = Problem(
    409, "No webhooks", "The operator of this installation has not set GPD_WEBHOOK_SECRET."
)
SUBSCRIPTION_CHANGED = Problem(
    412,
    "Precondition Failed",
    "The subscription has changed since the ETag of If-Match: read it again.",
)
