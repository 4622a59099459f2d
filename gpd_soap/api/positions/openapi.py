"""What the OpenAPI says of positions: bodies under GPD's names."""

from __future__ import annotations

import json

from gpd_soap.api.openapi import (
    COUNT,
    FLAG,
    REF,
    TEXT,
    Schema,
    many,
    moments,
    objects,
    page_of,
    ref,
    texts,
)
from gpd_soap.api.positions import parameters
from gpd_soap.core.state import OptionState, PositionState
from gpd_soap.validation import position_v1 as models

#: Our models under the names that GPD's OpenAPI gives them.
GPD_NAMES = {
    "Position": "PaymentPositionModel",
    "Option": "PaymentOptionModel",
    "Transfer": "TransferModel",
    "Entry": "MetadataModel",
    "Stamp": "Stamp",
    "NewAccount": "UpdateTransferIbanMassiveModel",
    "PaidElsewhere": "AlreadyPaidPaymentOptionModel",
    "PositionsToDelete": "MultipleIUPDModel",
}


def schemas() -> dict[str, Schema]:
    """Every body, by name."""
    return {**_incoming(), **_outgoing()}


def _incoming() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    told = (
        models.Position,
        parameters.NewAccount,
        parameters.PaidElsewhere,
        parameters.PositionsToDelete,
    )
    for model in told:
        schema = model.model_json_schema(ref_template=REF + "{model}")
        text = json.dumps(schema)
        for ours, theirs in GPD_NAMES.items():
            text = text.replace(f'"{REF}{ours}"', f'"{REF}{theirs}"')
        schema = json.loads(text)
        inner = schema.pop("$defs", {})
        found |= {GPD_NAMES[name]: one for name, one in inner.items()}
        found[GPD_NAMES[model.__name__]] = schema
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
    transfer = objects(
        {
            **texts("idTransfer organizationFiscalCode companyName remittanceInformation"),
            **texts("category iban postalIban"),
            **moments("insertedDate lastUpdatedDate"),
            "amount": COUNT,
            "stamp": ref("Stamp"),
            "status": {"type": "string", "enum": ["T_UNREPORTED", "T_REPORTED"]},
            "transferMetadata": many("MetadataModel"),
        }
    )
    option = objects(
        {
            **texts(
                "nav iuv organizationFiscalCode description paymentMethod pspCompany idReceipt"
            ),
            **moments("dueDate retentionDate paymentDate reportingDate insertedDate"),
            **moments("lastUpdatedDate"),
            **dict.fromkeys(("amount", "fee", "notificationFee"), COUNT),
            "isPartialPayment": FLAG,
            "status": {"type": "string", "enum": [str(state) for state in OptionState]},
            "paymentOptionMetadata": many("MetadataModel"),
            "transfer": many("TransferModelResponse"),
        }
    )
    position = objects(
        {
            **texts("iupd organizationFiscalCode companyName officeName"),
            **moments("insertedDate publishDate validityDate paymentDate lastUpdatedDate"),
            "type": {"type": "string", "enum": ["F", "G"]},
            "status": STATUS,
            "paymentOption": many("PaymentOptionModelResponse"),
        }
    )
    debtor = texts(
        """pspCode pspTaxCode iupd serviceType type fiscalCode fullName streetName civicNumber
           postalCode city province region country email phone companyName officeName"""
    )
    extended = {**option["properties"], **debtor, "debtPositionStatus": STATUS}
    return {
        "TransferModelResponse": transfer,
        "PaymentOptionModelResponse": option,
        "PaymentPositionModelBaseResponse": position,
        "PaymentsModelResponse": objects({**option["properties"], "serviceType": TEXT}),
        "PaymentOptionWithDebtorInfoModelResponse": objects(extended),
        "PaymentPositionsInfo": page_of(
            "payment_position_list", "PaymentPositionModelBaseResponse"
        ),
        "UpdateTransferIbanMassiveResponse": objects(
            {"description": TEXT, "updatedTransfers": COUNT}
        ),
        "DryRun": objects({"warnings": many("FieldError")}, closed=False),
    }


STATUS: Schema = {"type": "string", "enum": [str(state) for state in PositionState]}
