"""The first page of an organization: what waits, today's money, the station, what falls due."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, g

from gpd_soap.console.charts.columns import NOW, ORDINARY, PALE, Column, Columns, columns
from gpd_soap.console.loads.latest import latest
from gpd_soap.console.loads.shown import is_by_position
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.words import _
from gpd_soap.console.work import ages
from gpd_soap.console.work.kinds import KINDS, ORDER
from gpd_soap.console.work.lamp import Lamp, lamps
from gpd_soap.core import rome
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.store.positions import notices
from gpd_soap.store.positions.notices import NoticeFilter
from gpd_soap.usecases.figures import today
from gpd_soap.usecases.figures.today import DayCount

SATURDAY = 5


class Home:
    """The views of the first page."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._store = parts.store

    def page(self, organization: str) -> Response:
        """Return the first page."""
        now, day = g.now, rome.day_of(g.now)
        lamp = lamps().of(organization, now)
        by_kind = {each.kind: each for each in lamp.figures.waiting}
        payments = today.payments_by_day(self._store, organization, now)
        week, weeks = today.due_soon(self._store, organization, now)
        title = _("Oggi, %(day)s") % {"day": ages.long_day(day)}
        return render(
            "home/home.html",
            title=title,
            lamp_now=lamp,
            waiting=[by_kind[kind] for kind in ORDER],
            kinds=KINDS,
            ages=ages,
            money=today.money_today(self._store, organization, now),
            payments=payments,
            chart=_chart(payments),
            loads=(last := latest(self._store, organization)),
            by_position=is_by_position,
            to_mend=[each.load for each in last if _is_to_mend(each.load)],
            week=week,
            weeks=weeks,
            weeks_chart=columns([Column(each.notices) for each in weeks.days]),
            today=day,
            steps=self._steps(organization) if _is_fresh(lamp) else None,
        )

    def _steps(self, organization: str) -> tuple[bool, bool]:
        """Returns whether a station serves the organization, and whether it has a notice."""

        def work(connection: Transaction) -> tuple[bool, bool]:
            rows, _total = configuration.serving(connection, organization, PageRequest(1, 0))
            listed, _more = notices.page(connection, organization, NoticeFilter(), 1)
            return bool(rows), bool(listed)

        return read_only(self._store, work)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the first page of an organization."""
    home = Home(parts)
    blueprint = Blueprint("home", __name__, url_prefix="/console/<organization>")
    blueprint.add_url_rule("/", "page", home.page)
    return blueprint


def _is_fresh(lamp: Lamp) -> bool:
    """Returns whether the Node has never called, as far as is known."""
    return lamps().has_journal and lamp.figures.station.last_at is None


def _is_to_mend(load: StoredLoad) -> bool:
    """Returns whether a trial has refused rows that somebody has yet to decide about."""
    return load.state == State.TRIALLED and bool(load.figures.get("refused"))


def _chart(payments: list[DayCount]) -> Columns:
    """Returns the chart of payments by day, the weekends pale and today dark."""
    kinds = [_kind(each.day, payments[-1].day) for each in payments]
    values = [Column(each.receipts, kind) for each, kind in zip(payments, kinds, strict=True)]
    return columns(values, [each.year_before for each in payments])


def _kind(day: date, last: date) -> str:
    if day == last:
        return NOW
    return PALE if day.weekday() >= SATURDAY else ORDINARY
