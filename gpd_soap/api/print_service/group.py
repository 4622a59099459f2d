"""The groups of the platform's service that prints notices: with a key, and by a link."""

from __future__ import annotations

from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.documents.printers import Printers
from gpd_soap.api.groups import Group, add
from gpd_soap.api.openapi import Responses, answer, body, document, refusals
from gpd_soap.api.print_service import models
from gpd_soap.api.print_service.routes import BASE, PDF, SIGNED, ZIP, Operations
from gpd_soap.api.print_service.signed import Links
from gpd_soap.clock import Clock
from gpd_soap.store.store import Store
from gpd_soap.validation.queries.print_service import NoticeItem, NoticeItems

GENERATE, DOWNLOAD = "generateNotice", "downloadSigned"


def groups(store: Store, clock: Clock, printer: Printers) -> list[Group]:
    """Returns the operations for keys, and those for whoever has a link."""
    links = Links(store, SIGNED)
    operations = Operations(store, clock, printer, links)
    return [
        Group(
            "printService",
            "Notices printed as pagoPA's print service prints them, for its clients.",
            lambda api: _declare(api, operations),
            models.MODELS,
            secret=frozenset([GENERATE]),
            lists_own=True,
        ),
        Group(
            "printServiceLinks",
            "Links to printed notices, which need no key.",
            lambda api: _declare_links(api, operations),
            (),
            persons=frozenset([DOWNLOAD]),
            lists_own=True,
            authenticate=links.key_of_request,
        ),
    ]


def _declare(api: APIBlueprint, on: Operations) -> None:
    folder = f"{BASE}/folder/<folder_id>"
    link = answer(models.SignedUrl, "The link, good for five minutes.")
    missing = refusals(404, 501)
    add(
        api.post, f"{BASE}/generate", on.generate, GENERATE, body(NoticeItem),
        {201: document(PDF, "The notice."), **missing},
    )  # fmt: skip
    add(
        api.post, f"{BASE}/generate-massive", on.generate_many, "generateNoticeMassiveRequest",
        body(NoticeItems), {200: answer(models.Folder, "The folder."), **missing},
    )  # fmt: skip
    add(
        api.get, f"{folder}/status", on.status, "getFolderStatus", None,
        {200: answer(models.FolderStatus, "How far the folder is."), **missing},
    )  # fmt: skip
    add(
        api.get, f"{folder}/error/<error_id>", on.error, "getError", None,
        {200: answer(models.FolderError, "The error."), **missing},
    )  # fmt: skip
    add(
        api.get, f"{folder}/url", on.folder_url, "getFolderSignedUrlResource", None,
        {200: link, **missing},
    )  # fmt: skip
    add(
        api.get, f"{folder}/file/<file_id>/url", on.file_url, "getSignedUrlResource", None,
        {200: link, **missing},
    )  # fmt: skip
    removed: Responses = {200: {"description": "The folder is removed."}, **missing}
    add(api.delete, folder, on.delete, "deleteFolder", None, removed)
    add(
        api.get, f"{BASE}/templates", on.templates, "getTemplates", None,
        {200: answer(list[models.Template], "The templates."), **refusals(501)},
    )  # fmt: skip
    add(
        api.get, f"{BASE}/templates/<template_id>", on.template, "getTemplate", None,
        {200: document(ZIP, "The sources of the template."), **missing},
    )  # fmt: skip


def _declare_links(api: APIBlueprint, on: Operations) -> None:
    content = {**document(PDF, "")["content"], **document(ZIP, "")["content"]}
    add(
        api.get, f"{SIGNED}/<folder_id>/<file_id>", on.download, DOWNLOAD, None,
        {200: {"description": "The document, or the zip.", "content": content},
         **refusals(404, 501)},
    )  # fmt: skip
