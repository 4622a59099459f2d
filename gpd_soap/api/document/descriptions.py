"""The description of every field and parameter in the OpenAPI document.

The modules beside this one have the texts by subject; those of pages, paths and queries are here.
A field is looked up as `Schema.field`, then as `field`: most names mean the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gpd_soap.api.document import (
    administration_descriptions,
    archive_descriptions,
    event_descriptions,
    load_texts,
    position_descriptions,
    print_service_texts,
    receipt_descriptions,
    search_texts,
)
from gpd_soap.api.document.phrases import ROME

DESCRIPTIONS: Mapping[str, str] = {
    # Pages and problems
    "page_info": "Position of the page in the list.",
    "page": "Number of the page, from 0.",
    "limit": "Rows on a page, at most.",
    "items_found": "Number of rows on all pages.",
    "total_pages": "Number of pages.",
    "title": "Short name of the problem, the same for every occurrence.",
    "ProblemJson.status": "HTTP status of the answer.",
    "detail": "Explanation for people.",
    "errors": "Errors of the fields, if fields are wrong.",
    "field": "Path of the field; empty for the whole request.",
    "rule": "Name of the broken rule, for programs.",
    "expected": "What was expected, for people.",
    # Paths and queries
    "organizationfiscalcode": "Fiscal code of the organization, 11 digits.",
    "transferid": "Number of the transfer within its notice.",
    "id": "Id, as in the list.",
    "idServizio": "Id of the service.",
    "idSoggettoServizio": "Id of the subject of the service.",
    "toPublish": "Publish the position at once.",
    "dryRun": "Return what would happen, and store nothing.",
    "lenient": "Accept unusual notice numbers; for administrators.",
    "oldIban": "Account of the transfers to change.",
    "due_date_from": "First due date.",
    "due_date_to": "Last due date.",
    "payment_date_from": "First day of payment.",
    "payment_date_to": "Last day of payment.",
    "payment_date_time_from": f"First instant of payment, {ROME}.",
    "payment_date_time_to": f"Last instant of payment, {ROME}.",
    "status": "State of the positions.",
    "orderby": "Field that orders the list.",
    "ordering": "Direction of the order.",
    "pageNum": "Number of the page, from 0.",
    "pageSize": "Receipts on a page, at most.",
    "service": "Beginning of the IUV.",
    "from": f"First day or instant, {ROME}.",
    "to": f"Last day or instant, {ROME}.",
    "debtorOrIuv": "Beginning of the debtor's fiscal code or of the IUV.",
    "segregationCodes": "Segregation codes that the caller may see, with commas between.",
    "operation": "Operation of the exchange.",
    "outcome": "Outcome of the answer.",
    "fault": "Code of the fault that was answered.",
    "psp": "Id of the PSP.",
    "after": "`next` of the page before.",
    **position_descriptions.TEXTS,
    **receipt_descriptions.TEXTS,
    **administration_descriptions.TEXTS,
    **event_descriptions.TEXTS,
    **search_texts.TEXTS,
    **archive_descriptions.TEXTS,
    **print_service_texts.TEXTS,
    **load_texts.TEXTS,
}


def describe(spec: Mapping[str, Any]) -> None:
    """Describes every field and every parameter of a document that has no description."""
    for name, schema in spec["components"]["schemas"].items():
        for field, value in schema.get("properties", {}).items():
            _describe(value, f"{name}.{field}", field)
    for parameter in _parameters(spec):
        if "name" in parameter:
            _describe(parameter, parameter["name"], parameter["name"])


def _parameters(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in spec["paths"].values():
        for operation in path.values():
            yield from operation.get("parameters", ())


def _describe(value: dict[str, Any], *names: str) -> None:
    text = next((DESCRIPTIONS[name] for name in names if name in DESCRIPTIONS), None)
    if "description" not in value and text is not None:
        value["description"] = text
