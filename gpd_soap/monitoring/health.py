"""Is everything that an answer needs there?  A list of facts, for people and for probes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from gpd_soap.contract.schema import Schema
from gpd_soap.monitoring.deadline import Within
from gpd_soap.store.database import migrate
from gpd_soap.store.database.errors import LaterSchema
from gpd_soap.store.store import Store

#: LIMIT: whoever keeps us running waits three seconds or so, and then believes the worst.
SECONDS = 2.5


class Fact(NamedTuple):
    """One thing that must hold, whether it does, and a word on it."""

    name: str
    holds: bool
    word: str

    def __str__(self) -> str:
        return f"{self.name}: {'OK' if self.holds else 'FAIL'} ({self.word})"


class Health:
    """Looks whenever it is asked, and says within a time that somebody is waiting."""

    def __init__(
        self, store: Store, schema: Schema, settled: Iterable[tuple[str, bool, str]] = ()
    ) -> None:
        """Take what is to be looked at; `settled` are facts that hold as long as the process."""
        self._store, self._schema = store, schema
        self._settled = [Fact(*each) for each in settled]
        self._within = Within(SECONDS)

    def __call__(self) -> list[Fact]:
        """Look at the contract, the database and its tables; never raises."""
        return [
            Fact("contract", True, f"{len(self._schema.operations)} operations"),
            *self._database(),
            *self._settled,
        ]

    def _database(self) -> list[Fact]:
        try:
            return self._within(lambda: _database(self._store))
        except TimeoutError:
            return [Fact("database", False, f"no answer in {SECONDS} seconds")]


def _database(store: Store) -> list[Fact]:
    there = Fact("database", True, store.engine.dialect.name)
    try:
        waiting = migrate.pending(store.engine)
        probed = store.last_probe() if not waiting else None
    except LaterSchema as later:
        # WHY: what runs while a later version upgrades the database goes on until it is replaced.
        return [there, Fact("schema", True, str(later))]
    except Exception as error:  # noqa: BLE001  # WHY: whatever it is, the answer is "not ready"
        return [Fact("database", False, type(error).__name__)]
    return [
        there,
        Fact("schema", not waiting, _schema(waiting)),
        Fact("last probe", True, _said(probed)),
    ]


def _schema(waiting: list[str]) -> str:
    return f"run `gpd-soap db upgrade` for {', '.join(waiting)}" if waiting else "up to date"


def _said(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds") if instant else "none so far"
