"""Invented values that several examples of the OpenAPI document share."""

from __future__ import annotations

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
CREATED, PAID = "2027-01-10T09:00:00", "2027-03-16T10:00:00"
PAGE_INFO = {"page": 0, "limit": 10, "items_found": 1, "total_pages": 1}
