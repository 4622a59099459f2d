"""The benchmark works; a quiet machine is needed to measure speed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench import compare

ROOT = Path(__file__).parents[2]


def test_benchmark_runs_and_every_answer_under_load_is_right(tmp_path: Path):
    """In one tiny round of every variant each sample is judged, and each ratio is there."""
    assert shutil.which("wrk"), "wrk, the load generator, is not here: apt-get install wrk"
    file = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--tiny", "--json", file],
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    measured = [(store, primitive, variant.name)
                for store, (variants, primitives) in compare.PLAN.items()
                for primitive in primitives for variant in variants]  # fmt: skip
    assert [tuple(run[name] for name in ("store", "primitive", "variant"))
            for run in result["runs"]] == measured  # fmt: skip
    assert all(run["sampled"] > 0 and run["rate"] > 0 and run["cpu"] > 0 for run in result["runs"])
    assert len(result["findings"]) == len(compare.TARGETS)
    assert all(result["lowest"] <= result["median"] for result in result["findings"])
    for finding in result["findings"]:
        assert finding["name"] in done.stdout
