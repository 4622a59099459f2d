"""Examples of refusals in the OpenAPI document: each with the status under which it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpd_soap.api import problems
from gpd_soap.api.configuration import problems as configuration
from gpd_soap.api.documents import problems as documents
from gpd_soap.api.jobs import problems as jobs
from gpd_soap.api.loads import problems as loads
from gpd_soap.api.problems import CONTENT_TYPE, Problem
from gpd_soap.api.receipts import problems as cases
from gpd_soap.api.subscriptions import problems as subscriptions
from gpd_soap.validation.finding import FieldError

#: By status: the refusals that any operation may give.
ANYWHERE: dict[str, Problem] = {
    "400": problems.BAD_REQUEST,
    "401": problems.NO_KEY,
    "403": problems.FORBIDDEN,
    "404": problems.ORGANIZATION_NOT_FOUND,
    "406": problems.NOT_ACCEPTABLE,
    "409": problems.UNDER_WAY,
    "410": problems.CURSOR_EXPIRED,
    "412": problems.CHANGED,
    "413": problems.TOO_LARGE,
    "415": problems.NOT_JSON,
    "422": problems.OTHER_REQUEST,
    "429": problems.TOO_FAST,
    "501": documents.NOT_INSTALLED,
    "503": problems.UNAVAILABLE,
}
#: By tag and status: the refusals of the operations on one subject.
OF_SUBJECT: dict[tuple[str, str], Problem] = {
    ("positions", "400"): problems.DATA_ERROR,
    ("positions", "404"): problems.NOT_FOUND,
    ("positions", "409"): problems.PAYMENT_FOUND,
    ("receipts", "400"): problems.INVALID_DATE_RANGE,
    ("receipts", "404"): problems.RECEIPT_NOT_FOUND,
    ("receipts", "409"): cases.NOT_OPEN,
    ("jobs", "404"): jobs.NO_JOB,
    ("jobs", "409"): jobs.JOB_ENDED,
    ("loads", "404"): loads.NO_LOAD,
    ("loads", "409"): loads.RUNNING,
    ("loads", "410"): loads.FILE_REMOVED,
    ("loads", "501"): loads.NO_WORKBOOKS,
    ("journal", "404"): problems.ENTRY_NOT_FOUND,
    ("configuration", "400"): configuration.BAD_CONFIGURATION,
    ("configuration", "403"): problems.EVERY_ORGANIZATION,
    ("configuration", "409"): configuration.IN_USE,
    ("keys", "403"): problems.ADMINISTRATORS,
    ("keys", "404"): problems.KEY_NOT_FOUND,
    ("audit", "403"): problems.ADMINISTRATORS,
    ("documents", "404"): documents.NO_DOCUMENT,
    ("documents", "409"): documents.NOT_PRINTABLE._replace(detail="L'avviso risulta già pagato."),
    ("subscriptions", "404"): subscriptions.NO_SUBSCRIPTION,
    ("subscriptions", "409"): subscriptions.TOO_MANY_SUBSCRIPTIONS,
    ("subscriptions", "412"): subscriptions.SUBSCRIPTION_CHANGED,
}
#: The errors of the fields, for the problems whose details refer to them.
ERRORS: dict[Problem, FieldError] = {
    problems.DATA_ERROR: FieldError(
        "paymentOption[0].transfer[0].iban", "iban-checksum", "an IBAN whose check digits are right"
    ),
    configuration.BAD_CONFIGURATION: FieldError("name", "length", "a text of 1 to 140 characters"),
    configuration.IN_USE: FieldError("stations", "in-use", "none"),
}


def show(spec: Mapping[str, Any]) -> None:
    """Writes an example into each refusal of the document."""
    for path in spec["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get(CONTENT_TYPE)
                if content is not None:
                    shown = {**content, "example": example(operation["tags"], status)}
                    response["content"] = {CONTENT_TYPE: shown}


def example(tags: list[str], status: str) -> dict[str, Any]:
    """Returns the body of a refusal with this status."""
    subjects = (OF_SUBJECT.get((tag, status)) for tag in tags)
    problem = next(filter(None, subjects), ANYWHERE[status])
    return problem.body([ERRORS[problem]] if problem in ERRORS else ())
