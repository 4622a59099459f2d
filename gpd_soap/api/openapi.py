"""The OpenAPI document: schemas made from the models of bodies, and references to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from threading import Lock
from types import GenericAlias, UnionType
from typing import Any, get_args

from flask import Flask, Response, jsonify
from pydantic import BaseModel

REF = "#/components/schemas/"
PROBLEM = {"application/problem+json": {"schema": {"$ref": f"{REF}ProblemJson"}}}

Schema = dict[str, Any]
#: What an answer holds: a model, `str`, a list of one of these, or a union of them.
Kind = type | GenericAlias | UnionType
#: The type of flask-openapi: by status.
Responses = dict[str | int | HTTPStatus, Any]

TEXT: Schema = {"type": "string"}
BYTES: Schema = {"type": "string", "format": "binary"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ETAG: Schema = {"description": "The present ETag, for If-Match.", "schema": TEXT}

#: Names in the document of models that commands read too: GPD's for its bodies, and those of
#: pagoPA's print service for its own.
NAMES = {
    "Position": "PaymentPositionModel",
    "Option": "PaymentOptionModel",
    "Transfer": "TransferModel",
    "Entry": "MetadataModel",
    "NewAccount": "UpdateTransferIbanMassiveModel",
    "NotificationFee": "NotificationFeeUpdateModel",
    "PaidElsewhere": "AlreadyPaidPaymentOptionModel",
    "PositionsToDelete": "MultipleIUPDModel",
    "Note": "CaseNote",
    "Match": "CaseMatch",
    "OpenedCase": "CaseBeginning",
    "OrganizationFields": "OrganizationName",
    "StationFields": "StationOwner",
    "ServingFields": "Serving",
    "ServiceFields": "Offer",
    "PrintFields": "Printing",
    "SubscriptionFields": "NewSubscription",
    "NoticeItem": "NoticeGenerationRequestItem",
    "NoticeItems": "NoticeGenerationMassiveRequest",
    "SentData": "NoticeRequestData",
    "SentNotice": "NoticeToPrint",
    "SentAmount": "InstallmentData",
    "SentOrganization": "CreditorInstitution",
    "SentDebtor": "Addressee",
    "Folder": "NoticeGenerationMassiveResource",
    "FolderStatus": "GetGenerationRequestStatusResource",
    "FolderError": "GetErrorResource",
    "SignedUrl": "GetSignedUrlResource",
    "Template": "TemplateResource",
}


def name_of(model: type[BaseModel]) -> str:
    """Returns the name of a model in the document."""
    return NAMES.get(model.__name__, model.__name__)


def body(model: type[BaseModel], *, required: bool = True) -> Schema:
    """Returns a request body of a model."""
    return {"content": {"application/json": {"schema": schema(model)}}, "required": required}


def answer(kind: Kind, description: str, *, etag: bool = False) -> Schema:
    """Returns an answer in JSON of a model, of text, or of one of several."""
    headers = {"headers": {"ETag": ETAG}} if etag else {}
    content = {"application/json": {"schema": schema(kind)}}
    return {"description": description, "content": content, **headers}


def document(content_type: str, description: str) -> Schema:
    """Returns an answer in another content type than JSON."""
    return {"description": description, "content": {content_type: {"schema": BYTES}}}


def refusals(*statuses: int) -> Responses:
    """Returns answers that are problems."""
    return {status: {"content": PROBLEM} for status in statuses}


def schema(kind: Kind) -> Schema:
    """Returns the schema of a model, a text, a list of these, or one of several."""
    if isinstance(kind, UnionType):
        return {"anyOf": [schema(each) for each in get_args(kind)]}
    if isinstance(kind, GenericAlias):
        return {"items": schema(*get_args(kind)), "type": "array"}
    return TEXT if kind is str else {"$ref": REF + name_of(kind)}


def schemas(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """Returns the schemas of models and of all models inside them, by name."""
    components: dict[str, Schema] = {}
    for model in models:
        own = model.model_json_schema(ref_template=REF + "{model}")
        inner = own.pop("$defs", {})
        for name, each in {**inner, model.__name__: own}.items():
            components[NAMES.get(name, name)] = _renamed(each)
    return components


def _renamed(schema: Schema) -> Schema:
    """Returns a schema without the titles that pydantic makes, with the names of the document."""
    renamed: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            renamed[key] = {name: _renamed(each) for name, each in value.items()}
        elif key == "$ref":
            name = value.removeprefix(REF)
            renamed[key] = REF + NAMES.get(name, name)
        elif isinstance(value, dict):
            renamed[key] = _renamed(value)
        elif isinstance(value, list):
            renamed[key] = [_renamed(each) if isinstance(each, dict) else each for each in value]
        elif key != "title":
            renamed[key] = value
    return renamed


def serve(app: Flask, name: str, make: Callable[[], object]) -> None:
    """Serves a document that never changes; without a key, anybody may ask for it.

    It is made at its first request, once in a process.
    """
    making = Lock()

    # WHY: 0.7 MB take 15 ms to write, and 1 ms to send.
    @cache
    def content() -> bytes:
        return jsonify(make()).get_data()

    def view() -> Response:
        with making:
            body = content()
        return Response(body, content_type="application/json")

    app.add_url_rule(f"/{name}.json", name, view)
