"""The paths of the operations: GPD's two on receipts, four of ours, seven on each worklist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import answer, body, document, refusals
from gpd_soap.api.receipts import models
from gpd_soap.api.receipts.handlers import Receipts, StoredReceipts, Worklist
from gpd_soap.clock import Clock
from gpd_soap.store.store import Store
from gpd_soap.usecases.worklist import Cases
from gpd_soap.validation.queries.receipts import (
    CasePath,
    Match,
    Note,
    OpenedCase,
    OrganizationCasePath,
    OrganizationWorklistPath,
    WorklistPath,
)

#: Of an organization's worklist, and of the one of receipts that name no registered organization.
SUFFIXES = ("", "OfNobody")
PAYMENTS = "/payments/<organizationfiscalcode>/receipts"

#: Each of them shows the code of a debtor, or the whole message.
READS_PERSONS = frozenset(
    [
        "getOrganizationReceipts",
        "getReceiptByIUV",
        "getReceipts",
        "getReceipt",
        "getReceiptXml",
        *(f"get{name}{suffix}" for name in ("Worklist", "Case", "CaseRaw") for suffix in SUFFIXES),
    ]
)

CASE = answer(models.Case, "The case.")


def group(store: Store, clock: Clock, cases: Cases) -> Group:
    """Returns GPD's operations on receipts, and ours on cases that wait for a person."""

    def declare(api: APIBlueprint) -> None:
        _declare_receipts(api, Receipts(store, clock))
        _declare_stored(api, StoredReceipts(store, clock, cases))
        worklist, (ours, nobodys) = Worklist(store, clock, cases), SUFFIXES
        _declare_worklist(
            api, worklist, ORGANIZATION, (OrganizationWorklistPath, OrganizationCasePath), ours
        )
        _declare_worklist(api, worklist, "", (WorklistPath, CasePath), nobodys)

    return Group(
        "receipts",
        "Receipts of payments, as in GPD, and the worklist of receipts that wait for a person.",
        declare,
        models.MODELS,
        persons=READS_PERSONS,
    )


def _declare_receipts(api: APIBlueprint, receipts: Receipts) -> None:
    """Declares GPD's operations."""
    add(
        api.get, PAYMENTS, receipts.page, "getOrganizationReceipts", None,
        {200: answer(models.PaymentsResultReceiptModelResponse, "A page of receipts.")},
    )  # fmt: skip
    add(
        api.get, f"{PAYMENTS}/<iuv>", receipts.document, "getReceiptByIUV", None,
        {200: document("application/xml", "The receipt."), **refusals(404)},
    )  # fmt: skip


def _declare_stored(api: APIBlueprint, receipts: StoredReceipts) -> None:
    """Declares the operations on receipts of every status."""
    path = f"{ORGANIZATION}/receipts"
    add(
        api.get, path, receipts.page, "getReceipts", None,
        {200: answer(models.StoredReceipts, "A page of receipts.")},
    )  # fmt: skip
    add(
        api.get, f"{path}/<id>", receipts.read, "getReceipt", None,
        {200: answer(models.Case, "The receipt."), **refusals(404)},
    )  # fmt: skip
    add(
        api.post, f"{path}/<id>/case", receipts.open_case, "openCase",
        body(OpenedCase), {200: CASE, **refusals(404, 409, 415)},
    )  # fmt: skip
    add(
        api.get, f"{path}/<id>/xml", receipts.document, "getReceiptXml", None,
        {200: document("application/xml", "The receipt."), **refusals(404)},
    )  # fmt: skip


def _declare_worklist(
    api: APIBlueprint,
    worklist: Worklist,
    prefix: str,
    paths: tuple[type[WorklistPath], type[CasePath]],
    suffix: str,
) -> None:
    """Declares the operations on one worklist; `paths` are the models of its two paths.

    `prefix` precedes the paths, `suffix` follows the names of the operations.
    """
    page, case = paths
    list_path, case_path = f"{prefix}/worklist", f"{prefix}/worklist/<id>"
    add(
        api.get, list_path, _with_path(page, worklist.page), f"getWorklist{suffix}", None,
        {200: answer(models.Worklist, "A page of cases.")},
    )  # fmt: skip
    add(
        api.get, case_path, _with_path(case, worklist.read), f"getCase{suffix}", None,
        {200: CASE, **refusals(404)},
    )  # fmt: skip
    add(
        api.get, f"{case_path}/raw", _with_path(case, worklist.raw), f"getCaseRaw{suffix}", None,
        {200: document("application/octet-stream", "The message, byte for byte."), **refusals(404)},
    )  # fmt: skip
    for name, operation in (("claim", worklist.claim), ("release", worklist.release)):
        add(
            api.post, f"{case_path}/{name}", _with_path(case, operation), f"{name}Case{suffix}",
            None, {200: CASE, **refusals(404, 409)},
        )  # fmt: skip
    add(
        api.post, f"{case_path}/resolve", _with_path(case, worklist.resolve),
        f"resolveCase{suffix}", body(Note), {200: CASE, **refusals(404, 409, 415)},
    )  # fmt: skip
    add(
        api.post, f"{case_path}/rematch", _with_path(case, worklist.rematch),
        f"rematchCase{suffix}", body(Match, required=False), {200: CASE, **refusals(404, 409, 415)},
    )  # fmt: skip


def _with_path(path: type[BaseModel], operation: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the operation with another model of its path."""

    @wraps(operation)
    def call(**arguments: object) -> object:
        return operation(**arguments)

    call.__annotations__ = {**operation.__annotations__, "path": path}
    return call
