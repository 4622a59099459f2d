"""Loading a file: check every position, then keep them all, or the good ones, in one transaction.

LIMIT: while it lasts, receipts for notices that are unknown wait (with SQLite every receipt does),
and those that wait too long the Node sends again; a large file is best loaded in parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from gpd_soap.intake.document import Document, Placed
from gpd_soap.intake.finding import FieldError, findings
from gpd_soap.intake.position import check
from gpd_soap.intake.writing import Candidate, Name, Refused, Undone, Writing
from gpd_soap.store.store import Store

#: LIMIT: positions that go to the database at once, so that each statement ends in time.
BATCH = 100

#: LIMIT: what a line of a report has room for.
LONGEST_NAME = 80

Advance = Callable[[int], object]


class How(NamedTuple):
    """What the caller wants: the good positions alone, nothing written, odd numbers let pass."""

    keep_going: bool = False
    dry_run: bool = False
    lenient: bool = False


class Turned(NamedTuple):
    """A position that was not taken: which one, its IUPD where it has one, and why."""

    place: int
    iupd: str
    errors: tuple[FieldError, ...]


class Report(NamedTuple):
    """What came of a file; `kept` counts what was written, or would be if it were no dry run."""

    found: int
    kept: int
    refused: tuple[Turned, ...]
    warnings: Counter[str]


def load(
    store: Store, document: Document, now: datetime, how: How, advance: Advance = lambda _: None
) -> Report:
    """Load a file, all or nothing unless told to keep going.

    UnusableFile when its configuration names what is nowhere.  `advance` is told of each position
    when it is checked, and of each good one again when it is written.
    """
    refused: Refused = {}
    warnings: Counter[str] = Counter()
    good = []
    for place, told in enumerate(document.positions):
        candidate, errors, doubts = _checked(place, told, lenient=how.lenient)
        warnings.update(doubt.rule for doubt in doubts)
        if candidate is None:
            refused[place] = errors
        else:
            good.append(candidate)
        advance(1)
    refused |= _repeated(good)
    good = [candidate for candidate in good if candidate.place not in refused]
    kept = 0
    if how.keep_going or not refused:
        late = _write(store, document, good, now, how, advance)
        kept = len(good) - len(late) if how.keep_going or not late else 0
        refused |= late
    turned = (Turned(at, _iupd(document.positions[at]), refused[at]) for at in sorted(refused))
    return Report(len(document.positions), kept, tuple(turned), warnings)


def _checked(
    place: int, told: object, *, lenient: bool
) -> tuple[Candidate | None, tuple[FieldError, ...], tuple[FieldError, ...]]:
    """Take apart what a file adds to GPD's fields, and check both halves."""
    fields = told if isinstance(told, dict) else {}
    ours = {name: fields[name] for name in ("organization", "toPublish") if name in fields}
    rest = {name: fields[name] for name in fields if name not in ours} if fields else told
    errors: tuple[FieldError, ...] = ()
    placed = None
    try:
        placed = Placed.model_validate(ours)
    except ValidationError as error:
        errors = findings(error)
    checked = check(rest, placed.organization if placed else "", lenient=lenient)
    if placed is None or checked.body is None:
        return None, errors + checked.errors, checked.warnings
    candidate = Candidate(place, checked.body, placed.organization, publish=placed.to_publish)
    return candidate, (), checked.warnings


def _repeated(candidates: list[Candidate]) -> Refused:
    """Positions of one file that claim an IUPD or a number of a position before them."""
    seen: set[Name] = set()
    refused: Refused = {}
    for candidate in candidates:
        again = [field for field, name in candidate.names.items() if name in seen]
        if again:
            expected = "what no position before it in the file has"
            refused[candidate.place] = tuple(FieldError(f, "duplicate", expected) for f in again)
        else:
            seen.update(candidate.names.values())
    return refused


def _write(
    store: Store,
    document: Document,
    good: list[Candidate],
    now: datetime,
    how: How,
    advance: Advance,
) -> Refused:
    """Keep configuration and positions; those refused only now are the answer."""
    refused: Refused = {}
    # WHY: numbers are issued last, so that none is handed out that the file itself brings.
    waiting = sorted(good, key=lambda candidate: candidate.wants_number)
    with suppress(Undone), Writing(store, now) as writing:
        writing.configure(document)
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            refused |= writing.keep(batch)
            advance(len(batch))
        if how.dry_run or (refused and not how.keep_going):
            raise Undone
    return refused


def _iupd(told: object) -> str:
    """What to call a position in a report: its IUPD, unless that is no sane text."""
    iupd = told.get("iupd") if isinstance(told, dict) else None
    if isinstance(iupd, str) and iupd.isprintable() and 0 < len(iupd) <= LONGEST_NAME:
        return iupd
    return "-"
