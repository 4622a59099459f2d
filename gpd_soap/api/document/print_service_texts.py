"""What the OpenAPI document says of the platform's service that prints notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpd_soap.api.document.example_values import CREATED, NAV, ORGANIZATION

TEXTS: Mapping[str, str] = {
    "NoticeGenerationRequestItem.templateId": "Id of the template; one ending in Poste has slips.",
    "NoticeGenerationRequestItem.data": "What is printed.",
    "NoticeGenerationMassiveRequest.notices": "Notices of one organization.",
    "NoticeRequestData.notice": "The amounts to print.",
    "NoticeRequestData.creditorInstitution": "The organization to which the money is due.",
    "NoticeRequestData.debtor": "The addressee.",
    "NoticeToPrint.subject": "What the notice is for; printed as it is sent.",
    "NoticeToPrint.paymentAmount": "Cents that are due for `code`; compared with the stored ones.",
    "NoticeToPrint.dueDate": "Due day of `code`, as 31/12/2026; compared with the stored one.",
    "NoticeToPrint.code": "Notice number of the single payment.",
    "NoticeToPrint.installments": "The installments.",
    "NoticeToPrint.reduced": "The reduced amount of a traffic fine.",
    "NoticeToPrint.discounted": "The discounted amount of a traffic fine.",
    "InstallmentData.code": "Notice number of the amount.",
    "InstallmentData.amount": "Cents that are due; compared with the stored ones.",
    "InstallmentData.dueDate": "Due day, as 31/12/2026; compared with the stored one.",
    "CreditorInstitution.taxCode": "Fiscal code of the organization, 11 digits.",
    "Addressee.taxCode": "Fiscal code; compared with that of the stored debtor.",
    "Addressee.fullName": "Name; printed as it is sent.",
    "Addressee.address": "Street; printed as it is sent.",
    "Addressee.buildingNumber": "House number.",
    "folderId": "Id of a folder, into which the document is put besides.",
    "folder_id": "Id of the folder.",
    "file_id": "Name of the document, as the status of the folder has it, with or without `.pdf`.",
    "error_id": "Id of the error, as the status of the folder has it.",
    "template_id": "Id of the template.",
    "GetGenerationRequestStatusResource.status": "State of the folder; FAILED needs an operator.",
    "processedNotices": "Names of the documents.",
    "noticesInError": "Ids of the errors.",
    "errorId": "Id of the error: the line's number and the notice's.",
    "errorCode": "Name of the reason.",
    "errorDescription": "Why the notice was not printed, in Italian.",
    "GetErrorResource.createdAt": "When the folder was made, in Rome's time, without a zone.",
    "compressionError": "Always false: a zip is made when it is downloaded.",
    "signedUrl": "The link.",
    "templateId": "Id of the template.",
    "templateExampleUrl": "Where the sources of the template are.",
    "TemplateResource.description": "What the template prints.",
    "expires": "Second, since 1970, from which the link is void.",
    "signature": "Proof that the link is ours.",
}
_FOLDER = f"{ORGANIZATION}-bat_0f8fad5bd9cb469fa16570867728950e"
_NAME = f"pagopa-avviso-{ORGANIZATION}-{NAV}-TemplateSingleInstalment"
_TEMPLATE = {
    "templateId": "TemplateSingleInstalment",
    "description": "Single payment",
    "templateExampleUrl": "https://ente.example.it/print-payment-notice-service/external/v1/notices"
    "/templates/TemplateSingleInstalment",
}
_DEBTOR = {
    "taxCode": "ANONIMO",
    "fullName": "Maria Esempio",
    "address": "Via di Esempio",
    "buildingNumber": "1",
    "postalCode": "00100",
    "city": "Roma",
    "province": "RM",
}
_ITEM = {
    "templateId": "TemplateSingleInstalment",
    "data": {
        "notice": {
            "subject": "TARI 2027",
            "paymentAmount": 10000,
            "dueDate": "31/12/2030",
            "code": NAV,
        },
        "creditorInstitution": {"taxCode": ORGANIZATION},
        "debtor": _DEBTOR,
    },
}
BODIES: Mapping[str, Any] = {
    "NoticeGenerationRequestItem": _ITEM,
    "NoticeGenerationMassiveRequest": {"notices": [_ITEM]},
}
ANSWERS: Mapping[str, Any] = {
    "NoticeGenerationMassiveResource": {"folder_id": _FOLDER},
    "GetGenerationRequestStatusResource": {
        "status": "PROCESSED",
        "processedNotices": [_NAME],
        "noticesInError": [],
    },
    "GetErrorResource": {
        "errorId": f"000001-{NAV}",
        "errorCode": "PAID",
        "errorDescription": "L'avviso risulta già pagato.",
        "createdAt": CREATED,
        "compressionError": False,
    },
    "GetSignedUrlResource": {"signedUrl": f"https://ente.example.it/{_FOLDER}/{_NAME}.pdf"},
    "TemplateResource": _TEMPLATE,
}
PARAMETERS: Mapping[str, Any] = {
    "folder_id": _FOLDER,
    "folderId": _FOLDER,
    "file_id": f"{_NAME}.pdf",
    "error_id": f"000001-{NAV}",
    "template_id": "TemplateSingleInstalment",
    "expires": "1800000000",
}
