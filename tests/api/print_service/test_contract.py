"""Our OpenAPI document has the facts of the one that pagoPA publishes for its print service.

SPEC: pagoPA, Print Payment Notices, external API: paths, statuses, required fields, lengths.
"""

from typing import Any

import pytest

from tests.api.office import BackOffice

BASE = "/print-payment-notice-service/external/v1/notices"
FOLDER = f"{BASE}/folder/{{folder_id}}"
#: Method and path, with id, status and content type of the answer.
OPERATIONS = {
    ("post", f"{BASE}/generate"): ("generateNotice", "201", "application/pdf"),
    ("post", f"{BASE}/generate-massive"): (
        "generateNoticeMassiveRequest", "200", "application/json",
    ),
    ("get", f"{FOLDER}/status"): ("getFolderStatus", "200", "application/json"),
    ("get", f"{FOLDER}/error/{{error_id}}"): ("getError", "200", "application/json"),
    ("get", f"{FOLDER}/url"): ("getFolderSignedUrlResource", "200", "application/json"),
    ("get", f"{FOLDER}/file/{{file_id}}/url"): (
        "getSignedUrlResource", "200", "application/json",
    ),
    ("delete", FOLDER): ("deleteFolder", "200", None),
    ("get", f"{BASE}/templates"): ("getTemplates", "200", "application/json"),
    ("get", f"{BASE}/templates/{{template_id}}"): ("getTemplate", "200", "application/zip"),
}  # fmt: skip
#: Statuses that any of these operations may answer besides.
REFUSALS = {"400", "401", "403", "429"}
#: Name of the schema here, with its required fields and all of its fields.
SCHEMAS = {
    "NoticeGenerationRequestItem": ("data templateId", "data templateId"),
    "NoticeRequestData": ("creditorInstitution debtor notice", "creditorInstitution debtor notice"),
    "NoticeToPrint": (
        "subject",
        "code discounted dueDate installments paymentAmount reduced subject",
    ),
    "InstallmentData": ("amount code", "amount code dueDate"),
    "CreditorInstitution": ("taxCode", "taxCode"),
    "Addressee": (
        "address buildingNumber city fullName postalCode province",
        "address buildingNumber city fullName postalCode province taxCode",
    ),
    "NoticeGenerationMassiveRequest": ("notices", "notices"),
    "NoticeGenerationMassiveResource": ("folder_id", "folder_id"),
    "GetGenerationRequestStatusResource": (
        "noticesInError processedNotices status",
        "noticesInError processedNotices status",
    ),
    "GetSignedUrlResource": ("signedUrl", "signedUrl"),
    "TemplateResource": (
        "description templateExampleUrl templateId",
        "description templateExampleUrl templateId",
    ),
}
#: Limits of fields: a sender that keeps to the published ones is never refused for them.
LIMITS = {
    ("NoticeToPrint", "subject"): ("maxLength", 90),
    ("NoticeToPrint", "paymentAmount"): ("maximum", 99_999_999_999),
    ("NoticeToPrint", "installments"): ("minItems", 2),
    ("InstallmentData", "amount"): ("maximum", 99_999_999_999),
    ("Addressee", "fullName"): ("maxLength", 70),
    ("Addressee", "address"): ("maxLength", 140),
    ("Addressee", "taxCode"): ("maxLength", 16),
    ("NoticeGenerationMassiveRequest", "notices"): ("maxItems", 1000),
}


@pytest.fixture
def document(quick: BackOffice) -> Any:
    """Return our OpenAPI document."""
    return quick.get("/openapi.json", key="").body


def test_operations_have_the_published_names_and_answers(document: Any):
    """A client that is generated from the published document calls what is here."""
    for (method, path), (name, status, kind) in OPERATIONS.items():
        operation = document["paths"][path][method]
        responses = operation["responses"]

        assert operation["operationId"] == name
        assert list(responses[status].get("content", {})) == ([kind] if kind else [])
        assert responses.keys() >= REFUSALS, name


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_has_the_published_fields(document: Any, name: str):
    """The same fields are required, and no other is known."""
    schema = document["components"]["schemas"][name]
    required, fields = (set(words.split()) for words in SCHEMAS[name])

    assert set(schema["required"]) == required
    assert set(schema["properties"]) == fields


@pytest.mark.parametrize(("schema", "field"), LIMITS)
def test_field_has_the_published_limit(document: Any, schema: str, field: str):
    """It stands in the schema of the field, or of the value that it has unless it is null."""
    value = document["components"]["schemas"][schema]["properties"][field]
    rule, limit = LIMITS[schema, field]
    kinds = [each for each in value.get("anyOf", [value]) if each.get("type") != "null"]

    assert [kind.get(rule) for kind in kinds] == [limit]


def test_state_of_a_folder_is_a_published_one(document: Any):
    """A client reads an enumeration."""
    status = document["components"]["schemas"]["GetGenerationRequestStatusResource"]

    assert set(status["properties"]["status"]["enum"]) == {
        "INSERTED", "PROCESSING", "COMPLETING", "FAILED", "PROCESSED", "PROCESSED_WITH_FAILURES",
    }  # fmt: skip
