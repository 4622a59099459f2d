"""The events of a subscription that were read and are not finished, for several lanes at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gpd_soap.store.events.read import StoredEvent


class Window:
    """Events after a cursor: those that wait, and those under way.

    A lane takes the first event whose subject no lane has.  So the events of a subject are sent in
    order, and no lane is idle while another has many.  The caller holds a lock.
    """

    def __init__(self, cursor: int) -> None:
        """Begins after `cursor`."""
        #: The last number that was read, and the last before which every event is finished.
        self.read_until = self.cursor = cursor
        self._waiting: deque[StoredEvent] = deque()
        self._order: deque[int] = deque()
        self._finished: set[int] = set()
        self._under_way: set[str] = set()

    def add(self, events: Iterable[StoredEvent], until: int) -> None:
        """Adds the next events, after which the feed was read until the number `until`."""
        for each in events:
            self._waiting.append(each)
            self._order.append(_number(each))
        self.read_until = max(until, self.read_until)
        self._move()

    def take(self) -> StoredEvent | None:
        """Returns the next event that can be sent, which is then under way; None without any."""
        before: set[str] = set()
        for index, event in enumerate(self._waiting):
            if event.subject not in self._under_way and event.subject not in before:
                del self._waiting[index]
                self._under_way.add(event.subject)
                return event
            before.add(event.subject)
        return None

    def finish(self, event: StoredEvent) -> None:
        """Moves the cursor to the last event before which none is unfinished."""
        self._under_way.discard(event.subject)
        self._finished.add(_number(event))
        self._move()

    def waiting(self) -> int:
        """Returns the number of events that no lane has."""
        return len(self._waiting)

    def _move(self) -> None:
        while self._order and self._order[0] in self._finished:
            self.cursor = self._order.popleft()
            self._finished.discard(self.cursor)
        if not self._order:
            # WHY: events of other types come after the last one, and are not sent.
            self.cursor = max(self.cursor, self.read_until)


def _number(event: StoredEvent) -> int:
    assert event.sequence is not None
    return event.sequence
