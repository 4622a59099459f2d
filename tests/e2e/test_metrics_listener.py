"""Metrics on a listener of their own: the counts of every process, without a key and the API."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from gpd_soap.monitoring.scrape import METRICS, MetricsFace
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.store.store import Store
from tests import world
from tests.calling import call
from tests.conftest import FreshDatabase
from tests.e2e.served import running, wait_for
from tests.e2e.test_metrics import VERIFY, XML, until
from tests.ports import free_port
from tests.postgres import hanging


@pytest.fixture
def served(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Yield the addresses of a node face with two processes, and of its metrics."""
    node, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
    variables = {
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        "GPD_NODE_BIND": node,
        "GPD_METRICS_BIND": metrics,
        "GPD_WORKERS": "2",
    }
    command = [sys.executable, "-m", "gpd_soap", "serve", "node"]
    with running(command, tmp_path / "log", **variables) as process:
        for address in (node, metrics):
            wait_for(f"http://{address}/health/live", process, tmp_path / "log")
        yield f"http://{node}", f"http://{metrics}"


def verifies(metrics: str) -> float:
    """Return the number of verifies that a scrape without a key shows."""
    answer = requests.get(f"{metrics}{METRICS}", timeout=180)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return sum(
        sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == "gpd_exchanges_total"
        and sample.labels["operation"] == "paVerifyPaymentNotice"
    )


def test_metrics_listener_counts_the_node_face_and_serves_nothing_else(
    served: tuple[str, str],
) -> None:
    """It has neither the API nor the Node's paths, and the node face has no metrics."""
    node, metrics = served
    for _ in range(10):
        assert requests.post(f"{node}/partner", VERIFY, headers=XML, timeout=180).ok

    until(lambda: verifies(metrics) == 10)
    for path in ("/", "/docs", "/openapi.json", "/partner", "/organizations", "/metrics/"):
        assert requests.get(f"{metrics}{path}", timeout=180).status_code == 404, path
    assert requests.post(f"{metrics}{METRICS}", timeout=180).status_code == 405
    assert requests.get(f"{metrics}/health/ready", timeout=180).json()["status"] == "up"
    assert requests.get(f"{node}{METRICS}", timeout=180).status_code == 404


def test_metrics_come_while_the_database_hangs() -> None:
    """Prometheus must see that the database is away."""
    with hanging() as url:
        store = Store(url)
        face = MetricsFace(store, lambda figures: str(figures.reachable).encode(), tuple)

        answered = call(face, "GET", METRICS)

        assert (answered.status, answered.body) == (200, b"False")


@pytest.mark.parametrize("name", ["GPD_NODE_BIND", "GPD_ADMIN_BIND"])
def test_metrics_need_an_address_of_their_own(name: str) -> None:
    """One address for two faces would serve one of them alone."""
    with pytest.raises(SettingsError, match="each needs an address of its own"):
        Settings.load({name: "127.0.0.1:9100", "GPD_METRICS_BIND": "127.0.0.1:9100"})
