"""The short form of the fuzz; the long form is a command."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Inputs, and after how many of them memory is first measured.
INPUTS, ROUND = 8_000, 4_000
#: LIMIT: 600 s, after which the run counts as hanging.
HANGS = 600


def test_fuzz_of_many_inputs_has_no_finding() -> None:
    """Inputs are the same on every machine; the program's log and its memory are checked too."""
    many = ["--plain", "--inputs", str(INPUTS), "--seconds", str(HANGS)]
    many += ["--round", str(ROUND)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *many],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    summary = re.match(r"(\d+) inputs", done.stdout)
    assert summary, done.stdout
    assert int(summary[1]) >= INPUTS
