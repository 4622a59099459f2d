"""Loads a file: checks each position, then stores all of them, or the valid ones.

LIMIT: a load without `keep_going` is one transaction, and so is a dry run.  Until it ends, receipts
of unknown notices wait (with SQLite, every receipt), and so do requests for a notice number of the
same organization.  The Node sends a receipt again that has waited too long.  `keep_going` commits
each batch, and suits large files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from gpd_soap.core.actor import Actor
from gpd_soap.store.database.transaction import Transaction, in_steps
from gpd_soap.store.events.write import write
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Candidate, Checked, Outcome, Result, check_row
from gpd_soap.usecases.loading.configure import configure
from gpd_soap.usecases.loading.finished import Tally
from gpd_soap.usecases.loading.source import Source
from gpd_soap.usecases.loading.write import PositionWriter

#: LIMIT: notices of one batch, so that each statement ends before its timeout.
BATCH = 500


class Writer(Protocol):
    """What takes the checked positions of a batch."""

    def write(self, batch: Sequence[Candidate]) -> list[Outcome]:
        """Return the outcome of each position, in their order."""


class LoadOptions(NamedTuple):
    """The options of a load.

    `keep_going` stores the valid positions of a file that has invalid ones.  `dry_run` stores
    nothing.  `lenient` accepts strange notice numbers.  `organization` is the creditor of positions
    that name none.
    """

    actor: Actor
    keep_going: bool = False
    dry_run: bool = False
    lenient: bool = False
    organization: str | None = None


class Report(NamedTuple):
    """The number of positions by result, and the number of warnings by rule.

    If `written` is false, nothing was stored, not even the positions counted as LOADED.
    """

    results: Counter[Result]
    warnings: Counter[str]
    written: bool


def load(
    store: Store,
    source: Source,
    now: datetime,
    options: LoadOptions,
    report_outcome: Callable[[Outcome], object],
    record: Callable[[Transaction], None] = lambda _: None,
) -> Report:
    """Load a file and return the report; store everything or nothing, unless `keep_going` is set.

    `report_outcome` is called for each position in its turn.  With `keep_going` a LOADED position
    is committed by then; without it, only the report says whether it was.  `record` writes the load
    to the audit: with `keep_going` before the first batch, else in the transaction of the load.
    Each organization has an event of what was stored; with `keep_going` after the last batch.
    Raises UnusableFile if the configuration in the file names something unknown.
    """
    report, tally = Report(Counter(), Counter(), written=False), Tally()
    step_by_step = options.keep_going and not options.dry_run
    checked = (check_row(row, options.organization, lenient=options.lenient) for row in source.rows)
    with in_steps(store) as connection:
        configure(connection, source.configuration)
        if not options.dry_run:
            record(connection)
        writer = PositionWriter(connection, now, options.actor)
        if step_by_step:
            # WHY: reading the file may take time, and the open transaction would hold its locks.
            connection.commit()
        for batch in batches(checked):
            outcomes = outcomes_of(batch, writer)
            if step_by_step:
                connection.commit()
            for outcome in outcomes:
                report.results[outcome.result] += 1
                tally.add(outcome)
                report_outcome(outcome)
                report.warnings.update(warning.rule for warning in outcome.warnings)
        if step_by_step or not (options.dry_run or report.results[Result.REFUSED]):
            write(connection, tally.events(options.actor))
            connection.commit()
            return report._replace(written=True)
    return report


def outcomes_of(batch: Sequence[Checked], writer: Writer) -> list[Outcome]:
    """Write the valid rows, and return the outcome of each row."""
    valid = [each.value for each in batch if isinstance(each.value, Candidate)]
    written = iter(writer.write(valid))
    outcomes = (each.value if isinstance(each.value, Outcome) else next(written) for each in batch)
    return [
        outcome._replace(warnings=each.warnings)
        for outcome, each in zip(outcomes, batch, strict=True)
    ]


def batches(rows: Iterable[Checked]) -> Iterator[list[Checked]]:
    """Yield the rows in batches of about BATCH notices; a refused row counts as one notice."""
    batch: list[Checked] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.value.body.payment_option) if isinstance(row.value, Candidate) else 1
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
