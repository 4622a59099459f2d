"""The operations on loads: read a request, write its answer."""

from __future__ import annotations

from io import BytesIO

from flask import Response, jsonify, request

from gpd_soap.api.audit.trail import set_subjects
from gpd_soap.api.auth import actor, body_of, raw_body
from gpd_soap.api.loads import problems, responses
from gpd_soap.api.problems import Refused
from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.loads.loads import StoredLoad
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.csv_values import Amounts
from gpd_soap.usecases.loads.manage import Loads
from gpd_soap.usecases.loads.mend import by_rule
from gpd_soap.usecases.loads.reading import Dates, Kind, reading_of
from gpd_soap.usecases.loads.understand import Answers
from gpd_soap.usecases.loads.undo import Way
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath
from gpd_soap.validation.queries.loads import (
    Confirmation,
    LoadAnswers,
    LoadLinesOf,
    LoadPath,
    LoadsOf,
    SentFile,
    TakingBack,
)

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ANY = "application/octet-stream"
#: Browsers on Windows call CSV a sheet of Excel.
TYPES = (CSV, XLSX, ANY, "application/vnd.ms-excel")


class Operations:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock = store, clock

    def page(self, path: OrganizationPath, query: LoadsOf) -> Response:
        """List the loads of an organization, the newest first."""
        rows = self._loads().page(path.organizationfiscalcode, query.after, query.limit + 1)
        return jsonify(responses.loads_page(rows, query.limit))

    def create(self, path: OrganizationPath, query: SentFile) -> Response:
        """Send a file of positions, CSV or a workbook, which is tried by a job.

        A trial stores no position. A file that does not say how it is read waits for an answer.
        """
        if request.mimetype not in TYPES or "Content-Encoding" in request.headers:
            raise Refused(problems.NO_FILE)
        organization = path.organizationfiscalcode
        load = self._loads().receive(organization, query.name, BytesIO(raw_body()))
        set_subjects(Subject(resource=load.id))
        response = _answer(load)
        response.status_code = 201
        response.headers["Location"] = f"/organizations/{organization}/loads/{load.id}"
        return response

    def read(self, path: LoadPath, query: NoQuery) -> Response:
        """Read a load: how its file is read, what was counted, and how far it is."""
        return _answer(self._get(path))

    def lines(self, path: LoadPath, query: LoadLinesOf) -> Response:
        """List the positions of a load with their outcomes, or what is wrong with its lines.

        Positions have an outcome once they are stored or refused by a load, not by a trial.
        """
        load, reader, limit = self._get(path), self._loads(), query.limit
        if query.refused or query.warnings:
            findings = reader.findings_after(load, query.after, limit + 1, warnings=query.warnings)
            return jsonify(responses.findings_page(findings, limit))
        line = 0 if query.after is None else query.after.line
        return jsonify(responses.rows_page(reader.rows_after(load, line, limit + 1), limit))

    def rows(self, path: LoadPath, query: NoQuery) -> Response:
        """Download the refused rows in the form of the file, with what is wrong, to mend them."""
        load, content = self._loads().to_mend(path.organizationfiscalcode, path.id, by_rule)
        set_subjects(Subject(resource=load.id))
        reading = reading_of(load.reading)
        is_csv = reading.kind is Kind.CSV
        charset = "windows-1252" if reading.encoding == "cp1252" else reading.encoding
        response = Response(content, content_type=f"{CSV}; charset={charset}" if is_csv else XLSX)
        name = f"{load.id}.{reading.kind}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def answer(self, path: LoadPath, query: NoQuery) -> Response:
        """Say how a file is read, and try it so."""
        body = body_of(LoadAnswers)
        answers = Answers(
            None if body.amounts is None else Amounts(body.amounts),
            None if body.dates is None else Dates(body.dates),
            body.constants,
        )
        return _answer(self._loads().answer(path.organizationfiscalcode, path.id, answers))

    def load(self, path: LoadPath, query: NoQuery) -> Response:
        """Store the positions of a file that was tried, or go on where a load was stopped."""
        reading = body_of(Confirmation).reading
        return _answer(self._loads().load(path.organizationfiscalcode, path.id, reading))

    def cancel(self, path: LoadPath, query: NoQuery) -> Response:
        """Stop what is at work; what was stored stays. Without any, the file is thrown away."""
        return _answer(self._loads().cancel(path.organizationfiscalcode, path.id))

    def resume(self, path: LoadPath, query: NoQuery) -> Response:
        """Begin again what was interrupted, from where it was."""
        return _answer(self._loads().resume(path.organizationfiscalcode, path.id))

    def undo(self, path: LoadPath, query: NoQuery) -> Response:
        """Take back the positions of a load that are unpaid and unchanged."""
        way = Way(body_of(TakingBack).way)
        return _answer(self._loads().undo(path.organizationfiscalcode, path.id, way))

    def _get(self, path: LoadPath) -> StoredLoad:
        return self._loads().get(path.organizationfiscalcode, path.id)

    def _loads(self) -> Loads:
        return Loads(self._store, self._clock, actor())


def _answer(load: StoredLoad) -> Response:
    return jsonify(responses.load(load))
