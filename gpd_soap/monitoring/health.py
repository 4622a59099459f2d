"""Whether the process can answer: a list of facts, for people and for probes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from gpd_soap.contract.schema import Schema
from gpd_soap.monitoring.deadline import Within
from gpd_soap.store.database import migrate
from gpd_soap.store.database.errors import LaterSchema
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.jobs import schedules
from gpd_soap.store.jobs.schedules import Schedule
from gpd_soap.store.store import Store

#: LIMIT: seconds; a supervisor waits about three, and then takes the process for dead.
SECONDS = 2.5


class Fact(NamedTuple):
    """A condition that must hold, whether it does, and a detail for people."""

    name: str
    holds: bool
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {'OK' if self.holds else 'FAIL'} ({self.detail})"


class Health:
    """Checks the process at each call, within SECONDS."""

    def __init__(
        self, store: Store, schema: Schema, fixed: Iterable[tuple[str, bool, str]] = ()
    ) -> None:
        """Check `store` and `schema`; `fixed` are facts that never change in this process."""
        self._store, self._schema = store, schema
        self._fixed = [Fact(*each) for each in fixed]
        self._within = Within(SECONDS)

    def __call__(self) -> list[Fact]:
        """The facts on the contract, the database and its tables; never raises."""
        return [
            Fact("contract", True, f"{len(self._schema.operations)} operations"),
            *self._database(),
            *self._fixed,
        ]

    def _database(self) -> list[Fact]:
        try:
            return self._within(lambda: _database(self._store))
        except TimeoutError:
            return [Fact("database", False, f"no answer in {SECONDS} seconds")]


def _database(store: Store) -> list[Fact]:
    database = Fact("database", True, store.engine.dialect.name)
    try:
        waiting = migrate.pending(store.engine)
        probed = store.last_probe() if not waiting else None
        failing = read_only(store, schedules.failing) if not waiting else []
    except LaterSchema as later:
        # WHY: while a later version upgrades the database, this one serves until it is replaced.
        return [database, Fact("schema", True, str(later))]
    except Exception as error:  # noqa: BLE001  # WHY: after any failure, the answer is "not ready"
        return [Fact("database", False, type(error).__name__)]
    return [
        database,
        Fact("schema", not waiting, _schema_detail(waiting)),
        Fact("last probe", True, _instant_text(probed)),
        *_schedules(failing),
    ]


def _schedules(failing: list[Schedule]) -> list[Fact]:
    """A fact that holds, where background work fails: payments are answered without it."""
    if not failing:
        return []
    texts = (f"{each.kind} failed {each.failures} times in a row" for each in failing)
    return [Fact("schedules", True, ", ".join(texts))]


def _schema_detail(waiting: list[str]) -> str:
    return f"run `gpd-soap db upgrade` for {', '.join(waiting)}" if waiting else "up to date"


def _instant_text(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds") if instant else "none so far"
