"""Invented files of positions, and how their load ended."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Outcome, Result
from gpd_soap.usecases.loading.load import LoadOptions, Report, load
from gpd_soap.usecases.loading.source import Format, open_source
from gpd_soap.validation.finding import FieldError
from tests.validation.bodies import ORGANIZATION, body, option

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


STATION = "15376371009_01"


CONFIGURATION = {
    "organizations": [{"fiscalCode": ORGANIZATION, "name": "Comune di Esempio"}],
    "brokers": ["15376371009"],
    "stations": [
        {
            "id": STATION,
            "broker": "15376371009",
            "organizations": [{"fiscalCode": ORGANIZATION, "segregationCode": "47"}],
        }
    ],
}


#: The time between two loads.
MINUTE = timedelta(minutes=1)


Body = dict[str, Any]


class Ended(NamedTuple):
    """The report of a load, and the outcome of each position."""

    report: Report
    outcomes: list[Outcome]

    @property
    def loaded(self) -> int:
        """The number of positions that were stored."""
        return self.report.results[Result.LOADED] if self.report.written else 0

    @property
    def refused(self) -> list[tuple[int, str, tuple[FieldError, ...]]]:
        """The refused positions: row number, IUPD and errors."""
        return [
            (o.row_number, o.iupd, o.errors) for o in self.outcomes if o.result is Result.REFUSED
        ]


Load = Callable[..., Ended]


def valid(serial: int, **more: object) -> Body:
    """Return a position of a file, with an IUPD after the serial of its notice."""
    content = {"organization": ORGANIZATION, "iupd": f"P{serial}", **more}
    return {**body(option(serial)), **content}


def invalid(serial: int) -> Body:
    """Return a position that is refused because of one field."""
    return valid(serial, type="H")


ACTOR = Actor(ActorKind.COMMAND, "ada")
BAD = (FieldError("type", "choice", "'F' or 'G'"),)


def load_document(store: Store, content: Body, now: datetime = NOW, **options: Any) -> Ended:
    """Load a JSON document, and return how it ended."""
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, None)
    outcomes: list[Outcome] = []
    return Ended(load(store, source, now, LoadOptions(ACTOR, **options), outcomes.append), outcomes)


def stored_numbers(store: Store) -> dict[str, list[str]]:
    """Return every IUPD in the store with its notice numbers."""
    option = tables.payment_option
    with store.begin() as connection:
        navs: dict[str, list[str]] = {
            row.iupd: [] for row in connection.execute(tables.position.select())
        }
        for row in connection.execute(option.select().order_by(option.c.nav)):
            navs[row.iupd].append(row.nav)
    return navs


def organizations(store: Store) -> int:
    """Return the number of organizations in the store."""
    with store.begin() as connection:
        return len(connection.execute(tables.organization.select()).all())
