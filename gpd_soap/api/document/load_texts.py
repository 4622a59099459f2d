"""The descriptions and examples of loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpd_soap.api.document.example_values import CREATED, IBAN, IUPD

ROME = "in Rome's time, without a zone"

TEXTS: Mapping[str, str] = {
    "Load.id": "Id of the load.",
    "Load.name": "Name of the file.",
    "Load.digest": "SHA-256 of the file.",
    "Load.size": "Bytes of the file.",
    "Load.state": "What was done with the file; an interrupted load is resumed or cancelled.",
    "reading": "As what the file is read.",
    "Confirmation.reading": "`reading.digest` of the load, as its trial shows it.",
    "rows": "Positions of the file.",
    "ready": "Positions that are stored, or after a trial would be.",
    "present": "Positions that were there already, with the same content.",
    "Load.refused": "Positions that are refused.",
    "warned": "Positions with a warning that are not refused.",
    "readyCents": "Sum of the amounts of the ready positions, in cents.",
    "presentCents": "Sum of the amounts of the positions that were there, in cents.",
    "refusedCents": "Sum of the amounts of the refused positions, in cents.",
    "withoutAmount": "Positions whose amount is not understood; no sum has them.",
    "rules": "The rules that lines break, those of most lines first.",
    "takenBack": "What became of the positions, if the load was taken back.",
    "deleted": "Positions that were deleted.",
    "withdrawn": "Positions that were withdrawn.",
    "paid": "Positions that stay because money was paid.",
    "changed": "Positions that stay because somebody has changed them.",
    "stays": "Positions that cannot be withdrawn in their state.",
    "gone": "Positions that were not there any more.",
    "Load.job": "Id of the job at work, or of the last one.",
    "Load.done": "Positions that the job has handled.",
    "Load.total": "Positions that the job handles.",
    "Load.lastError": "Why the last attempt of the job failed.",
    "Load.createdAt": f"Instant at which the file was sent, {ROME}.",
    "loadedAt": f"Instant at which the positions were created, {ROME}.",
    "Load.endedAt": f"Instant at which the trial or the load ended, {ROME}.",
    "Load.actor": "Id of the key or of the operator, or name of the user.",
    "Load.actorKind": "Kind of who sent the file, or began the load.",
    "loads": "The loads of the page.",
    "Reading.digest": "A text that differs for every other reading.",
    "Reading.kind": "Kind of the file.",
    "encoding": "Encoding of the text.",
    "separator": "Sign between two cells of CSV.",
    "records": "Rows of the file below its header.",
    "amounts": "Unit of the amounts; left out while nobody has said it.",
    "LoadAnswers.amounts": "Unit of the amounts.",
    "dates": "How dates are written: by ISO alone, or with the day first too.",
    "columns": "GPD's name of each column in its order, empty for one that is not read.",
    "values": "Values for all rows, by GPD's names.",
    "missing": "Fields that every row needs, and that have neither a column nor a value.",
    "BrokenRule.field": "GPD's name of the column; empty for the whole row.",
    "BrokenRule.lines": "Number of findings.",
    "isWarning": "Whether it is a warning, which refuses nothing.",
    "line": "Line of the file, from 1; the header has one too.",
    "LoadLine.outcome": "What became of the position.",
    "LoadLine.field": "GPD's name of the column; empty for the whole row.",
    "LoadLines.lines": "The lines of the page.",
    "LoadAnswers.category": "Code of the category of all rows.",
    "LoadAnswers.iban": "Account of all rows.",
    "LoadAnswers.description": "What the notices of all rows are for.",
    "LoadAnswers.dueDate": "Due date of all rows.",
    "LoadAnswers.toPublish": "Whether the positions are published at once.",
    "LoadAnswers.switchToExpired": "Whether the notices expire after their due dates.",
    "way": "`delete` with their numbers, or `withdraw` so that they are still shown.",
    "Loads.limit": "Loads on a page, at most.",
    "LoadLines.limit": "Lines on a page, at most.",
}

_LOAD = {
    "id": "load_0f8fad5bd9cb469fa16570867728950e",
    "name": "tari-2026.csv",
    "digest": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "size": 1934000,
    "state": "trialled",
    "reading": {
        "digest": "9f86d081884c7d65",
        "kind": "csv",
        "encoding": "cp1252",
        "separator": ";",
        "records": 10000,
        "amounts": "euro",
        "dates": "day",
        "columns": ["iupd", "fiscalCode", "fullName", "amount", "description", "dueDate", "iban"],
        "values": {"category": "9/0101002IM/", "toPublish": "true"},
        "missing": [],
    },
    "rows": 10000,
    "ready": 9960,
    "present": 0,
    "refused": 40,
    "warned": 0,
    "readyCents": 127986000,
    "presentCents": 0,
    "refusedCents": 514000,
    "withoutAmount": 0,
    "rules": [{"field": "fiscalCode", "rule": "code-length", "lines": 40, "isWarning": False}],
    "job": "job_0f8fad5bd9cb469fa16570867728950e",
    "done": 10000,
    "total": 10000,
    "createdAt": CREATED,
    "endedAt": CREATED,
    "actorKind": "key",
    "actor": "k1a2b3c4d5e6",
}

ANSWERS: dict[str, Any] = {
    "Load": _LOAD,
    "Loads": {"loads": [_LOAD], "limit": 10},
    "LoadLines": {
        "lines": [
            {
                "line": 3,
                "field": "fiscalCode",
                "rule": "code-length",
                "expected": "16 characters, or 11 digits for a company",
            },
            {"line": 4, "iupd": IUPD, "outcome": "loaded"},
        ],
        "limit": 100,
    },
}

BODIES: dict[str, Any] = {
    "LoadAnswers": {"amounts": "euro", "iban": IBAN},
    "Confirmation": {"reading": "9f86d081884c7d65"},
    "TakingBack": {"way": "delete"},
}
