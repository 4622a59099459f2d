"""The time to a server's first right answer, and to the help of the command."""

import subprocess
import sys
import time
from typing import NamedTuple

import requests

from tests.bench import notices
from tests.bench.compare import POSTGRESQL, Size
from tests.bench.harness import Harness, harness
from tests.bench.load import Unusable
from tests.bench.report import Report, at_most
from tests.bench.serving import BOTH_FACES

POSITIONS = 1000


class Row(NamedTuple):
    """One start of each, in seconds; of the help, from the call to the end."""

    round: int
    first_answer: float
    help: float


def start(size: Size) -> Report:
    """Start each several times; the first time is not counted, because it reads the disk."""
    with harness() as made:
        url = made.database(POSTGRESQL, POSITIONS)
        rows = [Row(n, _first_answer(made, url), _help()) for n in range(size.rounds + 1)][1:]
    findings = [
        at_most("gpd-soap serve, first answer: s", [row.first_answer for row in rows], 3),
        at_most("gpd-soap --help: s", [row.help for row in rows], 0.4),
    ]
    return Report("start", rows, findings)


def _first_answer(made: Harness, url: str) -> float:
    request = notices.filled(notices.REQUESTS[notices.VERIFY].template, 1).encode()
    begun = time.perf_counter()
    with made.serving(BOTH_FACES, url) as served:
        answered = requests.post(served.address, request, timeout=10)
        took = time.perf_counter() - begun
    wrong = notices.wrong(notices.VERIFY, 1, answered.content)
    if wrong:
        raise Unusable(wrong)
    return took


def _help() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "gpd_soap", "--help"], check=True, capture_output=True)
    return time.perf_counter() - begun
