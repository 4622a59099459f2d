"""Which operation answers which path: GPD's two on receipts, and five on each worklist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import answer, body, ref, refusals
from gpd_soap.api.receipts.handlers import Receipts, Worklist
from gpd_soap.api.receipts.openapi import document, schemas
from gpd_soap.clock import Clock
from gpd_soap.store.store import Store
from gpd_soap.usecases.worklist import Cases
from gpd_soap.validation.queries.receipts import (
    InOrganization,
    InWorklist,
    OfCase,
    OfCaseInOrganization,
)

PAYMENTS = "/payments/<organizationfiscalcode>/receipts"

CASE = answer(ref("Case"), "The case as it is now.")


def group(store: Store, clock: Clock, cases: Cases) -> Group:
    """GPD's operations on receipts, and ours on what waits for a person."""

    def declare(api: APIBlueprint) -> None:
        _declare_receipts(api, Receipts(store, clock))
        worklist = Worklist(cases)
        _declare_worklist(api, worklist, ORGANIZATION, (InOrganization, OfCaseInOrganization), "")
        _declare_worklist(api, worklist, "", (InWorklist, OfCase), "OfNobody")

    return Group("receipts", declare, schemas)


def _declare_receipts(api: APIBlueprint, receipts: Receipts) -> None:
    """GPD's operations."""
    add(
        api.get, PAYMENTS, receipts.page, "getOrganizationReceipts", None,
        {200: answer(ref("PaymentsResultReceiptModelResponse"), "A page of receipts.")},
    )  # fmt: skip
    add(
        api.get, f"{PAYMENTS}/<iuv>", receipts.document, "getReceiptByIUV", None,
        {200: document("application/xml", "The receipt."), **refusals(404)},
    )  # fmt: skip


def _declare_worklist(
    api: APIBlueprint,
    worklist: Worklist,
    place: str,
    paths: tuple[type[InWorklist], type[OfCase]],
    whose: str,
) -> None:
    """The operations on one worklist; `paths` are what names it, and a case of it."""
    every, of_case = f"{place}/worklist", f"{place}/worklist/<id>"
    add(
        api.get, every, _of(paths[0], worklist.page), f"getWorklist{whose}", None,
        {200: answer(ref("Worklist"), "A page of cases.")},
    )  # fmt: skip
    add(
        api.get, of_case, _of(paths[1], worklist.read), f"getCase{whose}", None,
        {200: CASE, **refusals(404)},
    )  # fmt: skip
    add(
        api.get, f"{of_case}/raw", _of(paths[1], worklist.raw), f"getCaseRaw{whose}", None,
        {200: document("application/octet-stream", "The message as it came."), **refusals(404)},
    )  # fmt: skip
    add(
        api.post, f"{of_case}/resolve", _of(paths[1], worklist.resolve), f"resolveCase{whose}",
        body("CaseNote"), {200: CASE, **refusals(404, 409, 415)},
    )  # fmt: skip
    add(
        api.post, f"{of_case}/rematch", _of(paths[1], worklist.rematch), f"rematchCase{whose}",
        body("CaseMatch", required=False), {200: CASE, **refusals(404, 409, 415)},
    )  # fmt: skip


def _of(path: type[BaseModel], operation: Callable[..., Any]) -> Callable[..., Any]:
    """The same operation, of this kind of path."""

    @wraps(operation)
    def call(**told: object) -> object:
        return operation(**told)

    call.__annotations__ = {**operation.__annotations__, "path": path}
    return call
