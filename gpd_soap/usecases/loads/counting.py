"""What is counted while a file is read: positions, sums, and findings by field and rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gpd_soap.store.loads.rows import LoadFinding
from gpd_soap.usecases.loading.check import Outcome, Result
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loads.checking import cents_of
from gpd_soap.usecases.loads.reading import Reading
from gpd_soap.validation.finding import FieldError

#: LIMIT: findings that are stored of a file; all of them are counted.
MOST_FINDINGS = 50_000


class Figures:
    """Counts positions and their amounts by outcome.

    They are stored as JSON, so that a load that was interrupted goes on with them.
    """

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        """Begin with what was stored, or with nothing."""
        before = dict(stored or {})
        self._rules: Counter[tuple[str, str, bool]] = Counter(
            {(field, rule, warns): count for field, rule, count, warns in before.pop("rules", ())}
        )
        self._counts: Counter[str] = Counter(before)

    def add(self, row: Row, outcome: Outcome, findings: list[LoadFinding]) -> None:
        """Count a position with its outcome and its findings."""
        name = {Result.LOADED: "ready", Result.ALREADY_LOADED: "present"}.get(
            outcome.result, "refused"
        )
        cents = cents_of(row)
        self._counts["rows"] += 1
        self._counts[name] += 1
        self._counts["warned"] += bool(outcome.warnings) and outcome.result is not Result.REFUSED
        if cents is None:
            self._counts["without_amount"] += 1
        else:
            self._counts[f"{name}_cents"] += cents
        self._counts["findings"] += len(findings)
        self._rules.update({(each.field, each.rule, each.is_warning) for each in findings})

    def to_json(self) -> dict[str, Any]:
        """Return what is stored; the rules of most rows come first."""
        rules = sorted(self._rules.items(), key=lambda item: (-item[1], item[0]))
        return {**self._counts, "rules": [[*key[:2], count, key[2]] for key, count in rules]}

    def __getitem__(self, name: str) -> int:
        """Return a count, 0 for one that has not begun."""
        return self._counts[name]


def findings_of(outcome: Outcome, reading: Reading, names: list[str]) -> list[LoadFinding]:
    """Return the findings about a position; warnings of a refused one are left out."""
    fields = {name: each for name, each in zip(names, reading.fields, strict=False) if each}
    is_refused = outcome.result is Result.REFUSED
    errors = outcome.errors if is_refused else outcome.warnings
    return list(
        dict.fromkeys(_findings(errors, outcome.row_number, fields, is_warning=not is_refused))
    )


def _findings(
    errors: tuple[FieldError, ...], row_number: int, fields: dict[str, str], *, is_warning: bool
) -> Iterator[LoadFinding]:
    for error in errors:
        name, _, line = error.field.rpartition("@")
        if not (line.isascii() and line.isdigit()):
            name, line = error.field, str(row_number)
        yield LoadFinding(int(line), fields.get(name, name), error.rule, error.expected, is_warning)
