"""The types of the events, with what the data of each contain: one table for every document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gpd_soap.core.case_id import CaseCause, CaseOutcome
from gpd_soap.core.event import EventType

Schema = dict[str, Any]


class TypeOfEvent(NamedTuple):
    """When events of a type are written, and the fields of their data, in FIELDS or in `own`."""

    when: str
    always: tuple[str, ...]
    sometimes: tuple[str, ...] = ()
    own: Mapping[str, Schema] = {}


def _text(description: str, **more: object) -> Schema:
    return {"type": "string", "description": description, **more}


def _number(description: str, **more: object) -> Schema:
    return {"type": "integer", "description": description, **more}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _list(description: str, items: Schema) -> Schema:
    return {"type": "array", "description": description, "items": items}


def _object(description: str, properties: Schema, *required: str) -> Schema:
    needed: Schema = {"required": list(required)} if required else {}
    return {"type": "object", "description": description, "properties": properties, **needed}


def _instant(description: str) -> Schema:
    return _text(description, format="date-time")


_CODE = "^[0-9]{11}$"
_NAV = "^[0-9]{18}$"
_CENTS = {"minimum": 0}
_IBAN = {"iban": _text("Account at a bank."), "postalIban": _text("Account at the post office.")}
_ACCOUNT = _object(
    "A transfer.",
    {"number": _number("Its number, 1 to 5."), "amount": _number("Cents.", **_CENTS), **_IBAN},
    "number",
    "amount",
)
_PAID = _object(
    "A transfer as it was paid.",
    {
        "number": _number("Its number, 1 to 5."),
        "organization": _text("Fiscal code of the beneficiary.", pattern=_CODE),
        "amount": _number("Cents.", **_CENTS),
    },
    "number",
    "organization",
    "amount",
)
_OPTION = _object(
    "A notice; of a change, what differs.",
    {
        "nav": _text("Notice number.", pattern=_NAV),
        "iuv": _text("Payment reference inside the number."),
        "amount": _number("What is due, in cents.", **_CENTS),
        "dueDate": _instant("Due instant."),
        "state": _text("State of the notice."),
        "accounts": _list("The transfers.", _ACCOUNT),
        "plan": _text("Id of the plan of an installment."),
        "validFrom": _instant("First instant at which it can be paid."),
        "notificationFee": _number("Cents of the amount for the notification.", **_CENTS),
        "paymentDate": _instant("Instant of the payment."),
        "receiptId": _text("Id of the receipt that paid it."),
    },
    "nav",
)
_SIDE = {
    "state": _text("State of the position, or of the notice of a receipt."),
    "amount": _number("What was due on the notice of a receipt, in cents.", **_CENTS),
    "options": _list("The notices, 20 at most.", _OPTION),
}

#: The fields of the data, by name.  Money is in cents, instants are in UTC.
FIELDS: Mapping[str, Schema] = {
    "organization": _text("Fiscal code of the organization.", pattern=_CODE),
    "iupd": _text("Id of the position."),
    "nav": _text("Notice number.", pattern=_NAV),
    "iuv": _text("Payment reference inside the notice number."),
    "revision": _number("Revision of the notice after the change; it only grows.", minimum=0),
    "optionCount": _number("Number of the position's notices.", minimum=0),
    "before": _object("What was before.", _SIDE),
    "after": _object("What is since then.", _SIDE),
    "changed": _list("Names of the fields that changed.", {"type": "string"}),
    "origin": _text("How the position came.", enum=["api", "load", "demand"]),
    "reason": _text("Why, in words of the program, or of the person who did it."),
    "receiptId": _text("Id of the receipt."),
    "amount": _number("Amount in cents.", **_CENTS),
    "expectedAmount": _number("What was due on the notice, in cents.", **_CENTS),
    "fee": _or_null(_number("Fee that the payer paid to the PSP, in cents.", **_CENTS)),
    "notificationFee": _number("Cents of the amount due for the notification.", **_CENTS),
    "paymentDate": _or_null(_instant("Instant of the payment.")),
    "method": _or_null(_text("Method of payment, in the Node's word.")),
    "psp": _object(
        "The PSP that took the money.",
        {
            "id": _text("Its id."),
            "name": _text("Its name."),
            "fiscalCode": _or_null(_text("Its fiscal code.")),
        },
        "id",
        "name",
    ),
    "standIn": _flag("Whether the Node answered for us (Stand In)."),
    "pays": _flag("Whether the receipt pays its notice."),
    "transfers": _list("The transfers as they were paid.", _PAID),
    "positionState": _text("State of the position after the payment, if it is known."),
    "firstReceiptId": _text("Id of the receipt that paid before."),
    "case": _text("Id of the case on the worklist."),
    "cause": _text("Why a case is opened.", enum=[each.value for each in CaseCause]),
    "positions": _number("Positions whose debtor was forgotten.", minimum=0),
    "receipts": _number("Receipts whose person was forgotten.", minimum=0),
    "load": _text("Id of the load; it is the subject too."),
    "loaded": _number("Positions of the organization that were stored.", minimum=0),
    "alreadyStored": _number("Positions that were stored before, with this content.", minimum=0),
    "refused": _number("Positions that break a rule.", minimum=0),
    "primitive": _text("Name of the Node's message."),
    "by": _text("Id of the key, the operator or the user who did it."),
    "links": _object("Paths of the API.", {"receipt": _text("Of the receipt.")}),
    "receipt": _text("The receipt as it came, in base64.", contentEncoding="base64"),
    "number": _number("Number of the transfer, or of the row of a flow."),
    "outcome": _text("Outcome code of the row."),
    "iuf": _text("Id of the flow."),
    "flowDate": _text("Date of the flow."),
    "trn": _text("Reference of the credit that pays the flow."),
    "rows": _number("Number of the flow's rows.", minimum=0),
    "total": _number("Total of the flow, in cents.", **_CENTS),
    "dueDate": _instant("Due instant of the notice."),
    "purpose": _text("The question for which the amount was needed."),
    "storedAmount": _number("The amount that was stored, in cents.", **_CENTS),
    "document": _text("Id of the document."),
    "digest": _text("SHA-256 of the document."),
    "navs": _list("Numbers of the notices.", {"type": "string", "pattern": _NAV}),
    "size": _number("Bytes of the document.", minimum=0),
    "first": _flag("Whether this was the first time."),
    "subscription": _text("Id of the subscription."),
}

_POSITION = ("organization", "iupd", "revision", "optionCount")
_CHANGE = (*_POSITION, "before", "after", "changed")
_WHOLE = ("navs", "reason")
_RECEIPT = (
    "organization", "receiptId", "nav", "iuv", "amount", "fee", "paymentDate", "method", "psp",
    "standIn", "pays", "links",
)  # fmt: skip
_NOTICE = ("iupd", "revision", "before", "after")
_MAYBE = ("transfers", "notificationFee", "reason", "receipt")
_KNOWN_NOTICE = (*_NOTICE, *_MAYBE)
_FLOW = ("iuf", "flowDate", "rows", "total", "trn")

#: Every type.  A type whose fields are all optional belongs to a capability that may be absent.
TYPES: Mapping[EventType, TypeOfEvent] = {
    EventType.RECEIPT_APPLIED: TypeOfEvent(
        "A receipt pays its notice.", (*_RECEIPT, *_NOTICE), (*_MAYBE, "positionState")
    ),
    EventType.RECEIPT_DOUBLE: TypeOfEvent(
        "A receipt pays a notice that was paid, or whose alternative was.",
        (*_RECEIPT, *_NOTICE, "case", "reason"),
        (*_MAYBE, "firstReceiptId"),
    ),
    EventType.RECEIPT_REVIEW: TypeOfEvent(
        "A receipt is stored, and a person must look at it.",
        (*_RECEIPT, "case", "reason"),
        (*_KNOWN_NOTICE, "expectedAmount", "positionState"),
    ),
    EventType.RECEIPT_UNMATCHED: TypeOfEvent(
        "A receipt is stored whose notice is not here.", (*_RECEIPT, "case", "reason"), _MAYBE
    ),
    EventType.RECEIPT_SECONDARY: TypeOfEvent(
        "A receipt is stored of a notice of another organization, of which a part was paid to us.",
        _RECEIPT,
        _KNOWN_NOTICE,
    ),
    EventType.RECEIPT_CONFLICTING: TypeOfEvent(
        "A receipt has the id of a stored one, and other content.",
        (*_RECEIPT, "case", "reason"),
        _KNOWN_NOTICE,
    ),
    EventType.RECEIPT_NOT_PAID: TypeOfEvent(
        "A receipt says that nothing was paid.", (*_RECEIPT, "reason"), _KNOWN_NOTICE
    ),
    EventType.RECEIPT_QUARANTINED: TypeOfEvent(
        "A message that was sent as a receipt is not valid.",
        ("organization", "case", "primitive", "reason"),
    ),
    EventType.CASE_OPENED: TypeOfEvent(
        "A person opens a case on the receipt of a paid notice.",
        ("organization", "case", "cause", "by"),
        ("nav",),
    ),
    EventType.CASE_RESOLVED: TypeOfEvent(
        "A case of the worklist is closed.",
        ("organization", "case", "by"),
        ("nav", "reason", "outcome"),
        {"outcome": _text("What was decided.", enum=[each.value for each in CaseOutcome])},
    ),
    EventType.POSITION_CREATED: TypeOfEvent(
        "A position is created.", (*_POSITION, "origin", "after")
    ),
    EventType.POSITION_UPDATED: TypeOfEvent("A position is changed.", _CHANGE, _WHOLE),
    EventType.POSITION_PUBLISHED: TypeOfEvent("A draft becomes payable.", _CHANGE, _WHOLE),
    EventType.POSITION_WITHDRAWN: TypeOfEvent("A position is withdrawn.", _CHANGE, _WHOLE),
    EventType.POSITION_RESTORED: TypeOfEvent(
        "A withdrawal or an expiry is taken back.", (*_CHANGE, "reason"), _WHOLE
    ),
    EventType.POSITION_FORGOTTEN: TypeOfEvent(
        "The debtor of a closed position is forgotten.", ("organization", "iupd", "revision")
    ),
    EventType.RECEIPT_FORGOTTEN: TypeOfEvent(
        "The person and the message of an old receipt are forgotten.",
        ("organization", "receiptId", "nav"),
        ("iupd",),
    ),
    EventType.RETENTION_FINISHED: TypeOfEvent(
        "What was kept for its term is removed or forgotten.",
        ("organization",),
        ("positions", "receipts"),
    ),
    EventType.POSITION_DELETED: TypeOfEvent("A position is deleted.", (*_POSITION, "before")),
    EventType.NOTICE_EXPIRED: TypeOfEvent(
        "The due instant of a notice passes unpaid.",
        ("organization", "nav"),
        (*_NOTICE, "iuv", "dueDate", "amount"),
    ),
    EventType.NOTICE_SETTLED: TypeOfEvent(
        "A notice is marked as paid outside pagoPA.",
        (*_CHANGE, "nav", "iuv", "paymentDate"),
        ("reason",),
    ),
    EventType.NOTICE_PRINTED: TypeOfEvent(
        "A document of notices is released.",
        ("organization",),
        ("document", "digest", "navs", "size", "first", "nav", "revision", "iupd"),
    ),
    EventType.NOTICE_FEE_CHANGED: TypeOfEvent(
        "The fee for the notification of a notice changes.", (*_CHANGE, "nav", "iuv")
    ),
    EventType.TRANSFER_REPORTED: TypeOfEvent(
        "A transfer is reported, by a flow if `iuf` is there.",
        ("organization", "number", "amount"),
        (*_CHANGE[1:], "nav", "iuv", "receiptId", "outcome", "paymentDate", *_FLOW),
    ),
    EventType.FLOW_REPORTED: TypeOfEvent("A flow is complete.", ("organization",), _FLOW),
    EventType.FLOW_IMPORTED: TypeOfEvent("A flow is imported.", ("organization",), _FLOW),
    EventType.FLOW_BALANCED: TypeOfEvent("A flow has its credits.", ("organization",), _FLOW),
    EventType.CREDIT_IMPORTED: TypeOfEvent(
        "A credit of the bank is imported.", ("organization",), ("amount", "trn")
    ),
    EventType.LOAD_FINISHED: TypeOfEvent(
        "A file of positions is loaded.",
        ("organization", "load", "loaded", "alreadyStored", "refused"),
    ),
    EventType.AMOUNT_FALLBACK: TypeOfEvent(
        "A back office gave no live amount, and the stored one was used or refused.",
        ("organization",),
        ("nav", "iuv", "iupd", "revision", "purpose", "reason", "storedAmount"),
    ),
    EventType.SUBSCRIPTION_TEST: TypeOfEvent(
        "A test is requested; it is sent to one subscription.", ("organization", "subscription")
    ),
}


def data_schema(kind: EventType) -> Schema:
    """Returns the JSON Schema of the data of a type.

    It permits other fields, because a later version may write more.
    """
    of = TYPES[kind]
    fields = {**FIELDS, **of.own}
    return {
        "type": "object",
        "description": of.when,
        "properties": {name: fields[name] for name in dict.fromkeys((*of.always, *of.sometimes))},
        "required": list(of.always),
    }
