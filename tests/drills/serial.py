"""Every end that some serial order of overlapping operations gives: a pure function.

The operations on a position overlap when several clients send them at once.  The store may then
hold what one of their serial orders gives, and nothing else.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.drills.model import apply
from tests.drills.operations import End, Operation, State


class Record(NamedTuple):
    """An operation, when it was sent and answered, and what the answer was.

    `outcome` is None where no answer says whether it was done; then `answered` is infinite.
    """

    operation: Operation
    sent: float
    answered: float
    outcome: str | None


def ends(start: State, records: Sequence[Record]) -> set[End]:
    """Every end of a serial order that respects the instants and gives each answer as recorded."""
    records = sorted(records, key=lambda record: record.sent)
    first = (frozenset(range(len(records))), start)
    seen, waiting, possible = {first}, [first], set[End]()
    while waiting:
        left, state = waiting.pop()
        if all(records[each].outcome is None for each in left):
            possible.add(state.end)
        for number in _next(records, left):
            record = records[number]
            for outcome, after in apply(state, record.operation):
                following = (left - {number}, after)
                if record.outcome in (None, outcome) and following not in seen:
                    seen.add(following)
                    waiting.append(following)
    return possible


def _next(records: Sequence[Record], left: frozenset[int]) -> Iterator[int]:
    """The operations that may come next: sent before any other that is left was answered."""
    horizon = min((records[each].answered for each in left), default=math.inf)
    tried = set[Operation]()
    for number in sorted(left):
        record = records[number]
        if record.sent > horizon:
            continue
        if record.outcome is None:
            # WHY: of several attempts without an answer the first may stand for any; without this
            # the orders of many attempts would be too many.
            if record.operation in tried:
                continue
            tried.add(record.operation)
        yield number
