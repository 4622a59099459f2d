"""Every end that some serial order of overlapping operations gives: a pure function.

The operations on a position overlap when several clients send them at once.  The store must then
have the end of one of their serial orders.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.drills.model import apply
from tests.drills.operations import End, Operation, State


class Record(NamedTuple):
    """An operation with the instants of its request and answer, and the answer.

    `outcome` is None where no answer says whether it was done; then `answered` is infinite.
    """

    operation: Operation
    sent: float
    answered: float
    outcome: str | None


def ends(start: State, records: Sequence[Record]) -> set[End]:
    """Return every end of a serial order that respects the instants and the recorded answers."""
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
    """Yield the operations that may come next: sent before any other remaining one was answered."""
    horizon = min((records[each].answered for each in left), default=math.inf)
    tried = set[Operation]()
    for number in sorted(left):
        record = records[number]
        if record.sent > horizon:
            continue
        if record.outcome is None:
            # WHY: the orders of many attempts without an answer would be too many, so the first
            # attempt stands for any of them.
            if record.operation in tried:
                continue
            tried.add(record.operation)
        yield number
