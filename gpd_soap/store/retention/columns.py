"""The columns that can hold a person, and what a row has there once the person is forgotten.

A test plants a person in every column of text, and finds none after: a new column must be
classified here or there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table

from gpd_soap.store import tables
from gpd_soap.store.documents.archive import ERASED

#: Stands in the place of a name, and of a text that may name somebody.
FORGOTTEN = "FORGOTTEN"
#: Characters of a pseudonym, which fit every column of a debtor's code.
PSEUDONYM_LENGTH = 16

#: Returns the pseudonym of a debtor's code.
Pseudonym = Callable[[str], str]

#: Set for each row by itself: the pseudonym of the code there.
CODE = "debtor_code"


def _debtor(table: Table, **kept: Any) -> dict[str, Any]:
    """Returns the new values of a debtor's columns, without the code and the kind of debtor."""
    fixed = (CODE, "debtor_kind")
    columns = [c.name for c in table.c if c.name.startswith("debtor_") and c.name not in fixed]
    return {**dict.fromkeys(columns), **kept}


POSITION: Mapping[str, Any] = {
    **_debtor(tables.position, debtor_full_name=FORGOTTEN),
    "created_by": None,
}
#: `debtor_full_name` remains for an option that has its own debtor.
OPTION: Mapping[str, Any] = {
    **_debtor(tables.payment_option),
    "description": FORGOTTEN,
    "option_description": None,
    "metadata": [],
}
#: The text of a person in the data of an event, and the types of events that may have one.
REASON = "reason"
REASONED = ("position.restored", "position.updated", "position.withdrawn", "notice.settled")
TRANSFER: Mapping[str, Any] = {"remittance_information": FORGOTTEN, "metadata": []}
#: A document without its bytes is 404; its digests still prove those that somebody else has.
DOCUMENT: Mapping[str, Any] = {
    "input": "",
    "codes": [],
    "content": None,
    "storage": ERASED,
    "actor": FORGOTTEN,
}
#: What was sent to print a notice is there until the notice has its outcome.
BATCH_LINE: Mapping[str, Any] = {"request": None}
#: A receipt without its message is read with 404, and its other columns as before.
RECEIPT: Mapping[str, Any] = {
    "raw": b"",
    "resolved_by": None,
    "resolution": None,
    "opened_by": None,
    "opening": None,
    "claimed_by": None,
    "mandate": None,
}
