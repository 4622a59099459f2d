"""Metrics: the counts, their labels and their text format."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gpd_soap import __version__
from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.core.faults import PaaFault
from gpd_soap.monitoring.metrics import OPERATIONS, Metrics
from gpd_soap.store.statistics import UNREACHABLE, Figures
from gpd_soap.wsgi.refused_callers import Reason
from tests.e2e.test_metrics import until
from tests.store.database.drivers import in_child

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
FIGURES = Figures(
    reachable=True,
    last_probe=NOW - timedelta(minutes=2),
    open_cases={"unmatched": 3, "quarantine": 0},
    receipts={"applied": 7},
)
COUNT = ("gpd_exchanges_total", "none", "paVerifyPaymentNotice", "OK")


def no_room(_thread: threading.Thread) -> None:
    """Stands in for the start of a thread in a process that may have no more of them."""
    raise RuntimeError("can't start new thread")


def exchanged(**more: Any) -> ExchangeRecord:
    """The record of a verify that was answered OK in 30 ms; `more` changes its fields."""
    fields: dict[str, Any] = {
        "arrived_at": NOW, "seconds": 0.03, "caller": "10.0.0.1",
        "operation": "paVerifyPaymentNotice",
        "organization": "77777777777", "broker": "15376371009", "station": "15376371009_01",
        "notice": "301000000000000144", "iuv": None, "receipt_id": None, "psp": None,
        "channel": None, "outcome": "OK", "fault": "-", "rule": "payable", "status": 200,
        "soap_action": None,
    }  # fmt: skip
    return ExchangeRecord(**{**fields, **more})


def read(text: bytes) -> dict[tuple[str, ...], float]:
    """Each sample by its name and its labels' values in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def scrape(
    *records: ExchangeRecord, figures: Figures = UNREACHABLE
) -> dict[tuple[str, ...], float]:
    """The samples after these exchanges."""
    metrics = Metrics()
    for each in records:
        metrics.observe(each)
    return read(metrics.text(figures, NOW))


def gauges(figures: Figures) -> dict[tuple[str, ...], float]:
    """The samples that are no counts."""
    samples = scrape(figures=figures).items()
    counts = ("gpd_refused_callers", "gpd_wrong_keys")
    return {name: value for name, value in samples if not name[0].startswith(counts)}


def test_refused_callers_are_counted_by_reason_from_zero() -> None:
    """Prometheus sees the first refusal as an increase."""
    metrics = Metrics()
    before = read(metrics.text(UNREACHABLE, NOW))
    metrics.count_refusal(Reason.NAME.value)
    after = read(metrics.text(UNREACHABLE, NOW))

    counts = {reason: before["gpd_refused_callers_total", reason.value] for reason in Reason}
    assert counts == dict.fromkeys(Reason, 0)
    assert after["gpd_refused_callers_total", "name"] == 1


def test_wrong_keys_are_counted_by_answer_from_zero() -> None:
    """Keys that are refused unseen, because their address had sent too many, count too."""
    metrics = Metrics()
    before = read(metrics.text(UNREACHABLE, NOW))
    metrics.observe_wrong_key(limited=True)
    after = read(metrics.text(UNREACHABLE, NOW))

    assert before["gpd_wrong_keys_total", "refused"] == 0
    assert before["gpd_wrong_keys_total", "limited"] == 0
    assert after["gpd_wrong_keys_total", "limited"] == 1


def test_exchanges_are_counted_by_operation_outcome_and_fault() -> None:
    """The labels are in the order of their names: fault, operation, outcome."""
    duplicate = exchanged(outcome="KO", fault="PAA_PAGAMENTO_DUPLICATO")
    samples = scrape(exchanged(), exchanged(), duplicate, exchanged(operation="paSendRTV2"))

    assert samples["gpd_exchanges_total", "none", "paVerifyPaymentNotice", "OK"] == 2
    assert (
        samples["gpd_exchanges_total", "PAA_PAGAMENTO_DUPLICATO", "paVerifyPaymentNotice", "KO"]
        == 1
    )
    assert samples["gpd_exchanges_total", "none", "paSendRTV2", "OK"] == 1


def test_durations_are_counted_in_buckets_at_the_limits_of_the_node() -> None:
    """The service level is 2 s, and the Node waits for 7 s or 15 s."""
    samples = scrape(*(exchanged(seconds=seconds) for seconds in (0.001, 1.9, 2.1, 8, 20)))

    def upto(edge: str) -> float:
        return samples["gpd_exchange_seconds_bucket", edge, "paVerifyPaymentNotice"]

    edges = ("0.005", "1.0", "2.0", "5.0", "7.0", "15.0", "+Inf")
    assert [upto(edge) for edge in edges] == [1, 1, 2, 3, 3, 4, 5]
    assert samples["gpd_exchange_seconds_sum", "paVerifyPaymentNotice"] == pytest.approx(32.001)


