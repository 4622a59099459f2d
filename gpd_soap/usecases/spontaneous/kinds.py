"""Finds the kinds of service: the built-in one, and those of installed distributions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from gpd_soap.core.errors import OperatorError
from gpd_soap.usecases.spontaneous.declared import Declared
from gpd_soap.usecases.spontaneous.quote import SpontaneousService

GROUP = "gpd_soap.services"
BUILT_IN = "declared"


class UnknownKind(OperatorError):
    """A service has a kind that no distribution provides, or that several provide."""

    hint = f"install the one distribution that provides it in the entry-point group {GROUP}"

    def __init__(self, name: str, reason: str) -> None:
        """Make the message; `reason` is the same without the name of the kind."""
        super().__init__(f"service kind {name!r} {reason}")
        self.reason = reason


class Kinds:
    """Finds a kind by its name; each is loaded and made once."""

    def __init__(self) -> None:
        """Begin with the built-in kind."""
        self._made: dict[str, SpontaneousService] = {BUILT_IN: Declared()}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> SpontaneousService:
        """Return the kind of this name.

        Raises UnknownKind if there is not exactly one, and whatever the code of the kind raises.
        """
        # WHY: the first load of a kind may take its time, so a known kind is read without the lock.
        if name not in self._made:
            with self._lock:
                if name not in self._made:
                    self._made[name] = _made(name)
        return self._made[name]


def problem_with(kind: str, settings: Mapping[str, Any]) -> str | None:
    """Return why a service with these settings cannot be offered, or None."""
    try:
        service = kind_of(kind)
    except UnknownKind as error:
        return f"kind: {error.reason}"
    except Exception as error:  # noqa: BLE001  # WHY: the code of others may fail in any way
        return f"kind: {str(error) or type(error).__name__}"
    check: Callable[[Mapping[str, Any]], str | None] | None
    check = getattr(service, "problem_with", None)
    return None if check is None else check(settings)


def _made(name: str) -> SpontaneousService:
    # WHY: one distribution may be installed twice, as a wheel and as its sources.
    points = {point.value: point for point in entry_points(group=GROUP, name=name)}
    if len(points) != 1:
        count = "several" if points else "no"
        raise UnknownKind(name, f"is provided by {count} installed distributions")
    make: Callable[[], SpontaneousService] = next(iter(points.values())).load()
    service = make()
    if not callable(getattr(service, "quote", None)):
        raise UnknownKind(name, "has no method `quote`")
    return service


kind_of = Kinds()
