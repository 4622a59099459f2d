"""The operations on keys, and which path each answers."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api import problems
from gpd_soap.api.auth import body_of
from gpd_soap.api.groups import Group, add
from gpd_soap.api.openapi import (
    TEXT,
    Schema,
    answer,
    body,
    moments,
    objects,
    page_of,
    ref,
    refusals,
    texts,
)
from gpd_soap.api.problems import Refused
from gpd_soap.api.responses import camel_case, listed, rome_text
from gpd_soap.clock import Clock
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Key, Role, UnusableKey
from gpd_soap.store.database.transaction import in_transaction, read_only
from gpd_soap.store.store import Store
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.common import NoQuery, Paged
from gpd_soap.validation.queries.keys import NewKey, OfKey

CREATE = "createKey"


def group(store: Store, clock: Clock) -> Group:
    """The keys; what shows one is remembered nowhere."""
    ours = Keys(store, clock)
    return Group("keys", lambda api: _declare(api, ours), _schemas, Role.ADMIN, frozenset([CREATE]))


class Keys:
    """One method for each operation; its docstring is what the OpenAPI says of it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take the store and the clock."""
        self._store, self._clock = store, clock

    def page(self, query: Paged) -> Response:
        """List the keys, the oldest first, page by page; those that were revoked too."""
        found, total = read_only(self._store, lambda c: keys.page(c, query.slice()))
        return jsonify(listed("keys", [_told(key) for key in found], total, query))

    def create(self, query: NoQuery) -> Response:
        """Make a key, and show it: the only time that anyone sees it.

        It takes no Idempotency-Key, because an answer that can be given again is kept, and this
        one holds the key itself.  Whoever lost the answer revokes the key and makes another.
        """
        told = body_of(NewKey)
        role, now = Role(told.role), self._clock()
        try:
            made, token = in_transaction(
                self._store, lambda c: keys.create(c, told.name, role, told.organizations, now)
            )
        except UnusableKey:
            error = FieldError("organizations", "required", "an organization, or * for every one")
            raise Refused(problems.BAD_REQUEST, [error]) from None
        answer = jsonify({**_told(made), "key": token})
        answer.status_code = 201
        return answer

    def revoke(self, path: OfKey, query: NoQuery) -> Response:
        """Let a key work no longer, at once and everywhere; it may be the one that asks.

        When no administrator's key is left, `gpd-soap key create` makes one.
        """
        now = self._clock()
        if not in_transaction(self._store, lambda c: keys.revoke(c, path.id, now)):
            raise Refused(problems.KEY_NOT_FOUND)
        return Response(status=204)


def _declare(api: APIBlueprint, ours: Keys) -> None:
    """Add every operation on keys."""
    add(api.get, "/keys", ours.page, "listKeys", None, {200: answer(ref("Keys"), "The keys.")})
    add(
        api.post, "/keys", ours.create, CREATE, body("NewKey"),
        {201: answer(ref("MadeKey"), "Made; `key` is shown once."), **refusals(415)},
    )  # fmt: skip
    add(
        api.delete, "/keys/<id>", ours.revoke, "revokeKey", None,
        {204: {"description": "Revoked."}, **refusals(404)},
    )  # fmt: skip


def _schemas() -> dict[str, Schema]:
    """Every body, by name."""
    kept = {
        **texts("id name role"),
        "organizations": {"type": "array", "items": TEXT},
        **moments("createdAt revokedAt"),
    }
    return {
        "NewKey": NewKey.model_json_schema(),
        "Key": objects(kept),
        "MadeKey": objects({**kept, "key": TEXT}),
        "Keys": page_of("keys", "Key"),
    }


def _told(key: Key) -> dict[str, object]:
    told = {**key._asdict(), "created_at": rome_text(key.created_at)}
    return camel_case(**{**told, "revoked_at": rome_text(key.revoked_at)})
