"""Writes a row of the audit for each change that a key requests, and for what it reads of persons.

A change waits for its rows.  The row of a reading is queued, so that a reading stays one.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from flask import Response, g, request

from gpd_soap.api.auth import READING, operation_path
from gpd_soap.api.idempotency import REPLAYED
from gpd_soap.clock import Clock
from gpd_soap.core.codes import problem_with_fiscal_code_pa
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import READ, Change, Subject
from gpd_soap.store.database.transaction import Unavailable, in_transaction
from gpd_soap.store.store import Store
from gpd_soap.store.tables import audit as table
from gpd_soap.store.tables.base import max_length
from gpd_soap.validation.queries.common import truth

#: Key of the id of a request in its environment.
REQUEST_ID = "gpd_soap.request_id"
#: Parts of a path that name what a request is about, besides notice and position.
RESOURCES = ("id", "iuv", "station", "broker", "idServizio", "idSoggettoServizio")
#: Parameters of a query that name a person: a list that is searched by one is a reading.
PERSONS = frozenset({"debtor", "debtorOrIuv", "debtorCode", "name", "fiscalCode", "fullName"})
#: Fields of a row that never reach the log: they lead to a person.
UNLOGGED = ("nav", "iupd", "receipt_id", "resource")
#: From this status on nothing was read.
NOT_READ = 300

logger = logging.getLogger(__name__)


def set_subjects(*subjects: Subject) -> None:
    """Names what the request is about, where its path does not, or names less."""
    g.subjects = subjects


def set_organization(code: str) -> None:
    """Names the organization that the request is about, where its path does not."""
    g.organization = code


class AuditWriter:
    """Runs after every operation of a group."""

    def __init__(self, store: Store, clock: Clock, persons: Collection[str]) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request.

        `persons` names the endpoints that read a person's data.
        """
        self._store, self._clock, self._persons = store, clock, persons

    def after(self, response: Response) -> Response:
        """Writes the change that was done or refused; dry runs and replayed answers are none."""
        if "key" not in g:
            return response
        if request.method in READING:
            named = request.endpoint in self._persons or not PERSONS.isdisjoint(request.args)
            if request.method == READ and named:
                self._write_reading(response.status_code)
        elif not truth(request.args.get("dryRun", "")) and REPLAYED not in response.headers:
            self._write_change(response.status_code)
        return response

    def _write_reading(self, status: int) -> None:
        """Queues the rows of a reading; one that was refused read nothing."""
        if status < NOT_READ:
            for change in _changes(self._clock, status):
                self._store.access_trail.write(change)

    def _write_change(self, status: int) -> None:
        changes = _changes(self._clock, status)
        try:
            in_transaction(self._store, lambda c: audit.write_change(c, *changes))
        except Unavailable:
            # WHY: the change is committed, so the caller must get its answer.
            for change in changes:
                fields = {n: str(v) for n, v in change._asdict().items() if n not in UNLOGGED}
                logger.warning("a change was not written to the audit", extra={"fields": fields})


def _changes(clock: Clock, status: int) -> list[Change]:
    """Returns a row for each thing that the request is about."""
    change = Change(
        organization=_organization(),
        requested_at=clock(),
        key_id=g.key.id,
        key_name=g.key.name,
        method=request.method,
        path=operation_path(),
        status=status,
        request_id=request.environ.get(REQUEST_ID, NOT_GIVEN),
    )
    subjects: tuple[Subject, ...] = g.get("subjects") or (_subject_of_path(),)
    return [change._replace(**_fitting(each)) for each in subjects]


def _organization() -> str:
    named = (request.view_args or {}).get("organizationfiscalcode", NOT_GIVEN)
    code = g.get("organization", named)
    return code if problem_with_fiscal_code_pa(code) is None else NOT_GIVEN


def _subject_of_path() -> Subject:
    values = request.view_args or {}
    resource = "/".join(values[name] for name in RESOURCES if name in values)
    return Subject(values.get("nav"), values.get("iupd"), resource=resource or None)


def _fitting(subject: Subject) -> dict[str, Any]:
    """Returns the fields of a subject; None for a text of a path that no column can hold."""
    return {
        name: value
        if value is not None and value.isprintable() and len(value) <= max_length(table.c[name])
        else None
        for name, value in subject._asdict().items()
    }
