"""The operations of the platform's service that prints notices.

SPEC: the platform's service that prints notices, OpenAPI 0.9.10: paths, ids of operations, bodies.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

from flask import Response, g, jsonify, request

from gpd_soap.api.audit.trail import set_organization, set_subjects
from gpd_soap.api.auth import actor, body_of
from gpd_soap.api.documents.printers import Printers
from gpd_soap.api.idempotency import HEADER
from gpd_soap.api.print_service.signed import Links, Target
from gpd_soap.api.responses import camel_case, rome_text
from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.documents.batches import Batch, BatchState
from gpd_soap.store.store import Store
from gpd_soap.usecases import print_service_refusals as refusals
from gpd_soap.usecases.document_refusals import DocumentNotFound
from gpd_soap.usecases.refusals import Malformed
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.common import NoQuery
from gpd_soap.validation.queries.print_service import (
    FolderErrorPath,
    FolderFilePath,
    FolderPath,
    IntoFolder,
    NoticeItem,
    NoticeItems,
    Signed,
    TemplatePath,
)

#: SPEC: the platform's service that prints notices: the path of its address.
BASE = "/print-payment-notice-service/external/v1/notices"
SIGNED = f"{BASE}/signed"
PDF, ZIP = "application/pdf", "application/zip"


class Operations:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, clock: Clock, printer: Printers, links: Links) -> None:
        """Use these collaborators for every operation."""
        self._store, self._clock, self._printer, self._links = store, clock, printer, links

    def generate(self, query: IntoFolder) -> Response:
        """Print a notice by a template, as pagoPA's service does.

        Numbers, amounts, due dates and the debtor's code must be those that are stored; the other
        texts are printed as they are sent.  With a folder, the document is put there too.
        """
        item = body_of(NoticeItem)
        self._check_organization(item.organization)
        printer = self._printer()
        from gpd_soap.features.documents.print_service import generate, templates
        from gpd_soap.features.documents.reasons import Refused

        if templates.find(item.template_id) is None:
            raise refusals.TemplateNotFound
        folder = None if query.folder_id is None else self._folder(query.folder_id)
        if folder is not None and folder.organization != item.organization:
            raise refusals.FolderNotAvailable
        answered = generate.generate(printer, item, folder, actor(), self._clock())
        if isinstance(answered, Refused):
            raise refusals.NotPrinted(answered.reason)
        set_subjects(Subject(item.nav, answered.document.iupd, resource=answered.document.id))
        return _file(answered.pdf, generate.name_of(item) + ".pdf", 201)

    def generate_many(self, query: NoQuery) -> Response:
        """Print up to 1,000 notices of one organization apart from the request, into a folder."""
        items = body_of(NoticeItems).notices
        if HEADER not in request.headers:
            raise Malformed([FieldError(HEADER, "required", "a name of the request")])
        for each in items:
            self._check_organization(each.organization)
        if len({each.organization for each in items}) > 1:
            raise refusals.SeveralOrganizations
        self._printer()
        from gpd_soap.features.documents.print_service import folders

        owner, who, now = items[0].organization, actor(), self._clock()
        batch = in_transaction(self._store, lambda c: folders.begin(c, owner, items, who, now))
        set_subjects(Subject(resource=batch.id))
        return jsonify({"folder_id": folders.folder_id(batch)})

    def status(self, path: FolderPath, query: NoQuery) -> Response:
        """Read how far a folder is, with the names of its documents and the ids of its errors."""
        from gpd_soap.features.documents.print_service import folders

        batch = self._folder(path.folder_id)
        read = read_only(self._store, lambda c: folders.status(c, batch))
        return jsonify(
            camel_case(
                status=read.state, processed_notices=read.processed, notices_in_error=read.errors
            )
        )

    def error(self, path: FolderErrorPath, query: NoQuery) -> Response:
        """Read why a notice of a folder was not printed, in Italian."""
        from gpd_soap.features.documents.print_service import folders

        batch = self._folder(path.folder_id)
        line = read_only(self._store, lambda c: folders.error_of(c, batch, path.error_id))
        if line is None:
            raise refusals.FolderErrorNotFound
        return jsonify(
            camel_case(
                error_id=path.error_id,
                error_code=folders.error_code(line),
                error_description=line.reason,
                created_at=rome_text(batch.created_at),
                compression_error=False,
            )
        )

    def folder_url(self, path: FolderPath, query: NoQuery) -> Response:
        """Give a link to the zip of a folder, once all its notices are handled."""
        batch = self._folder(path.folder_id)
        if batch.state != BatchState.DONE:
            raise refusals.FolderNotComplete
        return self._link(Target(path.folder_id, f"{path.folder_id}.zip"))

    def file_url(self, path: FolderFilePath, query: NoQuery) -> Response:
        """Give a link to a document of a folder, by the name that its status has."""
        from gpd_soap.features.documents.print_service import folders

        batch = self._folder(path.folder_id)
        if read_only(self._store, lambda c: folders.line_of(c, batch, path.file_id)) is None:
            raise refusals.FileNotInFolder
        return self._link(Target(path.folder_id, path.file_id))

    def delete(self, path: FolderPath, query: NoQuery) -> Response:
        """Remove a folder.  What it released stays in the archive of its organization."""
        batch = self._folder(path.folder_id)
        from gpd_soap.features.documents.print_service import folders

        in_transaction(self._store, lambda c: folders.remove(c, batch, self._clock()))
        set_subjects(Subject(resource=batch.id))
        return Response(status=200)

    def templates(self, query: NoQuery) -> Response:
        """List the templates."""
        origin = self._origin()
        from gpd_soap.features.documents.print_service.templates import DESCRIPTIONS

        return jsonify(
            [
                camel_case(
                    template_id=template,
                    description=text,
                    template_example_url=f"{origin}{BASE}/templates/{template}",
                )
                for template, text in DESCRIPTIONS.items()
            ]
        )

    def template(self, path: TemplatePath, query: NoQuery) -> Response:
        """Download the sources of a template, as a zip: all templates are made of the same ones."""
        self._printer()
        from gpd_soap.features.documents.print_service import templates
        from gpd_soap.features.documents.typesetting import TEMPLATES

        if templates.find(path.template_id) is None:
            raise refusals.TemplateNotFound
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(TEMPLATES.glob("*.typ")):
                archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes())
        return _file(buffer.getvalue(), f"{path.template_id}.zip", kind=ZIP)

    def download(self, path: FolderFilePath, query: Signed) -> Response:
        """Download what a link leads to: the zip of a folder, or a document of it."""
        batch, archive = self._folder(path.folder_id), self._printer().archive
        from gpd_soap.features.documents.archive.batch import zip_of
        from gpd_soap.features.documents.print_service import folders

        set_subjects(Subject(resource=batch.id))
        if path.file_id == f"{path.folder_id}.zip":
            pieces = zip_of(
                self._store,
                archive,
                batch,
                lambda line: f"{folders.name_of(batch, line)}.pdf",
                has_table=False,
            )
            return _file(pieces, path.file_id, kind=ZIP)
        line = read_only(self._store, lambda c: folders.line_of(c, batch, path.file_id))
        if line is None:
            raise refusals.FileNotInFolder
        archived = archive.read(batch.organization, line.document or "")
        if archived is None:
            raise DocumentNotFound
        set_subjects(Subject(line.nav, archived.document.iupd, resource=archived.document.id))
        return _file(archived.pdf, f"{folders.name_of(batch, line)}.pdf")

    def _link(self, target: Target) -> Response:
        link = self._links.make(target, g.key, self._origin(), self._clock())
        return jsonify({"signedUrl": link})

    def _origin(self) -> str:
        """Returns where clients reach this face: the setting, or else as the request did."""
        return self._printer().origin or request.host_url.rstrip("/")

    def _check_organization(self, code: str) -> None:
        """Raises OrganizationNotAllowed or InstitutionNotFound unless the key may print for it."""
        set_organization(code)
        if not g.key.serves(code):
            raise refusals.OrganizationNotAllowed

        def registered(connection: Transaction) -> bool:
            return configuration.organization(connection, code) is not None

        if not read_only(self._store, registered):
            raise refusals.InstitutionNotFound

    def _folder(self, folder: str) -> Batch:
        """Returns a folder.  Raises FolderNotAvailable unless it is there, for this key."""
        self._printer()
        from gpd_soap.features.documents.print_service import folders

        named = folders.parse(folder)
        if named is None or not g.key.serves(named[0]):
            raise refusals.FolderNotAvailable
        set_organization(named[0])
        batch = read_only(self._store, lambda c: folders.get(c, *named))
        if batch is None:
            raise refusals.FolderNotAvailable
        return batch


def _file(
    content: bytes | Iterable[bytes], name: str, status: int = 200, kind: str = PDF
) -> Response:
    response = Response(content, status, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
