"""Corrects a notice: its amounts, its due date, its text or its debtor, and nothing else.

A correction is an update with the stored values of everything that it does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from gpd_soap.core.debt import Transfer
from gpd_soap.core.payment import fee_transfer
from gpd_soap.core.position import NewOption
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases.positions.create import WriteOptions, WriteResult
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.unchanged import expires, valid_from
from gpd_soap.usecases.positions.update import update

#: A debtor's fields as GPD names them, with those of the stored debtor.
DEBTOR = {
    "type": "kind",
    "fiscalCode": "code",
    "fullName": "full_name",
    "streetName": "street_name",
    "civicNumber": "civic_number",
    "postalCode": "postal_code",
    "city": "city",
    "province": "province",
    "country": "country",
    "email": "email",
}

Body = dict[str, Any]


class Correction(NamedTuple):
    """What changes in a notice; None leaves a value as it is.

    `amounts` has cents by transfer number, as they are due: the notification fee is among them.
    `due_date` is a date or a time as GPD takes it.  `debtor` has fields by GPD's names, which are
    of the whole position; an empty text removes a value.
    """

    nav: str
    amounts: Mapping[int, int] | None = None
    due_date: str | None = None
    description: str | None = None
    debtor: Mapping[str, str | None] | None = None


def correct(
    store: Store,
    position: PositionRef,
    stored: Stored,
    correction: Correction,
    now: datetime,
    options: WriteOptions,
) -> WriteResult:
    """Corrects a notice of a position that the caller has read as `stored`.

    Raises the refusals of an update.  `position` says which ETag the caller accepts.
    """
    return update(store, position, corrected(stored, correction), now, options)


def corrected(stored: Stored, correction: Correction) -> Body:
    """Returns the answer to a read of a position, with what a correction changes."""
    body = read_form(stored) | dict(correction.debtor or {})
    for option in body["paymentOption"]:
        if option["nav"] == correction.nav:
            _correct(option, correction)
    return {name: value for name, value in body.items() if value is not None}


def read_form(stored: Stored) -> Body:
    """Returns a position as an answer to a read shows it, complete, with exact instants."""
    position = stored.position
    pairs = zip(position.options, stored.progress, strict=True)
    fees = [(option, progress.notification_fee) for option, progress in pairs]
    return {
        "iupd": position.iupd,
        "insertedDate": _text(stored.created_at),
        **{name: getattr(position.debtor, field) for name, field in DEBTOR.items()},
        "region": position.region,
        "phone": position.phone,
        "companyName": position.company_name,
        "officeName": position.office_name,
        "payStandIn": position.pay_stand_in,
        "switchToExpired": expires(position),
        "validityDate": _text(valid_from(stored)),
        "paymentOption": [_option(option, fee, position.organization) for option, fee in fees],
    }


def _correct(option: Body, correction: Correction) -> None:
    """Changes an option of a body as a correction says."""
    for transfer in option["transfer"]:
        cents = (correction.amounts or {}).get(int(transfer["idTransfer"]))
        if cents is not None:
            transfer["amount"] = cents
    if correction.amounts is not None:
        option["amount"] = sum(each["amount"] for each in option["transfer"])
    option["dueDate"] = correction.due_date or option["dueDate"]
    option["description"] = correction.description or option["description"]


def _option(option: NewOption, fee: int, organization: str) -> Body:
    carrier = fee_transfer(organization, option.transfers)
    transfers = [
        _transfer(each, fee if index == carrier else 0)
        for index, each in enumerate(option.transfers)
    ]
    fields = {
        "nav": option.nav,
        "iuv": option.iuv,
        "amount": option.amount + fee,
        "notificationFee": fee,
        "description": option.description,
        "isPartialPayment": option.plan is not None,
        "paymentPlanId": option.plan,
        "dueDate": _text(option.due_at),
        "retentionDate": _text(option.retention_at),
        "transfer": transfers,
        "paymentOptionMetadata": _entries(option.metadata),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _transfer(transfer: Transfer, fee: int) -> Body:
    stamp = transfer.stamp
    fields = {
        "idTransfer": str(transfer.number),
        "amount": transfer.amount + fee,
        "organizationFiscalCode": transfer.organization,
        "companyName": transfer.company_name,
        "remittanceInformation": transfer.remittance_information,
        "category": transfer.category,
        "iban": transfer.iban,
        "postalIban": transfer.postal_iban,
        "stamp": stamp
        and {
            "hashDocument": stamp.document_hash,
            "stampType": stamp.kind,
            "provincialResidence": stamp.province,
        },
        "transferMetadata": _entries(transfer.metadata),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _entries(metadata: tuple[tuple[str, str], ...]) -> list[Body]:
    return [{"key": key, "value": value} for key, value in metadata]


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
