"""The metrics, labels and commands that deploy/ names exist in the program."""

import re

from click.testing import CliRunner

from gpd_soap.cli.main import main
from gpd_soap.clock import utc_now
from gpd_soap.monitoring.metrics import FAULTS, OPERATIONS, OUTCOMES, SECONDS, Metrics
from gpd_soap.store.statistics import Figures, Lag, Work
from tests.deploy.test_kubernetes import PODS, containers
from tests.deploy.test_watching import ALERTS, DASHBOARD
from tests.monitoring.test_metrics import exchanged

#: All queries; inside JSON a quotation mark is written \".
QUERIES = "\n".join(path.read_text("utf-8") for path in (ALERTS, DASHBOARD)).replace('\\"', '"')


def scraped_names() -> set[str]:
    """Return the names of all metrics that a scrape may contain."""
    metrics, now = Metrics(), utc_now()
    metrics.observe(exchanged())
    figures = Figures(
        reachable=True,
        last_probe=now,
        open_cases={"double": 1},
        receipts={"": 1},
        subscriptions={"active": 1},
        parked={"dead": 1},
        lag=Lag(1, now),
        work=Work({"dead": 1}, now, {"notices.expire": 3}),
    )
    text = metrics.text(figures, now).decode()
    return set(re.findall(r"^(gpd_\w+)", text, re.MULTILINE))


def test_metric_in_a_query_exists() -> None:
    """An alert on a metric that does not exist would never fire."""
    assert set(re.findall(r"\bgpd_\w+", QUERIES)) <= scraped_names()


def test_label_in_a_query_has_such_a_value() -> None:
    """Operations, faults, outcomes and the edges of durations are as the program writes them."""
    edges = {str(float(edge)) for edge in SECONDS}

    assert set(re.findall(r'\ble="([^"]+)"', QUERIES)) <= edges
    assert set(re.findall(r'\bfault="([^"]+)"', QUERIES)) <= FAULTS
    assert set(re.findall(r'\boutcome="([^"]+)"', QUERIES)) <= OUTCOMES
    for pattern in set(re.findall(r'\boperation=~"([^"]+)"', QUERIES)):
        assert any(re.fullmatch(pattern, operation) for operation in OPERATIONS), pattern


def test_command_of_a_pod_exists() -> None:
    """Kubernetes starts commands of ours."""
    commands = [
        container["args"]
        for pod in PODS.values()
        for container in containers(pod).values()
        if container["image"] == "gpd-soap" and "args" in container
    ]

    assert len(commands) > 4
    for words in commands:
        assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0, words
