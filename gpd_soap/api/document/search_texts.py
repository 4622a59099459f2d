"""The descriptions and examples of notices in a list, and of what a search finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpd_soap.api.document.example_values import IUPD, IUV, NAV, STATION

TEXTS: Mapping[str, str] = {
    "ListedNotice.amount": "What is due, in cents: the base amount and the notification fee.",
    "ListedNotice.state": "Whether the notice is payable, or else why not.",
    "ListedNotice.paymentDate": "Instant of the payment, in Rome's time, without a zone.",
    "ListedNotice.receiptId": "Id of the receipt that paid the notice.",
    "plan": "Id of the plan that the notice is an installment of.",
    "Notices.notices": "The notices of the page.",
    "total": "Notices of all pages, counted up to 1,000.",
    "totalIsExact": "Whether there are no more than `total`.",
    "Search.kind": "What the text was taken for; missing for a text that can be nothing.",
    "Search.value": "What was looked up: a number without blanks, a code in capitals.",
    "scannedOrganization": "Fiscal code of the organization that a scanned code names.",
    "Search.warnings": "What a person should check, such as wrong check digits.",
    "Search.notices": "The notices that the text finds.",
    "hasMore": "Whether there are more notices than these.",
    "Search.receipts": "The receipts that the text finds.",
    "retiredDate": "Instant at which the notice of this number was deleted, in Rome's time.",
    "otherKinds": "The other things that the text can be and that find something.",
    "begin": "Beginning of the hour, day or month, in Rome's time, without a zone.",
    "TallyRow.outcome": "Outcome of the answers: OK, KO or Fault.",
    "TallyRow.fault": "Code of the fault that was answered, or `-`.",
    "TallyRow.station": "Id of the station that answered.",
    "TallyRow.operation": "Operation of the exchanges.",
    "exchanges": "Number of exchanges.",
    "averageMs": "Mean duration of an answer, in milliseconds.",
    "within100ms": "Exchanges that took 100 milliseconds at most.",
    "within500ms": "Exchanges that took 500 milliseconds at most.",
    "within1s": "Exchanges that took a second at most.",
    "within2s": "Exchanges that took two seconds at most, as the level of service asks.",
    "within7s": "Exchanges that took seven seconds at most; the Node gives up those after them.",
    "tally": "Rows of the window, in the order of time.",
    "by": "What is counted together.",
    "CaseNote.outcome": "Outcome of the case, from a closed list.",
    "CaseResolution.outcome": "Outcome of the case, if the person named one.",
    "debtorCode": "Fiscal code of the debtor.",
}

_NOTICE = {
    "nav": NAV,
    "iuv": IUV,
    "iupd": IUPD,
    "description": "TARI 2027",
    "amount": 10000,
    "dueDate": "2030-12-31T23:59:59.999999",
    "state": "payable",
    "fiscalCode": "ANONIMO",
    "fullName": "Maria Esempio",
}

ANSWERS: dict[str, Any] = {
    "TallyRows": {
        "tally": [
            {
                "begin": "2027-03-16T00:00:00",
                "station": STATION,
                "operation": "paVerifyPaymentNotice",
                "outcome": "OK",
                "fault": "-",
                "exchanges": 1240,
                "averageMs": 7.31,
                "within100ms": 1238,
                "within500ms": 1239,
                "within1s": 1240,
                "within2s": 1240,
                "within7s": 1240,
            }
        ]
    },
    "Notices": {"notices": [_NOTICE], "limit": 20, "total": 1, "totalIsExact": True},
    "Search": {
        "kind": "notice",
        "value": NAV,
        "warnings": [],
        "notices": [_NOTICE],
        "hasMore": False,
        "receipts": [],
        "otherKinds": [],
    },
}
