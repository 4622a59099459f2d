"""Which operation answers which path: GPD's paths, its operation ids, its statuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_openapi.blueprint import APIBlueprint

from gpd_soap.admin.creating import MANY
from gpd_soap.admin.description import Responses, answer, body, ref, refusals
from gpd_soap.admin.positions import Positions

ORGANIZATION = "/organizations/<organizationfiscalcode>"
ALL = f"{ORGANIZATION}/debtpositions"
ONE = f"{ALL}/<iupd>"

MODEL = answer(ref("PaymentPositionModel"), "The position as it is now.")
POSITION = answer(ref("PaymentPositionModelBaseResponse"), "The position.")


def declare(api: APIBlueprint, positions: Positions) -> None:
    """Add every operation on positions."""
    _add(
        api.post, ALL, positions.create, "createPosition",
        body("PaymentPositionModel"),
        {
            200: answer(ref("DryRun"), "What would be, with dryRun."),
            201: answer(ref("PaymentPositionModel"), "Created."),
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    _add(
        api.post, f"{ALL}/bulk", positions.create_many, "createMultiplePositions",
        body("MultiplePaymentPositionModel"),
        {
            200: answer(ref("DryRun"), f"What would be, with dryRun, in {MANY}."),
            201: {"description": "Created, all of them."},
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    _add(
        api.get, ALL, positions.page, "getOrganizationDebtPositions", None,
        {200: answer(ref("PaymentPositionsInfo"), "A page of positions.")},
    )  # fmt: skip
    _add(
        api.get, ONE, positions.read, "getOrganizationDebtPositionByIUPD", None,
        {200: POSITION, **refusals(404)},
    )  # fmt: skip
    _add(
        api.put, ONE, positions.update, "updatePosition", body("PaymentPositionModel"),
        {200: MODEL, **refusals(404, 409, 412, 415)},
    )  # fmt: skip
    _add(
        api.delete, ONE, positions.delete, "deletePosition", None,
        {200: answer({"type": "string"}, "Deleted."), **refusals(404, 409, 412)},
    )  # fmt: skip
    for name, operation in (("publish", positions.publish), ("invalidate", positions.invalidate)):
        _add(
            api.post, f"{ONE}/{name}", operation, f"{name}Position", None,
            {200: MODEL, **refusals(404, 409, 412)},
        )  # fmt: skip
    _declare_notices(api, positions)


def _declare_notices(api: APIBlueprint, positions: Positions) -> None:
    """The operations on notices and accounts."""
    _add(
        api.patch, f"{ALL}/transfers", positions.change_account,
        "updateTransferIbanMassive", body("UpdateTransferIbanMassiveModel"),
        {
            200: answer(ref("UpdateTransferIbanMassiveResponse"), "How many were changed."),
            **refusals(415),
        },
    )  # fmt: skip
    options = f"{ORGANIZATION}/paymentoptions"
    _add(
        api.post, f"{options}/paids/<nav>", positions.paid_elsewhere,
        "setPaymentOptionAsAlreadyPaid",
        body("AlreadyPaidPaymentOptionModel", required=False),
        {200: answer(ref("PaymentsModelResponse"), "Paid."), **refusals(404, 409, 415)},
    )  # fmt: skip
    _add(
        api.get, f"{options}/<iuv>/debtposition", positions.by_iuv, "getDebtPositionByIUV", None,
        {200: POSITION, **refusals(404)},
    )  # fmt: skip
    _add(
        api.get, f"{options}/<nav>", positions.by_nav,
        "getOrganizationPaymentOptionByNAV", None,
        {
            200: answer(ref("PaymentOptionWithDebtorInfoModelResponse"), "The notice."),
            **refusals(404),
        },
    )  # fmt: skip


def _add(
    declare_on: Callable[..., Any],
    rule: str,
    operation: Callable[..., Any],
    name: str,
    content: dict[str, Any] | None,
    responses: Responses,
) -> None:
    function = _function(operation)
    told: dict[str, Any] = {"operation_id": name, "responses": responses}
    if content is not None:
        told["request_body"] = content
    declare_on(rule, endpoint=name, **told)(function)


def _function(operation: Callable[..., Any]) -> Callable[..., Any]:
    """A function of its own, which the framework can write on as it cannot on a method."""

    def call(**told: object) -> object:
        return operation(**told)

    call.__doc__ = operation.__doc__
    call.__name__ = operation.__name__
    call.__annotations__ = operation.__annotations__
    call.__module__ = operation.__module__
    # WHY: the annotations are text, and are looked up where the operation was written.
    call.__wrapped__ = operation  # type: ignore[attr-defined]  # as functools.wraps
    return call
