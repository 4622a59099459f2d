"""The operations on batches of notices."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.audit.trail import set_subjects
from gpd_soap.api.auth import actor, body_of
from gpd_soap.api.documents import models
from gpd_soap.api.documents.printers import Printers
from gpd_soap.api.groups import ORGANIZATION, add
from gpd_soap.api.openapi import answer, body, document, refusals
from gpd_soap.api.responses import Body, camel_case, listed, rome_text
from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchLine, BatchState, Choice, Counts
from gpd_soap.store.store import Store
from gpd_soap.usecases.document_refusals import BatchNotEnded, BatchNotFound, NothingLoaded
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath, Paged
from gpd_soap.validation.queries.documents import BatchPath, LinesOf, NewBatch

if TYPE_CHECKING:
    from gpd_soap.features.documents.archive.batch import Request

ZIP = "getBatchZip"


class Batches:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, clock: Clock, printer: Printers) -> None:
        """Use these collaborators for every operation."""
        self._store, self._clock, self._printer = store, clock, printer

    def create(self, path: OrganizationPath, query: NoQuery) -> Response:
        """Begin to print many notices: by their numbers, by due dates, or those of a load.

        The notices are printed by a job apart from this request.
        """
        fields = body_of(NewBatch)
        self._printer()
        from gpd_soap.features.documents.archive.batch import begin
        from gpd_soap.features.documents.archive.job import enqueue_batch

        organization = path.organizationfiscalcode

        def work(connection: Transaction) -> Batch:
            request = _request(connection, organization, fields)
            batch = begin(connection, organization, request, actor(), self._clock())
            enqueue_batch(connection, batch)
            return batch

        batch = in_transaction(self._store, work)
        set_subjects(Subject(resource=batch.id))
        response = jsonify(_batch(batch, Counts(0, 0)))
        response.status_code = 201
        response.headers["Location"] = f"/organizations/{organization}/notices/batches/{batch.id}"
        return response

    def page(self, path: OrganizationPath, query: Paged) -> Response:
        """List the batches of notices of an organization, the newest first."""

        def work(connection: Transaction) -> tuple[list[Body], int]:
            rows, total = batches.page(connection, path.organizationfiscalcode, query.slice())
            return [_batch(each, batches.counts(connection, each)) for each in rows], total

        rows, total = read_only(self._store, work)
        return jsonify(listed("batches", rows, total, query))

    def read(self, path: BatchPath, query: NoQuery) -> Response:
        """Read how far a batch of notices is."""
        batch = self._get(path)
        counts = read_only(self._store, lambda c: batches.counts(c, batch))
        return jsonify(_batch(batch, counts))

    def resume(self, path: BatchPath, query: NoQuery) -> Response:
        """Go on with a batch whose job was cancelled or failed: print the notices that wait."""
        from gpd_soap.features.documents.archive.job import resume_batch

        now = self._clock()

        def work(connection: Transaction) -> tuple[Batch, Counts]:
            batch = resume_batch(connection, _existing(connection, path), now)
            return batch, batches.counts(connection, batch)

        batch, counts = in_transaction(self._store, work)
        set_subjects(Subject(resource=batch.id))
        return jsonify(_batch(batch, counts))

    def lines(self, path: BatchPath, query: LinesOf) -> Response:
        """List the notices of a batch, each with its document or the reason for none."""
        batch = self._get(path)
        rows, total = read_only(
            self._store,
            lambda c: batches.lines_page(c, batch, query.slice(), refused=query.refused),
        )
        return jsonify(listed("lines", [_line(each) for each in rows], total, query))

    def zip(self, path: BatchPath, query: NoQuery) -> Response:
        """Download the documents of a batch that has ended, with a table of all outcomes.

        In the table of a cancelled batch, the notices that wait have neither file nor reason.
        """
        batch, archive = self._get(path), self._printer().archive
        if batch.state == BatchState.RUNNING:
            raise BatchNotEnded
        from gpd_soap.features.documents.archive.batch import zip_of

        response = Response(zip_of(self._store, archive, batch), content_type="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{batch.id}.zip"'
        return response

    def _get(self, path: BatchPath) -> Batch:
        return read_only(self._store, lambda c: _existing(c, path))


def declare(api: APIBlueprint, on: Batches) -> None:
    """Declare every operation on batches."""
    path = f"{ORGANIZATION}/notices/batches"
    add(
        api.post, path, on.create, "createBatch", body(NewBatch),
        {201: answer(models.Batch, "The batch."), **refusals(404, 409, 415, 501)},
    )  # fmt: skip
    add(
        api.get, path, on.page, "listBatches", None,
        {200: answer(models.Batches, "A page of batches.")},
    )  # fmt: skip
    add(
        api.get, f"{path}/<id>", on.read, "getBatch", None,
        {200: answer(models.Batch, "The batch."), **refusals(404)},
    )  # fmt: skip
    add(
        api.post, f"{path}/<id>/resume", on.resume, "resumeBatch", None,
        {200: answer(models.Batch, "The batch, which goes on."), **refusals(404, 409)},
    )  # fmt: skip
    add(
        api.get, f"{path}/<id>/lines", on.lines, "listBatchLines", None,
        {200: answer(models.BatchLines, "A page of lines."), **refusals(404)},
    )  # fmt: skip
    add(
        api.get, f"{path}/<id>/zip", on.zip, ZIP, None,
        {200: document("application/zip", "The documents."), **refusals(404, 409, 501)},
    )  # fmt: skip


def _existing(connection: Transaction, path: BatchPath) -> Batch:
    batch = batches.get(connection, path.organizationfiscalcode, path.id)
    if batch is None:
        raise BatchNotFound
    return batch


def _request(connection: Transaction, organization: str, fields: NewBatch) -> Request:
    """Return what a batch prints.  Raises NothingLoaded if there was no load."""
    from gpd_soap.features.documents.archive.batch import Request

    if fields.navs:
        return Request(tuple(fields.navs))
    if fields.due_date_from is not None and fields.due_date_to is not None:
        return Request(choice=Choice(due=(fields.due_date_from, fields.due_date_to)))
    loaded_at: datetime | None = batches.last_load(connection, organization)
    if loaded_at is None:
        raise NothingLoaded
    return Request(choice=Choice(loaded_at=loaded_at))


def _line(line: BatchLine) -> Body:
    return camel_case(number=line.number, nav=line.nav, document=line.document, reason=line.reason)


def _batch(batch: Batch, counts: Counts) -> Body:
    from gpd_soap.features.documents.archive.job import job_of

    return camel_case(
        id=batch.id,
        job=job_of(batch),
        state=batch.state,
        total=batch.total,
        released=counts.released,
        refused=counts.refused,
        created_at=rome_text(batch.created_at),
        ended_at=rome_text(batch.ended_at),
        actor_kind=batch.actor_kind,
        actor=batch.actor,
    )
