"""The lamp of the bar: what is to be watched at the station, and how many cases wait."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import current_app

from gpd_soap.console.parts import Parts
from gpd_soap.console.words import _
from gpd_soap.console.work.asking import certificate_end
from gpd_soap.console.work.watch import Certificate, Watch, concerns, watched
from gpd_soap.store.receipts.queue import Waiting
from gpd_soap.usecases.figures import station, today
from gpd_soap.usecases.figures.station import Station

EXTENSION = "gpd-soap-lamps"
#: LIMIT: seconds for which figures are shown again; each page has the lamp.
FRESH = timedelta(seconds=10)
#: LIMIT: organizations whose figures a process holds at once, so that its memory is bounded.
MOST = 500


class Figures(NamedTuple):
    """What was read of an organization, and when."""

    read_at: datetime
    station: Station
    waiting: list[Waiting]
    failing: tuple[str, ...]


class Lamp(NamedTuple):
    """The lamp of an organization."""

    figures: Figures
    things: list[Watch]

    @property
    def concerns(self) -> int:
        """How many things are to be watched."""
        return concerns(self.things)

    @property
    def is_bad(self) -> bool:
        """Whether one of them is a problem now."""
        return any(each.kind == "bad" for each in self.things)

    @property
    def cases(self) -> int:
        """How many cases are open."""
        return sum(each.cases for each in self.figures.waiting)


class Lamps:
    """The lamps of all organizations, read again after a few seconds."""

    def __init__(self, parts: Parts) -> None:
        """Read nothing yet."""
        self._parts, self._lock = parts, threading.Lock()
        self._figures: dict[str, Figures] = {}

    def of(self, organization: str, now: datetime, *, anew: bool = False) -> Lamp:
        """Returns the lamp of an organization; `anew` reads its figures now."""
        figures = self._figures.get(organization)
        if anew or figures is None or not timedelta() <= now - figures.read_at < FRESH:
            figures = self._read(organization, now)
            with self._lock:
                if len(self._figures) >= MOST:
                    self._figures.clear()
                self._figures[organization] = figures
        certificates = self.certificates()
        things = watched(
            figures.station, now, certificates, figures.failing, has_journal=self.has_journal
        )
        return Lamp(figures, things)

    def forget(self, organization: str) -> None:
        """Read the figures of an organization again at the next page: a case was decided."""
        with self._lock:
            self._figures.pop(organization, None)

    def recount(self, organization: str, waiting: list[Waiting]) -> None:
        """Take the cases that a page has just counted, so that the bar says the same."""
        with self._lock:
            figures = self._figures.get(organization)
            if figures is not None:
                self._figures[organization] = figures._replace(waiting=waiting)

    @property
    def has_journal(self) -> bool:
        """Whether exchanges are written to the database."""
        return self._parts.settings.journal == "database"

    def certificates(self) -> list[Certificate]:
        """Returns the certificates that this process can see."""
        path = self._parts.settings.node_tls_certificate
        ends_at = certificate_end(path) if path and Path(path).is_file() else None
        if ends_at is None:
            return []
        return [Certificate(_("Quello con cui ci presentiamo al Nodo."), ends_at)]

    def _read(self, organization: str, now: datetime) -> Figures:
        store = self._parts.store
        return Figures(
            now,
            station.read(store, organization, now),
            today.waiting(store, organization, now),
            tuple(_fact(each) for each in self._parts.ready() if not each[1]),
        )


def lamps() -> Lamps:
    """Returns the lamps of this application."""
    held: Lamps = current_app.extensions[EXTENSION]
    return held


def _fact(fact: tuple[str, bool, str]) -> str:
    name, _holds, detail = fact
    return f"{name}: {detail}"
