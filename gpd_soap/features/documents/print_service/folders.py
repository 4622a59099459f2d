"""The platform's folders: batches under the names that its client knows.

SPEC: the platform's service that prints notices: states of a folder, names of its items.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core.actor import Actor
from gpd_soap.features.documents.archive import batch as work
from gpd_soap.features.documents.archive.batch import DIFFERS, MOVED, Request
from gpd_soap.features.documents.archive.job import enqueue_batch, job_of
from gpd_soap.features.documents.reasons import Reason
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchLine, BatchState, SentLine
from gpd_soap.store.jobs import read as jobs
from gpd_soap.store.jobs.queue import State
from gpd_soap.validation.queries.print_service import NoticeItem

FOLDER = re.compile(r"([0-9]{11})-(bat_[0-9a-f]{32})")
#: LIMIT: notices of a folder: those of its request, and those that were put there later.
MOST_LINES = 10_000
#: LIMIT: characters of the id of a template that a line of a batch holds.
LONGEST_TEMPLATE = 40
#: Stands for the number of a notice that has none.
NO_NAV = "0" * 18
#: Codes of errors beside the names of the reasons.
OTHER_CODES = {DIFFERS: "DIFFERS", MOVED: "MOVED"}
ENDED = {State.DEAD, State.CANCELLED}


class FolderState(StrEnum):
    """How far a folder is."""

    INSERTED = "INSERTED"
    PROCESSING = "PROCESSING"
    COMPLETING = "COMPLETING"
    FAILED = "FAILED"
    PROCESSED = "PROCESSED"
    PROCESSED_WITH_FAILURES = "PROCESSED_WITH_FAILURES"


class Status(NamedTuple):
    """How far a folder is, the names of its documents, and the ids of its errors."""

    state: FolderState
    processed: list[str]
    errors: list[str]


def folder_id(batch: Batch) -> str:
    """Return the id of the folder that a batch is."""
    return f"{batch.organization}-{batch.id}"


def parse(folder: str) -> tuple[str, str] | None:
    """Return the organization and the batch of a folder's id, or None if it is no such id.

    >>> parse("77777777777-bat_0f8fad5bd9cb469fa16570867728950e")
    ('77777777777', 'bat_0f8fad5bd9cb469fa16570867728950e')
    """
    match = FOLDER.fullmatch(folder)
    return None if match is None else (match[1], match[2])


def get(connection: Transaction, organization: str, batch_id: str) -> Batch | None:
    """Return the batch of a folder; None if there is none, or if it was no request of this kind."""
    batch = batches.get(connection, organization, batch_id)
    return None if batch is None or not batch.options.get("sent") else batch


def item_name(organization: str, nav: str, template: str) -> str:
    """Return the name that the platform gives to a printed notice."""
    return f"pagopa-avviso-{organization}-{nav}-{template}"


def error_id(line: BatchLine) -> str:
    """Return the id of the error of a line."""
    return f"{line.number:06d}-{line.nav}"


def error_code(line: BatchLine) -> str:
    """Return the code of the error of a line."""
    names = {str(reason): reason.name for reason in Reason}
    return {**names, **OTHER_CODES}.get(line.reason or "", "UNKNOWN")


def begin(
    connection: Transaction,
    organization: str,
    items: Sequence[NoticeItem],
    actor: Actor,
    now: datetime,
) -> Batch:
    """Add the folder of some notices of one organization, and begin its job."""
    lines = [
        SentLine(
            each.nav or NO_NAV,
            each.template_id[:LONGEST_TEMPLATE],
            each.model_dump(mode="json", by_alias=True, exclude_none=True),
        )
        for each in items
    ]
    batch = work.begin(connection, organization, Request(sent=lines), actor, now)
    enqueue_batch(connection, batch)
    return batch


def status(connection: Transaction, batch: Batch) -> Status:
    """Return how far a folder is."""
    lines = batches.lines(connection, batch, after=0, limit=MOST_LINES)
    job = jobs.get(connection, batch.organization, job_of(batch))
    stopped = job is not None and job.state in ENDED
    processed = [name_of(batch, line) for line in lines if line.document is not None]
    errors = [error_id(line) for line in lines if line.reason is not None]
    return Status(_state(batch, len(processed), len(errors), stopped=stopped), processed, errors)


def _state(batch: Batch, processed: int, errors: int, *, stopped: bool) -> FolderState:
    if batch.state == BatchState.DONE:
        return FolderState.PROCESSED_WITH_FAILURES if errors else FolderState.PROCESSED
    if stopped:
        return FolderState.FAILED
    if processed + errors == 0:
        return FolderState.INSERTED
    all_handled = processed + errors >= batch.total
    return FolderState.COMPLETING if all_handled else FolderState.PROCESSING


def name_of(batch: Batch, line: BatchLine) -> str:
    """Return the name of a line's notice."""
    return item_name(batch.organization, line.nav, line.template or "")


def line_of(connection: Transaction, batch: Batch, file: str) -> BatchLine | None:
    """Return the line whose document has a name, with or without `.pdf`; None if there is none."""
    name = file.removesuffix(".pdf")
    lines = batches.lines(connection, batch, after=0, limit=MOST_LINES)
    return next((each for each in lines if each.document and name_of(batch, each) == name), None)


def error_of(connection: Transaction, batch: Batch, error: str) -> BatchLine | None:
    """Return the line that an error is of, or None."""
    lines = batches.lines(connection, batch, after=0, limit=MOST_LINES)
    return next((each for each in lines if each.reason and error_id(each) == error), None)


def put(connection: Transaction, batch: Batch, document: str, item: NoticeItem) -> None:
    """Put a document that is released in this transaction into a folder."""
    template = item.template_id[:LONGEST_TEMPLATE]
    batches.put_printed(connection, batch, item.nav or NO_NAV, template, document)


def remove(connection: Transaction, batch: Batch, now: datetime) -> None:
    """Remove a folder, and cancel its job; documents stay in the archive."""
    batches.remove(connection, batch, now)
    jobs.cancel(connection, batch.organization, job_of(batch), now)
