"""The short form of the failover drill; the long form is a command (README, "Drills")."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drills.apps import ROOT
from tests.drills.outages import SHORT
from tests.drills.watching import UNAVAILABLE

WITHIN = 300.0
#: LIMIT: 45 s without an OK, until another primary has taken over.
GAP = 45.0


def test_receipts_survive_the_loss_of_the_primary(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A primary is disconnected and killed under load: 503 for a while, no restart, no loss."""
    report_file, output = tmp_path / "report.json", tmp_path / "log"
    # WHY: the drill leaves the machine's network, so it runs in a process of its own.
    command = [sys.executable, "-m", "tests.drills.failover", "--short", "--json", str(report_file)]
    with output.open("wb") as written:
        drill = subprocess.Popen(command, cwd=ROOT, stdout=written, stderr=written)
        try:
            drill.wait(WITHIN)
        finally:
            drill.terminate()
            drill.wait(WITHIN)
    assert report_file.exists(), output.read_text("utf-8")[-3000:]
    report = json.loads(report_file.read_text("utf-8"))
    left = set(SHORT) - set(report["felt"])
    if left:
        with capfd.disabled():
            sys.stderr.write(f"\n*** {report['network']}: NOT held: {', '.join(left)} ***\n")

    assert report["broken"] == []
    assert "machine" in report["felt"]
    for felt in report["felt"].values():
        assert felt["answers"]["receipts"][UNAVAILABLE] > 0
        assert felt["receipts"][1] < GAP
        assert felt["questions"][1] < GAP
