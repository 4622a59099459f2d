"""Which kinds of service there are: the built-in one, and what others have installed."""

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
    """A service is configured with a kind that no one provides, or that several do."""

    hint = f"install the one distribution that provides it in the entry-point group {GROUP}"

    def __init__(self, name: str, why: str) -> None:
        """Name the kind; `why` says the same without its name."""
        super().__init__(f"service kind {name!r} {why}")
        self.why = why


class Kinds:
    """Finds a kind by its name; each is loaded and made once."""

    def __init__(self) -> None:
        """Know the built-in kind."""
        self._made: dict[str, SpontaneousService] = {BUILT_IN: Declared()}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> SpontaneousService:
        """The kind of this name; UnknownKind, or whatever its own code raises."""
        # WHY: what is there is read without the lock; a first load may take its time.
        if name not in self._made:
            with self._lock:
                if name not in self._made:
                    self._made[name] = _made(name)
        return self._made[name]


def problem_with(kind: str, settings: Mapping[str, Any]) -> str | None:
    """Say what keeps a service from being offered, or None: asked when it is configured."""
    try:
        service = kind_of(kind)
    except UnknownKind as error:
        return f"kind: {error.why}"
    except Exception as error:  # noqa: BLE001  # WHY: the code of others may fail in any way
        return f"kind: {str(error) or type(error).__name__}"
    check: Callable[[Mapping[str, Any]], str | None] | None
    check = getattr(service, "problem_with", None)
    return None if check is None else check(settings)


def _made(name: str) -> SpontaneousService:
    # WHY: one distribution may be found twice, as a wheel and as its sources.
    found = {point.value: point for point in entry_points(group=GROUP, name=name)}
    if len(found) != 1:
        by = "nothing that is" if not found else "more than one thing"
        raise UnknownKind(name, f"is provided by {by} installed")
    make: Callable[[], SpontaneousService] = next(iter(found.values())).load()
    service = make()
    if not callable(getattr(service, "quote", None)):
        raise UnknownKind(name, "has no method `quote`")
    return service


kind_of = Kinds()
