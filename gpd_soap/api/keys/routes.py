"""The operations on keys, with their paths."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.audit.trail import set_subjects
from gpd_soap.api.auth import body_of
from gpd_soap.api.groups import Group, add
from gpd_soap.api.keys import models
from gpd_soap.api.openapi import Responses, answer, body, refusals
from gpd_soap.api.responses import Body, camel_case, listed, rome_text
from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.access.keys import Key, Role
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.keys import Keys
from gpd_soap.validation.queries.common import NoQuery, Paged
from gpd_soap.validation.queries.keys import KeyPath, NewKey

CREATE = "createKey"


def group(store: Store, clock: Clock) -> Group:
    """Returns the operations on keys, for administrators; the answer with a key is not stored."""
    operations = KeyOperations(Keys(store), clock)
    return Group(
        "keys",
        "Keys of the admin API.",
        lambda api: _declare(api, operations),
        models.MODELS,
        Role.ADMIN,
        frozenset([CREATE]),
    )


class KeyOperations:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._keys, self._clock = keys, clock

    def page(self, query: Paged) -> Response:
        """List the keys, active and revoked, page by page, the oldest first."""
        rows, total = self._keys.page(query.slice())
        return jsonify(listed("keys", [_key(row) for row in rows], total, query))

    def create(self, query: NoQuery) -> Response:
        """Make a key, and return its secret, which is shown this once.

        A key names its organizations, or * for every one; no key gets them by leaving them out.
        With `expiresAt` the key is refused from that instant on.  The operation takes no
        Idempotency-Key, because the answer would have to be stored with the secret.  If the answer
        is lost, revoke the key and make another.
        """
        made, token = self._keys.create(body_of(NewKey), self._clock())
        set_subjects(Subject(resource=made.id))
        response = jsonify({**_key(made), "key": token})
        response.status_code = 201
        return response

    def revoke(self, path: KeyPath, query: NoQuery) -> Response:
        """Revoke a key, at once and for every process; a key can revoke itself.

        If no administrator's key is left, `gpd-soap key create` makes one.
        """
        self._keys.revoke(path.id, self._clock())
        return Response(status=204)


def _declare(api: APIBlueprint, operations: KeyOperations) -> None:
    """Declares every operation on keys."""
    page: Responses = {200: answer(models.Keys, "A page of keys.")}
    add(api.get, "/keys", operations.page, "listKeys", None, page)
    add(
        api.post, "/keys", operations.create, CREATE, body(NewKey),
        {201: answer(models.MadeKey, "The new key; `key` is shown this once."), **refusals(415)},
    )  # fmt: skip
    add(
        api.delete, "/keys/<id>", operations.revoke, "revokeKey", None,
        {204: {"description": "The key was revoked."}, **refusals(404)},
    )  # fmt: skip


def _key(key: Key) -> Body:
    instants = ("created_at", "revoked_at", "expires_at", "last_used_at")
    fields = key._asdict()
    return camel_case(**{**fields, **{name: rome_text(fields[name]) for name in instants}})
