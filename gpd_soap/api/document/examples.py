"""Examples of request bodies and parameters in the OpenAPI document; each can be sent as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpd_soap.api.document import load_texts, print_service_texts, search_texts
from gpd_soap.api.document.example_answers import ANSWERS
from gpd_soap.api.document.example_values import (
    BROKER,
    IBAN,
    IUPD,
    IUV,
    NAV,
    ORGANIZATION,
    OTHER_IBAN,
    POSITION,
    SETTINGS,
    STATION,
)

#: By name of the schema: the bodies of requests, and the body of a refusal.
BODIES: dict[str, Any] = {
    "PaymentPositionModel": POSITION,
    "MultiplePaymentPositionModel": {"paymentPositions": [POSITION]},
    "MultipleIUPDModel": {"paymentPositionIUPDs": [IUPD]},
    "UpdateTransferIbanMassiveModel": {"newIban": OTHER_IBAN},
    "NotificationFeeUpdateModel": {"notificationFee": 250},
    "AlreadyPaidPaymentOptionModel": {"paymentDate": "2026-03-16T10:00:00"},
    "Restoration": {"reason": "Ritirata per errore", "dueDate": "2030-12-31"},
    "CaseNote": {"note": "Rimborsato con mandato 123 del 16 marzo"},
    "CaseMatch": {"nav": NAV},
    "CaseBeginning": {"cause": "paid-by-mistake", "note": "Ha pagato per il fratello"},
    "OrganizationName": {"name": "Comune di Esempio"},
    "StationOwner": {"broker": BROKER},
    "Serving": {"segregationCode": "47", "broadcast": False},
    "Printing": {"cbill": "A0EDT", "site": True, "language": "it-de"},
    "Offer": {"kind": "declared", "settings": SETTINGS},
    "NewKey": {
        "name": "back office",
        "role": "writer",
        "organizations": [ORGANIZATION],
        "expiresAt": "2999-12-31",
    },
    "NewBatch": {"navs": [NAV]},
    "NewSubscription": {
        "url": "https://ente.example.it/eventi",
        "types": ["receipt."],
        "format": "cloudevents",
        "lanes": 1,
        "withReceipt": False,
    },
    "Replay": {"from": 1, "to": 20},
    **load_texts.BODIES,
    **print_service_texts.BODIES,
    "ProblemJson": {
        "title": "Error in the debt position request data",
        "status": 400,
        "detail": "The content of the request breaks a rule: see errors.",
        "errors": [
            {
                "field": "paymentOption[0].transfer[0].iban",
                "rule": "iban-checksum",
                "expected": "an IBAN whose check digits are right",
            }
        ],
    },
}

#: By name of the parameter of a path or a query.
PARAMETERS = {
    "organizationfiscalcode": ORGANIZATION,
    "iupd": IUPD,
    "nav": NAV,
    "iuv": IUV,
    "transferid": "1",
    "oldIban": IBAN,
    "broker": BROKER,
    "station": STATION,
    "sequence": 12,
    "idServizio": "00001",
    "idSoggettoServizio": "00009",
    **print_service_texts.PARAMETERS,
}


def show(spec: Mapping[str, Any]) -> None:
    """Writes the examples into the document."""
    answers = {**ANSWERS, **search_texts.ANSWERS, **load_texts.ANSWERS}
    answers |= print_service_texts.ANSWERS
    for name, example in {**BODIES, **answers}.items():
        spec["components"]["schemas"][name]["example"] = example
    for path in spec["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter.get("name") in PARAMETERS:
                    parameter["example"] = PARAMETERS[parameter["name"]]
