"""Invented positions as GPD's JSON, and a way to change one place of them."""

import copy
from typing import Any

from gpd_soap.core.notice import issue

ORGANIZATION, OTHER = "77777777777", "15376371009"
BANK, POSTAL = "IT60X0542811101000000123456", "IT46X0760103200000000123456"
HASH = "YXNwZXR0YXR2aSBkaSBsZWdnZXJlIHVuIGhhc2g="
STAMP = {"hashDocument": HASH, "stampType": "01", "provincialResidence": "RM"}

Body = dict[str, Any]


def nav(serial: int) -> str:
    """The notice number that a test calls by this serial."""
    return issue("47", serial).nav


def iuv(serial: int) -> str:
    """The IUV inside that number."""
    return issue("47", serial).iuv


def share(number: int = 1, amount: int = 1000, **more: object) -> Body:
    """One transfer to our bank account, unless said otherwise; None leaves a field out."""
    fields = {
        "idTransfer": str(number),
        "amount": amount,
        "remittanceInformation": f"Versamento {number}",
        "category": "0101002IM",
        "iban": BANK,
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def option(serial: int = 1, *shares: Body, **more: object) -> Body:
    """One notice, due at the end of April."""
    transfers = list(shares) or [share()]
    fields = {
        "iuv": iuv(serial),
        "amount": sum(one["amount"] for one in transfers),
        "description": f"Tributo {serial}",
        "isPartialPayment": False,
        "dueDate": "2026-04-30",
        "transfer": transfers,
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def body(*options: Body, **more: object) -> Body:
    """One position of an invented person."""
    fields = {
        "iupd": "POSIZIONE-1",
        "type": "F",
        "fiscalCode": "RSSMRA00A01A000K",
        "fullName": "Maria Esempio",
        "companyName": "Comune di Esempio",
        "switchToExpired": True,
        "paymentOption": list(options) or [option()],
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def changed(fields: Body, field_path: str, value: object) -> Body:
    """A copy with another value at a place such as paymentOption.0.transfer.0.iban."""
    copied = copy.deepcopy(fields)
    *steps, last = field_path.split(".")
    holder: Any = copied
    for step in steps:
        holder = holder[int(step) if step.isdigit() else step]
    holder[int(last) if last.isdigit() else last] = value
    return copied


def without(fields: Body, field_path: str) -> Body:
    """A copy without what is at a place."""
    copied = copy.deepcopy(fields)
    *steps, last = field_path.split(".")
    holder: Any = copied
    for step in steps:
        holder = holder[int(step) if step.isdigit() else step]
    del holder[last]
    return copied
