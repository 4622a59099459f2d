"""Which operation answers which path: GPD's paths, its operation ids, its statuses."""

from __future__ import annotations

from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import answer, body, ref, refusals
from gpd_soap.api.positions.handlers import Positions
from gpd_soap.api.positions.openapi import schemas
from gpd_soap.clock import Clock
from gpd_soap.store.store import Store
from gpd_soap.usecases.positions.create import MANY

ALL = f"{ORGANIZATION}/debtpositions"
ONE = f"{ALL}/<iupd>"

#: GPD's second API, for many positions at once, under a base URL of its own.
SECOND = f"/v2{ALL}"

MODEL = answer(ref("PaymentPositionModel"), "The position as it is now.", marked=True)
POSITION = answer(ref("PaymentPositionModelBaseResponse"), "The position.", marked=True)


def group(store: Store, clock: Clock) -> Group:
    """GPD's operations on positions."""
    positions = Positions(store, clock)
    return Group("positions", lambda api: _declare(api, positions), schemas)


def _declare(api: APIBlueprint, positions: Positions) -> None:
    """Add every operation on positions."""
    add(
        api.post, ALL, positions.create, "createPosition",
        body("PaymentPositionModel"),
        {
            200: answer(ref("DryRun"), "What would be, with dryRun."),
            201: answer(ref("PaymentPositionModel"), "Created.", marked=True),
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    add(
        api.get, ALL, positions.page, "getOrganizationDebtPositions", None,
        {200: answer(ref("PaymentPositionsInfo"), "A page of positions.")},
    )  # fmt: skip
    add(
        api.get, ONE, positions.read, "getOrganizationDebtPositionByIUPD", None,
        {200: POSITION, **refusals(404)},
    )  # fmt: skip
    add(
        api.put, ONE, positions.update, "updatePosition", body("PaymentPositionModel"),
        {
            200: answer(
                {"anyOf": [ref("PaymentPositionModel"), ref("DryRun")]},
                "The position as it is now, or would be, with dryRun.",
            ),
            **refusals(404, 409, 412, 415),
        },
    )  # fmt: skip
    add(
        api.delete, ONE, positions.delete, "deletePosition", None,
        {200: answer({"type": "string"}, "Deleted."), **refusals(404, 409, 412)},
    )  # fmt: skip
    for name, operation in (("publish", positions.publish), ("invalidate", positions.invalidate)):
        add(
            api.post, f"{ONE}/{name}", operation, f"{name}Position", None,
            {200: MODEL, **refusals(404, 409, 412)},
        )  # fmt: skip
    _declare_many(api, positions, f"{ALL}/bulk", ALL)
    _declare_many(api, positions, SECOND, SECOND, "V2")
    _declare_notices(api, positions)


def _declare_many(
    api: APIBlueprint, positions: Positions, making: str, changing: str, version: str = ""
) -> None:
    """The operations on many positions at once, on these paths."""
    add(
        api.post, making, positions.create_many, f"createMultiplePositions{version}",
        body("MultiplePaymentPositionModel"),
        {
            200: answer(ref("DryRun"), f"What would be, with dryRun, in {MANY}."),
            201: {"description": "Created, all of them."},
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    add(
        api.put, changing, positions.update_many, f"updateMultiplePositions{version}",
        body("MultiplePaymentPositionModel"),
        {
            200: {"description": f"Updated, all of them; with dryRun what would be, in {MANY}."},
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    add(
        api.delete, changing, positions.delete_many, f"deleteMultipleDebtPositions{version}",
        body("MultipleIUPDModel"),
        {
            200: answer(
                {"anyOf": [{"type": "string"}, ref("DryRun")]},
                "Deleted, all of them, or what would be, with dryRun.",
            ),
            **refusals(404, 409, 415),
        },
    )  # fmt: skip


def _declare_notices(api: APIBlueprint, positions: Positions) -> None:
    """The operations on notices and accounts."""
    add(
        api.patch, f"{ALL}/transfers", positions.change_account,
        "updateTransferIbanMassive", body("UpdateTransferIbanMassiveModel"),
        {
            200: answer(ref("UpdateTransferIbanMassiveResponse"), "How many were changed."),
            **refusals(415),
        },
    )  # fmt: skip
    options = f"{ORGANIZATION}/paymentoptions"
    add(
        api.post, f"{options}/paids/<nav>", positions.paid_elsewhere,
        "setPaymentOptionAsAlreadyPaid",
        body("AlreadyPaidPaymentOptionModel", required=False),
        {200: answer(ref("PaymentsModelResponse"), "Paid."), **refusals(404, 409, 415)},
    )  # fmt: skip
    add(
        api.post, f"{options}/<iuv>/transfers/<transferid>/report", positions.report,
        "reportTransfer", None,
        {
            200: answer(ref("TransferModelResponse"), "Reported, now or before."),
            **refusals(404, 409),
        },
    )  # fmt: skip
    add(
        api.get, f"{options}/<iuv>/debtposition", positions.by_iuv, "getDebtPositionByIUV", None,
        {200: POSITION, **refusals(404)},
    )  # fmt: skip
    add(
        api.get, f"{options}/<nav>", positions.by_nav,
        "getOrganizationPaymentOptionByNAV", None,
        {
            200: answer(ref("PaymentOptionWithDebtorInfoModelResponse"), "The notice."),
            **refusals(404),
        },
    )  # fmt: skip
