"""What a reader of the OpenAPI is shown, and may send as it stands: an example of every body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

IBAN, OTHER_IBAN = "IT60X0542811101000000123456", "IT13L0306909606100000012345"
IUPD, NAV, IUV = "TARI-2027-000001", "347000000000000124", "47000000000000124"
ORGANIZATION, BROKER, STATION = "77777777777", "15376371009", "15376371009_01"

TRANSFER = {
    "idTransfer": "1",
    "amount": 10000,
    "remittanceInformation": "TARI 2027",
    "category": "0101002IM",
    "iban": IBAN,
}
OPTION = {
    "amount": 10000,
    "description": "TARI 2027",
    "isPartialPayment": False,
    "dueDate": "2030-12-31",
    "transfer": [TRANSFER],
}
POSITION = {
    "iupd": IUPD,
    "type": "F",
    "fiscalCode": "ANONIMO",
    "fullName": "Maria Esempio",
    "companyName": "Comune di Esempio",
    "switchToExpired": True,
    "paymentOption": [OPTION],
}
SETTINGS = {
    "amount": 500,
    "description": "Diritti di segreteria",
    "category": "0101002IM",
    "iban": IBAN,
    "segregationCode": "47",
}

#: By the names of the schemas: of all that is sent, and of the no that may be answered.
BODIES: dict[str, Any] = {
    "PaymentPositionModel": POSITION,
    "MultiplePaymentPositionModel": {"paymentPositions": [POSITION]},
    "MultipleIUPDModel": {"paymentPositionIUPDs": [IUPD]},
    "UpdateTransferIbanMassiveModel": {"newIban": OTHER_IBAN},
    "AlreadyPaidPaymentOptionModel": {"paymentDate": "2026-03-16T10:00:00"},
    "CaseNote": {"note": "Rimborsato con mandato 123 del 16 marzo"},
    "CaseMatch": {"nav": NAV},
    "OrganizationName": {"name": "Comune di Esempio"},
    "StationOwner": {"broker": BROKER},
    "Serving": {"segregationCode": "47", "broadcast": False},
    "Offer": {"kind": "declared", "settings": SETTINGS},
    "NewKey": {"name": "back office", "role": "writer", "organizations": [ORGANIZATION]},
    "ProblemJson": {
        "title": "Error in the debt position request data",
        "status": 400,
        "detail": "What the request says breaks a rule: see errors.",
        "errors": [
            {
                "field": "paymentOption[0].transfer[0].iban",
                "rule": "iban-checksum",
                "expected": "an IBAN whose check digits are right",
            }
        ],
    },
}

#: By the names of what stands in paths and queries.
PARAMETERS = {
    "organizationfiscalcode": ORGANIZATION,
    "iupd": IUPD,
    "nav": NAV,
    "iuv": IUV,
    "transferid": "1",
    "oldIban": IBAN,
    "broker": BROKER,
    "station": STATION,
    "idServizio": "00001",
    "idSoggettoServizio": "00009",
}


def show(spec: Mapping[str, Any]) -> None:
    """Write the examples into a description."""
    for name, example in BODIES.items():
        spec["components"]["schemas"][name]["example"] = example
    for path in spec["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter.get("name") in PARAMETERS:
                    parameter["example"] = PARAMETERS[parameter["name"]]
