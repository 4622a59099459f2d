"""The findings of a file by rule, the largest group first, with what stands in the cells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from gpd_soap.console import formats
from gpd_soap.console.loads import hints, labels
from gpd_soap.console.words import _, language
from gpd_soap.store.loads.rows import LoadFinding
from gpd_soap.usecases.loads.mend import RefusedRow
from gpd_soap.usecases.loads.reading import Reading

#: LIMIT: lines of a rule that are seen at once, and those that open below; the file has the others.
SEEN, BELOW = 3, 47


class ShownLine(NamedTuple):
    """A line with what is wrong: its column as the file calls it, its text, what is expected.

    `cell` is None if the viewer may not see it, or if the bytes are kept no more.
    """

    number: int
    column: str
    cell: str | None
    expected: str
    foreign: bool


class Group(NamedTuple):
    """The lines that break one rule in one field; `number` is that of all of them."""

    id: str
    number: int
    title: str
    hint: str
    seen: Sequence[ShownLine]
    below: Sequence[ShownLine]
    more: int

    @property
    def has_cells(self) -> bool:
        """Whether what stands in the cells may be shown."""
        return any(line.cell is not None for line in self.seen)


class Cells:
    """The cells of refused rows, by line and field."""

    def __init__(self, rows: Iterable[RefusedRow], reading: Reading, names: Sequence[str]) -> None:
        """Keep the rows that are there."""
        self._rows = {row.line: row for row in rows}
        self._reading = reading
        self._names = dict(zip(reading.fields, names, strict=False))

    def text(self, line: int, field: str) -> str | None:
        """Return the text of a cell, or None."""
        row = self._rows.get(line)
        return None if row is None else row.cell(self._reading, field)

    def column(self, field: str) -> str:
        """Return the name of a column as the file has it, else as an office calls it."""
        if not field:
            return _("tutta la riga")
        return self._names.get(field) or labels.field(field)


def groups(
    figures: Sequence[Sequence[object]],
    findings: Sequence[LoadFinding],
    cells: Cells,
    today: date,
    *,
    warnings: bool = False,
) -> list[Group]:
    """Return the groups of the rules that were counted: [field, rule, count, is a warning].

    With `warnings` those of the rows that are loaded all the same, else those of refused rows.
    """
    lines: defaultdict[tuple[str, str], list[LoadFinding]] = defaultdict(list)
    for each in findings:
        lines[each.field, each.rule].append(each)
    chosen = [each for each in figures if bool(each[3]) is warnings]
    titles = Counter(
        labels.rule(str(rule), str(field)).title for field, rule, _count, _warns in chosen
    )
    made = []
    for number, (field, rule, count, _warns) in enumerate(chosen, 1):
        assert isinstance(count, int)
        words = labels.rule(str(rule), str(field))
        title = _(words.title)
        if titles[words.title] > 1 and field:
            title = f"{title}: {labels.field(str(field))}"
        shown = [_line(each, cells, today) for each in lines[str(field), str(rule)][: SEEN + BELOW]]
        made.append(
            Group(
                f"{'w' if warnings else 'g'}{number}",
                count,
                title,
                _(words.hint) % {"today": formats.day(today, language.get())} if words.hint else "",
                shown[:SEEN],
                shown[SEEN:],
                max(count - len(shown), 0),
            )
        )
    return made


def _line(finding: LoadFinding, cells: Cells, today: date) -> ShownLine:
    cell = cells.text(finding.line, finding.field)
    hint = hints.expected(finding.field, finding.rule, cell, today, finding.expected)
    column = cells.column(finding.field)
    return ShownLine(finding.line, column, cell, hint or finding.expected, foreign=not hint)


def describe(row: RefusedRow, reading: Reading, today: date) -> tuple[str, str]:
    """Return the texts of the two columns that say what is wrong with a row."""
    why, what = [], []
    for each in row.reasons:
        words = _(labels.rule(each.rule, each.field).title)
        why.append(f"{labels.field(each.field)}: {words}" if each.field else words)
        cell = row.cell(reading, each.field)
        hint = hints.expected(each.field, each.rule, cell, today, each.expected)
        what.append(hint or each.expected)
    return "; ".join(dict.fromkeys(why)), "; ".join(dict.fromkeys(what))
