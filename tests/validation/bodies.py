"""Invented positions in GPD's JSON, and functions that change one field of them."""

import copy
from typing import Any

from gpd_soap.core.notice import issue

ORGANIZATION, OTHER = "77777777777", "15376371009"
BANK, POSTAL = "IT60X0542811101000000123456", "IT46X0760103200000000123456"
HASH = "YXNwZXR0YXR2aSBkaSBsZWdnZXJlIHVuIGhhc2g="
STAMP = {"hashDocument": HASH, "stampType": "01", "provincialResidence": "RM"}

Body = dict[str, Any]


def nav(serial: int) -> str:
    """Return the notice number with this serial."""
    return issue("47", serial).nav


def iuv(serial: int) -> str:
    """Return the IUV of the notice number with this serial."""
    return issue("47", serial).iuv


def transfer(number: int = 1, amount: int = 1000, **more: object) -> Body:
    """Return a transfer to our bank account; `more` changes fields, and None omits one."""
    fields = {
        "idTransfer": str(number),
        "amount": amount,
        "remittanceInformation": f"Versamento {number}",
        "category": "0101002IM",
        "iban": BANK,
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def option(serial: int = 1, *transfers: Body, **more: object) -> Body:
    """Return an option that is due at the end of April."""
    parts = list(transfers) or [transfer()]
    fields = {
        "iuv": iuv(serial),
        "amount": sum(one["amount"] for one in parts),
        "description": f"Tributo {serial}",
        "isPartialPayment": False,
        "dueDate": "2026-04-30",
        "transfer": parts,
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def body(*options: Body, **more: object) -> Body:
    """Return a position of an invented person."""
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
    """Return a copy with another value at a path such as paymentOption.0.transfer.0.iban."""
    copied = copy.deepcopy(fields)
    *steps, last = field_path.split(".")
    holder: Any = copied
    for step in steps:
        holder = holder[int(step) if step.isdigit() else step]
    holder[int(last) if last.isdigit() else last] = value
    return copied


def without(fields: Body, field_path: str) -> Body:
    """Return a copy without the field at a path."""
    copied = copy.deepcopy(fields)
    *steps, last = field_path.split(".")
    holder: Any = copied
    for step in steps:
        holder = holder[int(step) if step.isdigit() else step]
    del holder[last]
    return copied
