"""Alerts and dashboard, read by Prometheus' own tool and as Grafana would."""

import json
import re
from typing import Any

from tests.deploy.programs import DEPLOY, complaint, program

ALERTS, TESTED = DEPLOY / "prometheus/alerts.yml", DEPLOY / "prometheus/alerts_test.yml"
DASHBOARD = DEPLOY / "grafana/gpd-soap.json"


def promtool(*arguments: str) -> str:
    """Return the complaint of promtool."""
    return complaint(program("promtool", "prometheus"), *arguments)


def test_prometheus_accepts_the_alerts() -> None:
    """Prometheus can evaluate each rule."""
    assert promtool("check", "rules", str(ALERTS)) == ""


def test_prometheus_fires_each_alert_in_time() -> None:
    """The series of the test file show each alert before and after its moment."""
    tested = TESTED.read_text("utf-8")

    assert promtool("test", "rules", str(TESTED)) == ""
    for name in re.findall(r"alert: (\w+)", ALERTS.read_text("utf-8")):
        assert name in tested


def test_dashboard_has_panels_with_queries_and_units() -> None:
    """Panels do not overlap, and each has queries and a unit."""
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        grid = panel["gridPos"]
        columns, rows = (
            range(grid["x"], grid["x"] + grid["w"]),
            range(grid["y"], grid["y"] + grid["h"]),
        )
        cells = {(column, row) for column in columns for row in rows}

        assert not cells & taken, panel["title"]
        assert columns.stop <= 24
        assert all(target["expr"] for target in panel["targets"])
        assert panel["fieldConfig"]["defaults"]["unit"]
        taken |= cells


def test_dashboard_shows_what_the_alerts_watch() -> None:
    """Whoever is woken sees since when, and what else happened then."""
    watched, shown = (
        set(re.findall(r"\bgpd_[a-z_]+", path.read_text("utf-8"))) for path in (ALERTS, DASHBOARD)
    )

    assert watched <= shown
