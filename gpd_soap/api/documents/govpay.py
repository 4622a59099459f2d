"""The two paths under which GovPay's clients fetch notices.

SPEC: GovPay, API Pendenze 2: paths, and the values of `linguaSecondaria`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api import problems
from gpd_soap.api.groups import add
from gpd_soap.api.openapi import Responses, refusals
from gpd_soap.api.problems import Refused
from gpd_soap.validation.queries.documents import (
    NoticePath,
    PositionDocumentPath,
    SecondLanguage,
)

if TYPE_CHECKING:
    from gpd_soap.api.documents.routes import Operations

NOTICE, DOCUMENT = "getAvviso", "getAvvisiDocumento"


class GovPay:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, on: Operations) -> None:
        """Use the operations of our own paths."""
        self._on = on

    def notice(self, path: NoticePath, query: SecondLanguage) -> Response:
        """Print a notice as PDF, on the path of GovPay."""
        _check_accepted()
        return self._on.notice(path, query.printed())

    def document(self, path: PositionDocumentPath, query: SecondLanguage) -> Response:
        """Print every way to pay a position as one PDF, on the path of GovPay's documents."""
        _check_accepted()
        return self._on.position(path, query.printed())


def declare(api: APIBlueprint, on: GovPay, one: Responses) -> None:
    """Declare both operations; `one` is the answer with a document."""
    organization = "<organizationfiscalcode>"
    answers = {**one, **refusals(404, 406, 409, 501)}
    add(api.get, f"/avvisi/{organization}/<nav>", on.notice, NOTICE, None, answers)
    path = f"/documenti/{organization}/<iupd>/avvisi"
    add(api.get, path, on.document, DOCUMENT, None, answers)


def _check_accepted() -> None:
    """Raises Refused unless the caller accepts a PDF; GovPay has a JSON of the notice too."""
    if request.accept_mimetypes and not request.accept_mimetypes["application/pdf"]:
        raise Refused(problems.NOT_ACCEPTABLE)
