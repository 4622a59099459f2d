"""The operation on the history of a position."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.history import models
from gpd_soap.api.openapi import answer, refusals
from gpd_soap.api.positions.parameters import PositionPath
from gpd_soap.api.responses import Body, camel_case, listed, rome_text
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.store import Store
from gpd_soap.usecases.history import history
from gpd_soap.validation.queries.common import Paged


def group(store: Store) -> Group:
    """Returns the operation on the history of a position."""
    histories = Histories(store)
    return Group(
        "history",
        "History: what happened to a position, when, and by whom.",
        lambda api: _declare(api, histories),
        models.MODELS,
    )


class Histories:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store) -> None:
        """Use `store` for every operation."""
        self._store = store

    def page(self, path: PositionPath, query: Paged) -> Response:
        """List what happened to a debt position, also to a deleted one, the oldest first."""
        events, total = history(self._store, path.organizationfiscalcode, path.iupd, query.slice())
        return jsonify(listed("events", [_event(each) for each in events], total, query))


def _declare(api: APIBlueprint, histories: Histories) -> None:
    add(
        api.get, f"{ORGANIZATION}/debtpositions/<iupd>/history", histories.page,
        "listPositionEvents", None,
        {200: answer(models.History, "A page of events."), **refusals(404)},
    )  # fmt: skip


def _event(event: StoredEvent) -> Body:
    fields = event._asdict()
    for name in ("organization", "subject", "sequence"):
        del fields[name]
    time, data = rome_text(fields.pop("written_at")), fields.pop("data")
    return {**camel_case(at=time, **fields), "data": data}
