"""The paths of the operations on positions, with GPD's operation ids and statuses."""

from __future__ import annotations

from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import answer, body, refusals
from gpd_soap.api.positions import models
from gpd_soap.api.positions.handlers import FEE_SET, Positions
from gpd_soap.api.positions.parameters import (
    NewAccount,
    NotificationFee,
    PaidElsewhere,
    PositionsToDelete,
)
from gpd_soap.clock import Clock
from gpd_soap.store.store import Store
from gpd_soap.validation.position_v1 import Position
from gpd_soap.validation.queries.positions import Restoration

ALL = f"{ORGANIZATION}/debtpositions"
ONE = f"{ALL}/<iupd>"

#: Base of GPD's second API, which takes many positions at once.
SECOND = f"/v2{ALL}"

MODEL = answer(Position, "The position after the change.", etag=True)
POSITION = answer(models.PaymentPositionModelBaseResponse, "The position.", etag=True)


def group(store: Store, clock: Clock) -> Group:
    """Returns GPD's operations on positions."""
    positions = Positions(store, clock)
    return Group(
        "positions",
        "Debt positions and their notices: GPD's first API, and its second for many at once.",
        lambda api: _declare(api, positions),
        models.MODELS,
        persons=frozenset(
            [
                "getOrganizationDebtPositionByIUPD",
                "getDebtPositionByIUV",
                "getOrganizationPaymentOptionByNAV",
            ]
        ),
    )


def _declare(api: APIBlueprint, positions: Positions) -> None:
    """Declares every operation on positions."""
    add(
        api.post, ALL, positions.create, "createPosition",
        body(Position),
        {
            200: answer(models.PositionDryRun, "The position that would be created, with dryRun."),
            201: answer(Position, "The created position.", etag=True),
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    add(
        api.get, ALL, positions.page, "getOrganizationDebtPositions", None,
        {200: answer(models.PaymentPositionsInfo, "A page of positions.")},
    )  # fmt: skip
    add(
        api.get, ONE, positions.read, "getOrganizationDebtPositionByIUPD", None,
        {200: POSITION, **refusals(404)},
    )  # fmt: skip
    add(
        api.put, ONE, positions.update, "updatePosition", body(Position),
        {
            200: answer(
                Position | models.PositionDryRun,
                "The position after the change, or as it would be, with dryRun.",
            ),
            **refusals(404, 409, 412, 415),
        },
    )  # fmt: skip
    add(
        api.delete, ONE, positions.delete, "deletePosition", None,
        {200: answer(str, "The position was deleted."), **refusals(404, 409, 412)},
    )  # fmt: skip
    for name, operation in (("publish", positions.publish), ("invalidate", positions.invalidate)):
        add(
            api.post, f"{ONE}/{name}", operation, f"{name}Position", None,
            {200: MODEL, **refusals(404, 409, 412)},
        )  # fmt: skip
    add(
        api.get, SECOND, positions.page, "getOrganizationDebtPositionsV2", None,
        {200: answer(models.PaymentPositionsInfo, "A page of positions.")},
    )  # fmt: skip
    add(
        api.post, f"{ONE}/restore", positions.restore, "restorePosition", body(Restoration),
        {200: MODEL, **refusals(404, 409, 412, 415)},
    )  # fmt: skip
    _declare_many(api, positions, f"{ALL}/bulk", ALL)
    _declare_many(api, positions, SECOND, SECOND, "V2")
    _declare_notices(api, positions)


def _declare_many(
    api: APIBlueprint, positions: Positions, creation_path: str, change_path: str, version: str = ""
) -> None:
    """Declares the operations on many positions at once, on these paths."""
    add(
        api.post, creation_path, positions.create_many, f"createMultiplePositions{version}",
        body(models.MultiplePaymentPositionModel),
        {
            200: answer(
                models.PositionsDryRun, "The positions that would be created, with dryRun."
            ),
            201: {"description": "All positions were created."},
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    add(
        api.put, change_path, positions.update_many, f"updateMultiplePositions{version}",
        body(models.MultiplePaymentPositionModel),
        {
            200: {"description": "All positions were updated; with dryRun, a PositionsDryRun."},
            **refusals(404, 409, 415),
        },
    )  # fmt: skip
    add(
        api.delete, change_path, positions.delete_many, f"deleteMultipleDebtPositions{version}",
        body(PositionsToDelete),
        {
            200: answer(
                str | models.DeletionDryRun,
                "All positions were deleted, or those that would be, with dryRun.",
            ),
            **refusals(404, 409, 415),
        },
    )  # fmt: skip


def _declare_notices(api: APIBlueprint, positions: Positions) -> None:
    """Declares the operations on notices and accounts."""
    add(
        api.patch, f"{ALL}/transfers", positions.change_account,
        "updateTransferIbanMassive", body(NewAccount),
        {
            200: answer(models.UpdateTransferIbanMassiveResponse, "The changed transfers."),
            **refusals(415),
        },
    )  # fmt: skip
    options = f"{ORGANIZATION}/paymentoptions"
    for prefix, version in (("", ""), ("/v2", "V2")):
        add(
            api.post, f"{prefix}{options}/paids/<nav>", positions.paid_elsewhere,
            f"setPaymentOptionAsAlreadyPaid{version}",
            body(PaidElsewhere, required=False),
            {
                200: answer(models.PaymentsModelResponse, "The paid notice."),
                **refusals(404, 409, 412, 415),
            },
        )  # fmt: skip
    add(
        api.put, f"{options}/<nav>/notificationfee", positions.set_notification_fee,
        "updateNotificationFee", body(NotificationFee),
        {
            FEE_SET: answer(
                models.PaymentOptionWithFeeModelResponse,
                "The notice with its fee; a payment of the amount before may be under way.",
            ),
            **refusals(404, 412, 415, 422),
        },
    )  # fmt: skip
    add(
        api.post, f"{options}/<iuv>/transfers/<transferid>/report", positions.report,
        "reportTransfer", None,
        {
            200: answer(models.TransferModelResponse, "The reported transfer."),
            **refusals(404, 409, 412),
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
            200: answer(
                models.PaymentOptionWithDebtorInfoModelResponse,
                "The notice; its ETag is that of its position.",
                etag=True,
            ),
            **refusals(404),
        },
    )  # fmt: skip