def test_unknown_operations_outcomes_and_faults_are_counted_as_other() -> None:
    """The number of counts stays bounded."""
    strange = [
        exchanged(operation=f"op{n}", outcome=f"outcome{n}", fault=f"FAULT_{n}") for n in range(500)
    ]
    samples = scrape(*strange, exchanged(operation="-", outcome="Fault"))
    counts = {key: value for key, value in samples.items() if key[0] == "gpd_exchanges_total"}

    assert counts == {
        ("gpd_exchanges_total", "other", "other", "other"): 500,
        ("gpd_exchanges_total", "none", "other", "Fault"): 1,
    }


def test_every_known_operation_and_fault_has_its_own_count() -> None:
    """None of them is counted as other."""
    samples = scrape(
        *(exchanged(operation=operation) for operation in OPERATIONS),
        *(exchanged(outcome="KO", fault=fault.code) for fault in PaaFault),
    )
    counted = {key[1:3] for key in samples if key[0] == "gpd_exchanges_total"}

    assert {operation for _, operation in counted} == OPERATIONS
    assert {fault for fault, _ in counted} == {"none", *(fault.code for fault in PaaFault)}


def test_figures_of_the_store_are_written_as_gauges() -> None:
    """The last probe is an age in seconds, so that an alert needs no clock."""
    assert gauges(FIGURES) == {
        ("gpd_build_info", __version__): 1,
        ("gpd_database_up",): 1,
        ("gpd_probe_age_seconds",): 120,
        ("gpd_open_cases", "unmatched"): 3,
        ("gpd_open_cases", "quarantine"): 0,
        ("gpd_receipts", "applied"): 7,
    }


def test_unknown_figure_is_left_out() -> None:
    """Zero would not be true."""
    unknown = FIGURES._replace(last_probe=None, open_cases=None, receipts=None)

    assert set(gauges(unknown)) == {("gpd_build_info", __version__), ("gpd_database_up",)}
    assert scrape(exchanged(), figures=UNREACHABLE)["gpd_database_up",] == 0


def test_metrics_without_folder_count_for_themselves() -> None:
    """Two objects in one process have counts of their own."""
    one, other = Metrics(), Metrics()
    one.observe(exchanged())

    assert read(one.text(UNREACHABLE, NOW)) != read(other.text(UNREACHABLE, NOW))


def test_observed_exchanges_are_counted_together_by_one_thread() -> None:
    """No answer waits for the count."""
    before, metrics = threading.active_count(), Metrics()
    for _ in range(2):
        for _ in range(1000):
            metrics.observe(exchanged())
        assert threading.active_count() <= before + 1
        until(lambda: not metrics._uncounted)

    assert read(metrics.text(UNREACHABLE, NOW))[COUNT] == 2000


def test_exchange_observed_without_a_free_thread_is_counted_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer does not fail, and the next exchange starts the count."""
    metrics = Metrics()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", no_room)
        metrics.observe(exchanged())
    metrics.observe(exchanged())
    until(lambda: not metrics._uncounted)

    assert read(metrics.text(UNREACHABLE, NOW))[COUNT] == 2


def test_forked_child_counts_its_own_exchanges_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent counts those from before the fork."""
    # WHY: on a busy machine the usual tenth of a second ends before the fork.
    monkeypatch.setattr("gpd_soap.monitoring.metrics.GATHER", 5.0)
    metrics = Metrics()
    metrics.observe(exchanged())

    def child() -> bool:
        metrics.observe(exchanged())
        return read(metrics.text(UNREACHABLE, NOW))[COUNT] == 1

    assert in_child(child)
    assert read(metrics.text(UNREACHABLE, NOW))[COUNT] == 1


def test_metrics_name_no_organization_station_notice_or_address() -> None:
    """No label holds a value of an exchange."""
    metrics = Metrics()
    metrics.observe(exchanged())
    text = metrics.text(FIGURES, NOW).decode()

    for name in ("77777777777", "15376371009", "301000000000000144", "10.0.0.1"):
        assert name not in text


def test_empty_file_of_a_new_process_does_not_break_a_scrape(tmp_path: Path) -> None:
    """A process creates its file before it fills it."""
    script = (
        "import pathlib, sys\n"
        "from gpd_soap.monitoring.metrics import Metrics\n"
        "from gpd_soap.store.statistics import UNREACHABLE\n"
        "from tests.monitoring.test_metrics import NOW, exchanged\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "metrics = Metrics(folder)\n"
        "metrics.observe(exchanged())\n"
        "(folder / 'counter_1.db').touch()\n"
        "sys.stdout.buffer.write(metrics.text(UNREACHABLE, NOW))\n"
    )
    # WHY: the library reads the environment once, at its import.
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    assert 'operation="paVerifyPaymentNotice",outcome="OK"} 1.0' in ran.stdout
