"""The station: whether it is well, what the Node calls, and a self-test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter
from typing import Any

from flask import Blueprint, Response, g
from flask.blueprints import BlueprintSetupState

from gpd_soap.console.charts.columns import slots as slots_chart
from gpd_soap.console.charts.line import percentages
from gpd_soap.console.charts.rows import pairs
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.console.work import ages, asking, calls
from gpd_soap.console.work.asking import Route, Tried
from gpd_soap.console.work.lamp import EXTENSION, Lamp, Lamps, lamps
from gpd_soap.console.work.watch import Certificate, verdict
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.configuration.read import Serving
from gpd_soap.store.database import migrate
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.positions import due
from gpd_soap.usecases.figures import station
from gpd_soap.usecases.figures.station import BAD_SLOT, TARGET, Station

#: LIMIT: faults of a chart; the rest is in the journal.
MOST_FAULTS = 8
#: LIMIT: stations that are named on the page.
MOST_STATIONS = 20
#: How far ahead a payable notice for the self-test is looked for.
AHEAD = timedelta(days=3650)


class StationViews:
    """The views of the station."""

    def __init__(self, parts: Parts) -> None:
        """Use these parts."""
        self._parts = parts

    def page(self, organization: str) -> Response:
        """Return how the station is."""
        return self._shown(organization, None)

    def test(self, organization: str) -> Response:
        """Ask our own station as the Node does, and return how it answered."""
        return self._shown(organization, self._tried(organization), self._seen())

    def _shown(
        self,
        organization: str,
        tried: list[Tried] | None,
        seen: Sequence[Certificate] = (),
    ) -> Response:
        lamp = lamps().of(organization, g.now, anew=True)
        figures = lamp.figures.station
        faults = figures.faults[:MOST_FAULTS]
        return render(
            "station/station.html",
            title=verdict(lamp.things, figures),
            lamp_now=lamp,
            station=figures,
            faults=faults,
            ages=ages,
            calls=calls,
            tried=tried,
            serving=self._serving(organization),
            target=TARGET,
            bad_slot=BAD_SLOT,
            late_ratio=station.late_ratio,
            ratios=percentages(_ratios(figures), TARGET),
            slots=slots_chart([station.late_ratio(slot) for slot in figures.slots], BAD_SLOT),
            pairs=pairs([(each.today, each.usual, each.is_unusual) for each in faults]),
            certificates=[*lamps().certificates(), *seen],
            database=self._database(),
            public=bool(self._parts.settings.public_url),
            grafana=self._parts.settings.grafana_url,
        )

    def _seen(self) -> list[Certificate]:
        """Returns the certificate that callers see at the public address, if it has one."""
        ends_at = asking.public_certificate_end(self._parts.settings.public_url)
        name = _("Quello che si vede all’indirizzo pubblico.")
        return [] if ends_at is None else [Certificate(name, ends_at)]

    def _serving(self, organization: str) -> list[Serving]:
        """Returns the stations that serve the organization."""
        request = PageRequest(MOST_STATIONS, 0)
        return read_only(
            self._parts.store, lambda c: configuration.serving(c, organization, request)[0]
        )

    def _tried(self, organization: str) -> list[Tried]:
        """Returns the steps of the self-test; none without a station."""
        serving = self._serving(organization)
        if not serving:
            return []
        route = Route(organization, serving[0].broker, serving[0].station)
        code = serving[0].segregation_code
        nav = read_only(self._parts.store, lambda c: self._payable(c, organization, code))
        answer = self._parts.verify
        steps = [
            asking.probe(answer, route),
            asking.ask_of(answer, route, asking.VERIFY, nav),
            asking.ask_of(answer, route, asking.GET, nav),
        ]
        if self._parts.settings.public_url:
            steps.append(asking.public(self._parts.settings.public_url, route))
        return steps

    def _payable(self, connection: Transaction, organization: str, code: str | None) -> str | None:
        """Returns the number of a notice that can be paid now, or None."""
        return due.first_payable(connection, organization, g.now, g.now + AHEAD, code)

    def _database(self) -> dict[str, Any]:
        """Returns which database answers, how quickly, and the revision of its tables."""
        begun = perf_counter()

        revision = read_only(self._parts.store, migrate.current)
        dialect = self._parts.store.engine.dialect.name
        return {
            "name": {"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(dialect, dialect),
            "milliseconds": max(1, round(1000 * (perf_counter() - begun))),
            "revision": revision,
        }


def _ratios(figures: Station) -> list[float]:
    return [each.ratio for each in figures.by_day if each.ratio is not None]


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of the station, and give every page its lamp."""
    views = StationViews(parts)
    blueprint = Blueprint("station", __name__, url_prefix="/console/<organization>/station")
    blueprint.add_url_rule("", "page", views.page)
    blueprint.add_url_rule("/test", "test", views.test, methods=["POST"])

    def keep(state: BlueprintSetupState) -> None:
        state.app.extensions[EXTENSION] = Lamps(parts)

    blueprint.record(keep)
    blueprint.app_context_processor(_lamp)
    return blueprint


def _lamp() -> dict[str, Lamp | None]:
    """Returns the lamp of the bar; None on a page about no organization."""
    current = g.get("viewer")
    if current is None or current.organization is None:
        return {"lamp": None}
    return {"lamp": lamps().of(viewer().code, g.now)}
