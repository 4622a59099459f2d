"""The descriptions of the fields of documents and batches."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "lang": "`it`, `it-de` with German in grey, `it+de` with both equal, `de` for an addressee"
    " abroad; en, de, fr or sl. Without it, the organization's.",
    "linguaSecondaria": "Second language in grey, or `false`; without it, the organization's.",
    "embed": "Whether the Node's message is inside the document.",
    "Document.id": "Id of the document: the SHA-256 of its input.",
    "Document.state": "Whether the document says what its position says.",
    "supersededBy": "Id of the next document of the same notices, of one that is superseded.",
    "digest": "SHA-256 of the bytes.",
    "size": "Bytes of the document.",
    "versions": "Versions of the program and its libraries that made the document.",
    "documents": "The documents of the page.",
    "navs": "Numbers of the notices.",
    "dueDateFrom": "First due date, in Rome's time, without a zone.",
    "dueDateTo": "Last due date, in Rome's time, without a zone; a bare date includes its day.",
    "load": "`last` for the positions of the last load.",
    "Batch.id": "Id of the batch.",
    "Batch.job": "Id of the job that prints the notices.",
    "Batch.state": "Whether notices still wait; those of a cancelled batch, until it is resumed.",
    "Batch.total": "Number of notices; of positions, if they were chosen.",
    "released": "Notices that have a document.",
    "Batch.refused": "Notices that have none.",
    "refused": "Only lines that have no document.",
    "batches": "The batches of the page.",
    "BatchLine.number": "Number of the line, from 1.",
    "BatchLine.document": "Id of the document; none if the notice waits or was refused.",
    "BatchLine.reason": "Why there is no document, in Italian.",
    "lines": "The lines of the page.",
}
