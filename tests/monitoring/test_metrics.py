"""What is counted, under which labels, and how it is written."""

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
from tests.e2e.test_metrics import until
from tests.store.database.test_connections import in_child

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
FIGURES = Figures(
    reachable=True,
    last_probe=NOW - timedelta(minutes=2),
    open_cases={"unmatched": 3, "quarantine": 0},
    receipts={"applied": 7},
)
COUNT = ("gpd_exchanges_total", "none", "paVerifyPaymentNotice", "OK")


def no_room(_thread: threading.Thread) -> None:
    """What starting a thread comes to where a process may have no more of them."""
    raise RuntimeError("can't start new thread")


def exchanged(**more: Any) -> ExchangeRecord:
    """A verify that went well in 30 ms, unless said otherwise."""
    fields: dict[str, Any] = {
        "at": NOW, "seconds": 0.03, "caller": "10.0.0.1", "operation": "paVerifyPaymentNotice",
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


def told(*every: ExchangeRecord, figures: Figures = UNREACHABLE) -> dict[tuple[str, ...], float]:
    """What is read after these exchanges."""
    metrics = Metrics()
    for each in every:
        metrics.observe(each)
    return read(metrics.text(figures, NOW))


def test_exchanges_are_counted_by_operation_outcome_and_fault() -> None:
    """Labels are in the order of their names: fault, operation, outcome."""
    duplicate = exchanged(outcome="KO", fault="PAA_PAGAMENTO_DUPLICATO")
    found = told(exchanged(), exchanged(), duplicate, exchanged(operation="paSendRTV2"))

    assert found["gpd_exchanges_total", "none", "paVerifyPaymentNotice", "OK"] == 2
    assert (
        found["gpd_exchanges_total", "PAA_PAGAMENTO_DUPLICATO", "paVerifyPaymentNotice", "KO"] == 1
    )
    assert found["gpd_exchanges_total", "none", "paSendRTV2", "OK"] == 1


def test_durations_are_sorted_at_the_edges_that_matter() -> None:
    """Two seconds is the service level, seven and fifteen the Node's patience."""
    found = told(*(exchanged(seconds=seconds) for seconds in (0.001, 1.9, 2.1, 8, 20)))

    def upto(edge: str) -> float:
        return found["gpd_exchange_seconds_bucket", edge, "paVerifyPaymentNotice"]

    edges = ("0.005", "1.0", "2.0", "5.0", "7.0", "15.0", "+Inf")
    assert [upto(edge) for edge in edges] == [1, 1, 2, 3, 3, 4, 5]
    assert found["gpd_exchange_seconds_sum", "paVerifyPaymentNotice"] == pytest.approx(32.001)


def test_what_others_write_does_not_become_a_label() -> None:
    """However many operations, outcomes and faults come, there are only so many counts."""
    strange = [
        exchanged(operation=f"op{at}", outcome=f"outcome{at}", fault=f"FAULT_{at}")
        for at in range(500)
    ]
    found = told(*strange, exchanged(operation="-", outcome="Fault"))
    counts = {key: value for key, value in found.items() if key[0] == "gpd_exchanges_total"}

    assert counts == {
        ("gpd_exchanges_total", "other", "other", "other"): 500,
        ("gpd_exchanges_total", "none", "other", "Fault"): 1,
    }


def test_every_operation_and_fault_of_ours_has_its_own_count() -> None:
    """None of them is among the others."""
    found = told(
        *(exchanged(operation=operation) for operation in OPERATIONS),
        *(exchanged(outcome="KO", fault=fault.code) for fault in PaaFault),
    )
    counted = {key[1:3] for key in found if key[0] == "gpd_exchanges_total"}

    assert {operation for _, operation in counted} == OPERATIONS
    assert {fault for fault, _ in counted} == {"none", *(fault.code for fault in PaaFault)}


def test_figures_are_written_beside_the_counts() -> None:
    """An age instead of an instant, so that an alert needs no clock."""
    found = told(figures=FIGURES)

    assert found == {
        ("gpd_build_info", __version__): 1,
        ("gpd_database_up",): 1,
        ("gpd_probe_age_seconds",): 120,
        ("gpd_open_cases", "unmatched"): 3,
        ("gpd_open_cases", "quarantine"): 0,
        ("gpd_receipts", "applied"): 7,
    }


def test_what_is_not_known_is_not_told() -> None:
    """Neither zero nor anything else would be true."""
    unknown = FIGURES._replace(last_probe=None, open_cases=None, receipts=None)

    assert set(told(figures=unknown)) == {("gpd_build_info", __version__), ("gpd_database_up",)}
    assert told(exchanged(), figures=UNREACHABLE)["gpd_database_up",] == 0


def test_two_faces_of_one_test_do_not_count_together() -> None:
    """Without a folder a count belongs to its object."""
    one, other = Metrics(), Metrics()
    one.observe(exchanged())

    assert read(one.text(UNREACHABLE, NOW)) != read(other.text(UNREACHABLE, NOW))


def test_a_witness_waits_for_nothing() -> None:
    """Exchanges are counted behind the answers, many by one thread."""
    before, metrics = threading.active_count(), Metrics()
    for _ in range(2):
        for _ in range(1000):
            metrics.observe(exchanged())
        assert threading.active_count() <= before + 1
        until(lambda: not metrics._uncounted)

    assert read(metrics.text(UNREACHABLE, NOW))[COUNT] == 2000


def test_what_is_told_is_counted_where_no_thread_can_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer does not fail for it, and the next exchange tries again."""
    metrics = Metrics()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", no_room)
        metrics.observe(exchanged())
    metrics.observe(exchanged())
    until(lambda: not metrics._uncounted)

    assert read(metrics.text(UNREACHABLE, NOW))[COUNT] == 2


def test_a_child_counts_its_own_and_nothing_of_its_parent_s() -> None:
    """After a fork each process begins anew."""
    metrics = Metrics()
    metrics.observe(exchanged())

    def child() -> bool:
        metrics.observe(exchanged())
        until(lambda: not metrics._uncounted)
        return read(metrics.text(UNREACHABLE, NOW))[COUNT] == 1

    assert in_child(child)
    assert read(metrics.text(UNREACHABLE, NOW))[COUNT] == 1


def test_nobody_is_named() -> None:
    """Not an organization, a station, a notice or an address."""
    metrics = Metrics()
    metrics.observe(exchanged())
    text = metrics.text(FIGURES, NOW).decode()

    for name in ("77777777777", "15376371009", "301000000000000144", "10.0.0.1"):
        assert name not in text


def test_file_that_a_process_has_just_made_disturbs_no_scrape(tmp_path: Path) -> None:
    """It is empty for an instant, and has nothing to add."""
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
    # WHY: the library asks the environment once, when it is imported.
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    assert 'operation="paVerifyPaymentNotice",outcome="OK"} 1.0' in ran.stdout
