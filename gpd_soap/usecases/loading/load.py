"""Loading a file: each position is checked, then all are kept, or the good ones.

LIMIT: all or nothing is one transaction, and so is a dry run.  While it lasts, receipts for notices
that are unknown wait (with SQLite every receipt does), and so does whoever wants a notice number of
the same organization; those that wait too long the Node sends again.  A large file is best loaded
with `keep_going`, batch by batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from gpd_soap.store.database.transaction import in_steps
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Candidate, Checked, Outcome, Result, check_row
from gpd_soap.usecases.loading.configure import configure
from gpd_soap.usecases.loading.source import Source
from gpd_soap.usecases.loading.write import Writing

#: LIMIT: notices that go to the database at once, so that each statement ends in time.
BATCH = 500


class LoadOptions(NamedTuple):
    """What the caller wants: the good positions alone, nothing written, odd numbers let pass.

    `organization` is whose the positions are that do not say.
    """

    keep_going: bool = False
    dry_run: bool = False
    lenient: bool = False
    organization: str | None = None


class Report(NamedTuple):
    """How many positions ended how, and what a person should look at, by rule.

    Where not `kept` nothing was written, of the positions `LOADED` neither.
    """

    results: Counter[Result]
    warnings: Counter[str]
    kept: bool


def load(
    store: Store, source: Source, now: datetime, how: LoadOptions, tell: Callable[[Outcome], object]
) -> Report:
    """Load a file, all or nothing unless told to keep going.

    `tell` hears of every position in its turn: of one that is LOADED when it is committed, if how
    says to keep going; else the report says at the end whether it was.  UnusableFile when the
    file's configuration names what is nowhere.
    """
    report = Report(Counter(), Counter(), kept=False)
    step_by_step = how.keep_going and not how.dry_run
    checked = (check_row(row, how.organization, lenient=how.lenient) for row in source.rows)
    with in_steps(store) as connection:
        configure(connection, source.configuration)
        writing = Writing(connection, now)
        if step_by_step:
            # WHY: nobody should wait for us while we wait for the file.
            connection.commit()
        for batch in _batches(checked):
            outcomes = _kept(batch, writing)
            if step_by_step:
                connection.commit()
            for outcome in outcomes:
                report.results[outcome.result] += 1
                tell(outcome)
            report.warnings.update(doubt.rule for each in batch for doubt in each.warnings)
        if step_by_step or not (how.dry_run or report.results[Result.REFUSED]):
            connection.commit()
            return report._replace(kept=True)
    return report


def _kept(batch: Sequence[Checked], writing: Writing) -> list[Outcome]:
    """What came of each row, the good ones written."""
    good = [each.what for each in batch if isinstance(each.what, Candidate)]
    kept = iter(writing.keep(good))
    return [each.what if isinstance(each.what, Outcome) else next(kept) for each in batch]


def _batches(rows: Iterable[Checked]) -> Iterator[list[Checked]]:
    """As many rows as have the notices of a batch; one that is refused counts as one."""
    batch: list[Checked] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.what.body.payment_option) if isinstance(row.what, Candidate) else 1
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
