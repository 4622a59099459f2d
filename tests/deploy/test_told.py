"""What deploy/ names of the program is there: its figures and its commands."""

import re

from click.testing import CliRunner

from gpd_soap.cli.main import main
from gpd_soap.clock import utc_now
from gpd_soap.monitoring.metrics import FAULTS, OPERATIONS, OUTCOMES, SECONDS, Metrics
from gpd_soap.store.statistics import Figures
from tests.deploy.test_kubernetes import PODS
from tests.deploy.test_watching import ALERTS, DASHBOARD
from tests.monitoring.test_metrics import exchanged

#: All questions; inside JSON a quotation mark is written \".
ASKED = "\n".join(path.read_text("utf-8") for path in (ALERTS, DASHBOARD)).replace('\\"', '"')


def told() -> set[str]:
    """The names of all that a scrape may find."""
    metrics, now = Metrics(), utc_now()
    metrics.observe(exchanged())
    figures = Figures(reachable=True, last_probe=now, open_cases={"double": 1}, receipts={"": 1})
    text = metrics.text(figures, now).decode()
    return set(re.findall(r"^(gpd_\w+)", text, re.MULTILINE))


def test_each_figure_that_is_asked_for_is_told() -> None:
    """An alert on a figure that there is not would never come."""
    assert set(re.findall(r"\bgpd_\w+", ASKED)) <= told()


def test_each_label_that_is_asked_for_has_such_a_value() -> None:
    """Operations, faults, outcomes and the edges of durations are as we write them."""
    edges = {str(float(edge)) for edge in SECONDS}

    assert set(re.findall(r'\ble="([^"]+)"', ASKED)) <= edges
    assert set(re.findall(r'\bfault="([^"]+)"', ASKED)) <= FAULTS
    assert set(re.findall(r'\boutcome="([^"]+)"', ASKED)) <= OUTCOMES
    for pattern in set(re.findall(r'\boperation=~"([^"]+)"', ASKED)):
        assert any(re.fullmatch(pattern, operation) for operation in OPERATIONS), pattern


def test_each_pod_asks_for_a_command_that_there_is() -> None:
    """What Kubernetes starts is a command of ours."""
    for pod in PODS.values():
        words = pod["spec"]["containers"][0]["args"]

        assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0, words
