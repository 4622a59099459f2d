"""What the OpenAPI says beside paths and queries: bodies under GPD's names, and problems.

Bodies are checked by `gpd_soap.intake` and not by the framework, so they are described here.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from gpd_soap.admin import parameters
from gpd_soap.core.state import OptionState, PositionState
from gpd_soap.intake import models

REF = "#/components/schemas/"
#: Our models under the names that GPD's OpenAPI gives them.
GPD_NAMES = {
    "Position": "PaymentPositionModel",
    "Option": "PaymentOptionModel",
    "Transfer": "TransferModel",
    "Entry": "MetadataModel",
    "Stamp": "Stamp",
    "NewAccount": "UpdateTransferIbanMassiveModel",
    "PaidElsewhere": "AlreadyPaidPaymentOptionModel",
}
PROBLEM = {"application/problem+json": {"schema": {"$ref": f"{REF}ProblemJson"}}}

Schema = dict[str, Any]
#: As the framework wants them: by status, which is a number.
Responses = dict[str | int | HTTPStatus, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "description": "Rome's clock, without a zone"}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": REF + name}


def many(name: str) -> Schema:
    """A list of a schema."""
    return {"type": "array", "items": ref(name)}


def body(name: str, *, required: bool = True) -> Schema:
    """A request body of a schema."""
    return {"content": {"application/json": {"schema": ref(name)}}, "required": required}


def answer(schema: Schema, description: str) -> Schema:
    """An answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def refusals(*statuses: int) -> Responses:
    """Answers that are problems."""
    return {status: {"content": PROBLEM} for status in statuses}


def schemas() -> dict[str, Schema]:
    """Every body, by name."""
    return {**_incoming(), **_outgoing()}


def _incoming() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for model in (models.Position, parameters.NewAccount, parameters.PaidElsewhere):
        schema = model.model_json_schema(ref_template=REF + "{model}")
        text = json.dumps(schema)
        for ours, theirs in GPD_NAMES.items():
            text = text.replace(f'"{REF}{ours}"', f'"{REF}{theirs}"')
        schema = json.loads(text)
        inner = schema.pop("$defs", {})
        found |= {GPD_NAMES[name]: one for name, one in inner.items()}
        found[GPD_NAMES[model.__name__]] = schema
    found["PaymentPositionModel"]["example"] = EXAMPLE
    found["MultiplePaymentPositionModel"] = {
        "type": "object",
        "required": ["paymentPositions"],
        "additionalProperties": False,
        "properties": {
            "paymentPositions": {
                **many("PaymentPositionModel"),
                "minItems": 1,
                "maxItems": 100,
            }
        },
    }
    return found


def _outgoing() -> dict[str, Schema]:
    transfer = _object(
        {
            **_texts("idTransfer organizationFiscalCode companyName remittanceInformation"),
            **_texts("category iban postalIban"),
            **_moments("insertedDate lastUpdatedDate"),
            "amount": COUNT,
            "stamp": ref("Stamp"),
            "status": {"type": "string", "enum": ["T_UNREPORTED", "T_REPORTED"]},
            "transferMetadata": many("MetadataModel"),
        }
    )
    option = _object(
        {
            **_texts("nav iuv organizationFiscalCode description paymentMethod pspCode"),
            **_texts("pspTaxCode pspCompany idReceipt"),
            **_moments("dueDate retentionDate paymentDate reportingDate insertedDate"),
            **_moments("lastUpdatedDate"),
            **dict.fromkeys(("amount", "fee", "notificationFee"), COUNT),
            "isPartialPayment": FLAG,
            "status": {"type": "string", "enum": [str(state) for state in OptionState]},
            "paymentOptionMetadata": many("MetadataModel"),
            "transfer": many("TransferModelResponse"),
        }
    )
    position = _object(
        {
            **_texts("iupd organizationFiscalCode companyName officeName"),
            **_moments("insertedDate publishDate validityDate paymentDate lastUpdatedDate"),
            "type": {"type": "string", "enum": ["F", "G"]},
            "payStandIn": FLAG,
            "status": STATUS,
            "paymentOption": many("PaymentOptionModelResponse"),
        }
    )
    debtor = _texts(
        """iupd serviceType type fiscalCode fullName streetName civicNumber postalCode city province
           region country email phone companyName officeName"""
    )
    page = _object(dict.fromkeys(("page", "limit", "items_found", "total_pages"), COUNT))
    page["required"] = list(page["properties"])
    listed = _object(
        {
            "payment_position_list": many("PaymentPositionModelBaseResponse"),
            "page_info": ref("PageInfo"),
        }
    )
    listed["required"] = list(listed["properties"])
    extended = {**option["properties"], **debtor, "debtPositionStatus": STATUS}
    return {
        "TransferModelResponse": transfer,
        "PaymentOptionModelResponse": option,
        "PaymentPositionModelBaseResponse": position,
        "PaymentsModelResponse": _object({**option["properties"], "serviceType": TEXT}),
        "PaymentOptionWithDebtorInfoModelResponse": _object(extended),
        "PageInfo": page,
        "PaymentPositionsInfo": listed,
        "UpdateTransferIbanMassiveResponse": _object(
            {"description": TEXT, "updatedTransfers": COUNT}
        ),
        "DryRun": _object({"warnings": many("FieldError")}, closed=False),
        "FieldError": _object(_texts("field rule expected")),
        "ProblemJson": {
            **_object(
                {
                    **_texts("title detail"),
                    "status": {"type": "integer", "minimum": 100, "maximum": 600},
                    "errors": many("FieldError"),
                }
            ),
            "required": ["title", "status", "detail"],
        },
    }


STATUS: Schema = {"type": "string", "enum": [str(state) for state in PositionState]}

EXAMPLE = {
    "iupd": "TARI-2026-000001",
    "type": "F",
    "fiscalCode": "ANONIMO",
    "fullName": "Maria Esempio",
    "companyName": "Comune di Esempio",
    "switchToExpired": True,
    "paymentOption": [
        {
            "amount": 10000,
            "description": "TARI 2026",
            "isPartialPayment": False,
            "dueDate": "2030-12-31",
            "transfer": [
                {
                    "idTransfer": "1",
                    "amount": 10000,
                    "remittanceInformation": "TARI 2026",
                    "category": "0101002IM",
                    "iban": "IT60X0542811101000000123456",
                }
            ],
        }
    ],
}


def _object(properties: Schema, *, closed: bool = True) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        **({"additionalProperties": False} if closed else {}),
    }


def _texts(names: str) -> Schema:
    return dict.fromkeys(names.split(), TEXT)


def _moments(names: str) -> Schema:
    return dict.fromkeys(names.split(), MOMENT)
