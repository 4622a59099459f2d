"""The report of a command: two tables on the terminal, and the same as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

LIBRARIES = ("gpd-soap", "gunicorn", "lxml", "psycopg", "spyne", "sqlalchemy")


class Finding(NamedTuple):
    """A figure with a target: its median, its extremes, and the target."""

    name: str
    median: float
    lowest: float
    highest: float
    target: str
    holds: bool


class Report(NamedTuple):
    """The result of a command: rows, findings, and the runs that the rows sum up."""

    command: str
    rows: Sequence[Any]
    findings: Sequence[Finding]
    runs: Sequence[Any] = ()


def at_least(name: str, values: Sequence[float], target: float) -> Finding:
    """Return the finding of a figure that should not fall below its target."""
    middle = median(values)
    return Finding(name, middle, min(values), max(values), f">= {target:g}", middle >= target)


def at_most(name: str, values: Sequence[float], target: float) -> Finding:
    """Return the finding of a figure that should not rise above its target."""
    middle = median(values)
    return Finding(name, middle, min(values), max(values), f"<= {target:g}", middle <= target)


def show(report: Report) -> str:
    """Return both tables as text."""
    tables = [table(rows) for rows in (report.rows, report.findings) if rows]
    return "\n\n".join(tables)


def table(rows: Sequence[Any]) -> str:
    """Return named tuples of one kind as columns, under the names of their fields."""
    cells = [[name.replace("_", " ") for name in rows[0]._fields]]
    cells += [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    aligned = [isinstance(value, float | int) for value in rows[0]]
    return "\n".join(
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, aligned, strict=True)
        ).rstrip()
        for line in cells
    )


def write(report: Report, path: Path) -> None:
    """Write the report as JSON, with every run and the machine."""
    document = {
        "command": report.command,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        **{
            name: [row._asdict() for row in getattr(report, name)]
            for name in ("rows", "findings", "runs")
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],  # more than the cores: other programs ran too
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)
