"""The paths of the operations on loads."""

from __future__ import annotations

from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.body_size import CREATE_LOAD
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.loads import models
from gpd_soap.api.loads.handlers import ANY, CSV, XLSX, Operations
from gpd_soap.api.openapi import Responses, Schema, answer, body, document, refusals
from gpd_soap.clock import Clock
from gpd_soap.store.store import Store
from gpd_soap.validation.queries.loads import Confirmation, LoadAnswers, TakingBack

#: The rows to mend have what a debtor's row has.
ROWS = "getLoadRows"


def group(store: Store, clock: Clock) -> Group:
    """Returns the operations on loads."""
    operations = Operations(store, clock)
    return Group(
        "loads",
        "Loads: files of positions that are tried, stored, mended and taken back.",
        lambda api: _declare(api, operations),
        models.MODELS,
        persons=frozenset({ROWS}),
    )


def _declare(api: APIBlueprint, on: Operations) -> None:
    path, one = f"{ORGANIZATION}/loads", f"{ORGANIZATION}/loads/<id>"
    load: Responses = {200: answer(models.Load, "The load."), **refusals(404)}
    changed = {**load, **refusals(409, 410)}
    add(
        api.get, path, on.page, "listLoads", None,
        {200: answer(models.Loads, "A page of loads.")},
    )  # fmt: skip
    add(
        api.post, path, on.create, CREATE_LOAD, _file(),
        {201: answer(models.Load, "The load, which is tried."), **refusals(404, 409, 415, 501)},
    )  # fmt: skip
    add(api.get, one, on.read, "getLoad", None, load)
    add(
        api.get, f"{one}/lines", on.lines, "listLoadLines", None,
        {200: answer(models.LoadLines, "A page of lines."), **refusals(404)},
    )  # fmt: skip
    add(
        api.get, f"{one}/rows", on.rows, ROWS, None,
        {200: document(CSV, "The refused rows."), **refusals(404, 410, 501)},
    )  # fmt: skip
    for name, operation, model in (
        ("answer", on.answer, LoadAnswers),
        ("load", on.load, Confirmation),
        ("undo", on.undo, TakingBack),
    ):
        answers = {**changed, **refusals(415)}
        add(api.post, f"{one}/{name}", operation, NAMES[name], body(model), answers)
    add(api.post, f"{one}/cancel", on.cancel, "cancelLoad", None, changed)
    add(api.post, f"{one}/resume", on.resume, "resumeLoad", None, changed)


NAMES = {"answer": "answerLoad", "load": "storeLoad", "undo": "undoLoad"}


def _file() -> Schema:
    """Returns the body of a request that is a file."""
    schema: Schema = {"type": "string", "format": "binary"}
    return {
        "content": {kind: {"schema": schema} for kind in (CSV, XLSX, ANY)},
        "required": True,
    }
