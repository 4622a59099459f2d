"""What the pages of loads need beside their words: counts, places, files to take away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Response

from gpd_soap.console.loads import labels
from gpd_soap.console.words import _
from gpd_soap.store.loads.loads import LoadKey, State, StoredLoad
from gpd_soap.usecases.loading.csv_values import Amounts
from gpd_soap.usecases.loads.reading import GIVEN, Dates, Kind, Reading
from gpd_soap.usecases.loads.understand import Answers

#: LIMIT: characters of a value for all rows; no field that can have one takes more.
LONGEST = 140
#: LIMIT: digits of a line; no file has a billion.
MOST_DIGITS = 9
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def answers_in(form: Any) -> Answers:
    """Return what an operator has answered about a file; other values count as no answer."""
    amounts, dates = form.get("amounts", ""), form.get("dates", "")
    names = (*GIVEN, "toPublish", "switchToExpired")
    return Answers(
        Amounts(amounts) if amounts in list(Amounts) else None,
        Dates(dates) if dates in list(Dates) else None,
        tuple((name, form[name].strip()[:LONGEST]) for name in names if name in form),
    )


def as_download(content: Iterable[bytes], name: str, kind: str) -> Response:
    """Return a file to take away under a name, which may have any letter."""
    response = Response(content, content_type=kind)
    plain = "".join(c for c in name if c.isascii() and c not in '"\\') or "file"
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return response


def content_type(reading: Reading) -> str:
    """Return the type of the rows to mend of a file that is read so."""
    if reading.kind is Kind.XLSX:
        return XLSX
    charset = "windows-1252" if reading.encoding == "cp1252" else reading.encoding
    return f"text/csv; charset={charset}"


def load_key(text: str) -> LoadKey | None:
    """Return where a page begins; None for a text that names no place."""
    instant, _space, load_id = text.rpartition(" ")
    try:
        began = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return LoadKey(began, load_id) if began.tzinfo is not None else None


def line_of(text: str) -> int:
    """Return the line after which a page begins; 0, the beginning, for any other text."""
    is_line = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_line else 0


def count(load: StoredLoad, *names: str) -> int:
    """Return the sum of some figures of a load."""
    return sum(load.figures.get(name, 0) for name in names)


def seconds(load: StoredLoad) -> int | None:
    """Return how long a trial took."""
    if load.state != State.TRIALLED or load.ended_at is None:
        return None
    return max(round((load.ended_at - load.created_at).total_seconds()), 1)


def stays(load: StoredLoad) -> list[tuple[str, int, str]]:
    """Return what was not taken back: the outcome, how many, and why."""
    undone = load.figures.get("undone", {})
    return [(name, undone[name], _(text)) for name, text in labels.STAYS.items() if name in undone]


def given(reading: Reading, form: Any) -> dict[str, str]:
    """Return the values for all rows, as they were typed or are stored."""
    return {**dict(reading.constants), **{k: form[k] for k in GIVEN if k in form}}
