"""Examples of the bodies of answers in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from gpd_soap.api.document import archive_examples
from gpd_soap.api.document.example_events import EVENT_ANSWERS
from gpd_soap.api.document.example_values import (
    BROKER,
    CREATED,
    IUPD,
    IUV,
    NAV,
    OPTION,
    ORGANIZATION,
    PAGE_INFO,
    PAID,
    POSITION,
    SETTINGS,
    STATION,
    TRANSFER,
)

COMPANY, PSP = "Comune di Esempio", "Banca di Esempio"
CATEGORY, OPERATION = "INTERFACCIA", "paSendRTV2"

_TRANSFER = {
    **TRANSFER,
    "organizationFiscalCode": ORGANIZATION,
    "transferMetadata": [],
    "insertedDate": CREATED,
    "status": "T_UNREPORTED",
    "lastUpdatedDate": CREATED,
}
_OPTION = {
    **OPTION,
    "nav": NAV,
    "iuv": IUV,
    "dueDate": "2030-12-31T23:59:59.999999",
    "organizationFiscalCode": ORGANIZATION,
    "insertedDate": CREATED,
    "fee": 0,
    "notificationFee": 0,
    "status": "PO_UNPAID",
    "lastUpdatedDate": CREATED,
    "paymentOptionMetadata": [],
    "transfer": [_TRANSFER],
}
_PAID_OPTION = {
    **_OPTION,
    "paymentDate": PAID,
    "paymentMethod": "creditCard",
    "fee": 150,
    "pspCompany": PSP,
    "idReceipt": "r-1",
    "status": "PO_PAID",
    "lastUpdatedDate": PAID,
}
_POSITION = {
    "iupd": IUPD,
    "organizationFiscalCode": ORGANIZATION,
    "type": "F",
    "companyName": COMPANY,
    "insertedDate": CREATED,
    "publishDate": CREATED,
    "validityDate": CREATED,
    "status": "VALID",
    "lastUpdatedDate": CREATED,
    "paymentOption": [_OPTION],
}
_RECEIPT = {
    "organizationFiscalCode": ORGANIZATION,
    "iuv": IUV,
    "debtor": "ANONIMO",
    "paymentDateTime": PAID,
    "status": "PAID",
}
_CASE = {
    "id": "r-2",
    "organizationFiscalCode": ORGANIZATION,
    "kind": "double",
    "reasons": ["the notice was paid already"],
    "primitive": OPERATION,
    "receivedDate": PAID,
    "lastReceivedDate": PAID,
    "copies": 1,
    "receiptId": "r-2",
    "noticeNumber": NAV,
    "iuv": IUV,
    "amount": 10000,
    "fee": 150,
    "paymentDateTime": PAID,
    "pspCode": "ABI00000",
    "pspCompany": PSP,
    "debtor": "ANONIMO",
    "claimed": {
        "by": "k1a2b3c4d5e6 (back office)",
        "since": PAID,
        "until": "2026-03-16T10:30:00",
    },
    "notice": {
        "iupd": IUPD,
        "noticeNumber": NAV,
        "iuv": IUV,
        "status": "PO_PAID",
        "idReceipt": "r-1",
    },
}
_ENTRY = {
    "id": "00064b0f7a1c800000000000000007",
    "dataOraEvento": "2027-03-16T10:00:00.000+01:00",
    "categoriaEvento": CATEGORY,
    "tipoEvento": OPERATION,
    "identificativoDominio": ORGANIZATION,
    "identificativoIntermediarioPA": BROKER,
    "identificativoStazioneIntermediarioPA": STATION,
    "numeroAvviso": NAV,
    "identificativoUnivocoVersamento": IUV,
    "codiceContestoPagamento": "r-1",
    "identificativoPrestatoreServiziPagamento": "ABI00000",
    "esito": "OK",
    "decision": "receipt: kept as applied",
    "durationMs": 12.5,
    "httpStatus": 200,
    "caller": "192.0.2.1",
}
_ORGANIZATION = {"fiscalCode": ORGANIZATION, "name": COMPANY}
_STATION = {"id": STATION, "broker": BROKER}
_SERVING = {"station": STATION, "broker": BROKER, "segregationCode": "47", "broadcast": False}
_SERVICE = {"serviceId": "00001", "subjectId": "00009", "kind": "declared", "settings": SETTINGS}
_KEY = {
    "id": "k1a2b3c4d5e6",
    "name": "back office",
    "role": "writer",
    "organizations": [ORGANIZATION],
    "createdAt": CREATED,
    "expiresAt": "2027-12-31T23:59:59.999999",
    "lastUsedAt": PAID,
}
_CHANGE = {
    "organization": ORGANIZATION,
    "at": CREATED,
    "actorKind": "key",
    "actor": "k1a2b3c4d5e6",
    "keyId": "k1a2b3c4d5e6",
    "keyName": "back office",
    "method": "POST",
    "path": "/organizations/{organizationfiscalcode}/debtpositions",
    "status": 201,
    "requestId": "0f8fad5bd9cb469fa16570867728950e",
    "iupd": IUPD,
}
_JOB = {
    "organization": ORGANIZATION,
    "id": "job_0f8fad5bd9cb469fa16570867728950e",
    "kind": "documents.batch",
    "state": "running",
    "done": 120,
    "total": 400,
    "attempts": 1,
    "nextAt": PAID,
    "isCancelled": False,
    "result": "",
    "lastError": "",
    "actorKind": "key",
    "actor": "k1a2b3c4d5e6",
    "createdAt": CREATED,
    "startedAt": CREATED,
}

#: By name of the schema.
ANSWERS: dict[str, Any] = {
    "PositionDryRun": {**POSITION, "warnings": []},
    "PositionsDryRun": {"paymentPositions": [POSITION], "warnings": []},
    "DeletionDryRun": {"paymentPositionIUPDs": [IUPD], "warnings": []},
    "PaymentPositionModelBaseResponse": _POSITION,
    "PaymentPositionsInfo": {"payment_position_list": [_POSITION], "page_info": PAGE_INFO},
    "TransferModelResponse": {**_TRANSFER, "status": "T_REPORTED"},
    "PaymentsModelResponse": {**_PAID_OPTION, "serviceType": "GPD"},
    "PaymentOptionWithFeeModelResponse": {
        **_OPTION,
        "amount": 10250,
        "notificationFee": 250,
        "transfer": [{**_TRANSFER, "amount": 10250}],
        "serviceType": "GPD",
        "lastUpdatedDateNotificationFee": CREATED,
    },
    "PaymentOptionWithDebtorInfoModelResponse": {
        **_PAID_OPTION,
        "pspCode": "ABI00000",
        "iupd": IUPD,
        "debtPositionStatus": "PAID",
        "serviceType": "GPD",
        "type": "F",
        "fiscalCode": "ANONIMO",
        "fullName": "Maria Esempio",
        "companyName": COMPANY,
        "payStandIn": True,
    },
    "UpdateTransferIbanMassiveResponse": {
        "description": "Updated IBAN on 1 Transfers",
        "updatedTransfers": 1,
    },
    "PaymentsResultReceiptModelResponse": {
        "currentPageNumber": 0,
        "length": 1,
        "totalPages": 1,
        "results": [_RECEIPT],
        "receipts_list": [_RECEIPT],
    },
    "Case": _CASE,
    "Worklist": {"worklist": [_CASE], "page_info": PAGE_INFO},
    "StoredReceipts": {"receipts": [_CASE], "page_info": PAGE_INFO},
    "JournalEntry": _ENTRY,
    "JournalPage": {"entries": [_ENTRY]},
    "Organization": _ORGANIZATION,
    "Organizations": {"organizations": [_ORGANIZATION], "page_info": PAGE_INFO},
    "Broker": {"fiscalCode": BROKER},
    "Brokers": {"brokers": [{"fiscalCode": BROKER}], "page_info": PAGE_INFO},
    "Station": _STATION,
    "Stations": {"stations": [_STATION], "page_info": PAGE_INFO},
    "ServingStation": _SERVING,
    "ServingStations": {"stations": [_SERVING], "page_info": PAGE_INFO},
    "PrintSettings": {
        "info": "tel. 06 000000 · tributi@comune.example",
        "cbill": "A0EDT",
        "accountHolder": "Tesoreria di Esempio",
        "authorisation": "AUT. DB/0000/000 00000 DEL 01/01/2020",
        "site": True,
        "app": False,
        "language": "it-de",
        "logo": "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAIAQAAAADsdIMmAA"
        "AADElEQVR42mP4z4ACAT/QB/lnLUmhAAAAAElFTkSuQmCC",
    },
    "Service": _SERVICE,
    "Services": {"services": [_SERVICE], "page_info": PAGE_INFO},
    "MadeKey": {**_KEY, "key": "invented-key-that-opens-nothing"},
    "Keys": {"keys": [_KEY], "page_info": PAGE_INFO},
    "History": {
        "events": [
            {
                "id": "evt_018f0000000070008000000000000001",
                "at": CREATED,
                "type": "position.created",
                "actorKind": "key",
                "actor": "k1a2b3c4d5e6",
                "data": {"origin": "api"},
            }
        ],
        "page_info": PAGE_INFO,
    },
    **archive_examples.ANSWERS,
    **EVENT_ANSWERS,
    "Job": _JOB,
    "Jobs": {"jobs": [_JOB], "page_info": PAGE_INFO},
    "Changes": {"changes": [_CHANGE], "page_info": PAGE_INFO},
}
