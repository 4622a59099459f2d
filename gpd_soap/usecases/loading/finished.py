"""The event that tells an organization that a file with its positions was loaded."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator

from gpd_soap.core.actor import Actor
from gpd_soap.core.event import Event, EventType
from gpd_soap.usecases.loading.check import Outcome, Result

#: The names of the counts in the data of the event.
NAMES = {
    Result.LOADED: "loaded",
    Result.ALREADY_LOADED: "alreadyStored",
    Result.REFUSED: "refused",
}


class Tally:
    """Counts the outcomes of a load by organization."""

    def __init__(self) -> None:
        """Begins with none."""
        self._results: dict[str, Counter[Result]] = defaultdict(Counter)

    def add(self, outcome: Outcome) -> None:
        """Counts an outcome."""
        self._results[outcome.organization][outcome.result] += 1

    def events(self, actor: Actor) -> Iterator[Event]:
        """Yields an event for each organization of which the load has accepted a position.

        All have the same subject, which names the load.  An organization all of whose positions
        were refused has none: it may not be registered.
        """
        load = f"load_{secrets.token_hex(16)}"
        for organization, results in sorted(self._results.items()):
            if results[Result.LOADED] or results[Result.ALREADY_LOADED]:
                counts = {name: results[result] for result, name in NAMES.items()}
                data = {"load": load, **counts}
                yield Event(organization, EventType.LOAD_FINISHED, load, actor, data)
