"""Load by wrk in a closed loop: as many requests under way as there are connections."""

import json
import resource
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.bench import notices

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 16
EVERY = 50
TIMEOUT = 20


class Unusable(Exception):
    """The run measures nothing: no generator, too few positions, or a wrong answer."""


class Load(NamedTuple):
    """The result of a run.  Latencies are in milliseconds, `generator` is wrk's CPU in seconds.

    `refused` counts 503, after which the Node sends a receipt again; `taken` has the serials of the
    receipts that were answered OK.
    """

    seconds: float
    answered: int
    right: int
    refused: int
    p50: float
    p99: float
    most: float
    broken: int
    samples: int
    taken: list[int]
    generator: float

    @property
    def rate(self) -> float:
        """Right answers per second."""
        return self.right / self.seconds


def find_wrk() -> str:
    """Return the path of wrk.  Raises Unusable with the way to install it."""
    path = shutil.which("wrk")
    if path is None:
        raise Unusable("wrk, the load generator, is not here: apt-get install wrk")
    return path


def run(
    address: str,
    primitive: str,
    *,
    positions: int,
    seconds: int,
    connections: int = CONNECTIONS,
    first: int = 0,
) -> Load:
    """Return the result of a load.  Raises Unusable if any answer was wrong.

    Notices come in a scattered order that begins at `first`; each gets one receipt at most.
    """
    with TemporaryDirectory(prefix="load-") as home:
        request = notices.REQUESTS[primitive]
        (Path(home) / "template").write_bytes(http(address, primitive, request.template))
        (Path(home) / "expectation").write_text(request.expected, encoding="utf-8")
        once, width = int(primitive == notices.SEND), str(connections)
        command = [
            *(find_wrk(), f"-t{width}", f"-c{width}", f"-d{seconds}s", f"--timeout={TIMEOUT}s"),
            *("-s", str(SCRIPT), address, "--"),
            *(home, str(positions), str(first), width, str(once), str(EVERY)),
        ]
        before = _children_cpu()
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        generator = _children_cpu() - before
        counts = json.loads(ran.stdout.splitlines()[-1])
        samples = (Path(home) / "samples").read_bytes().splitlines()
        taken = [int(serial) for serial in (Path(home) / "taken").read_text("ascii").split()]
    if counts.pop("exhausted"):
        raise Unusable(f"{positions} positions are too few for {seconds} s of receipts")
    load = Load(**counts, samples=len(samples), taken=taken, generator=generator)
    _judge(load, primitive, samples)
    return load


def http(address: str, primitive: str, template: str) -> bytes:
    """Return the whole HTTP request as a template; filled in, it always has the same length."""
    url = urlsplit(address)
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n"
        f'Content-Type: text/xml; charset=utf-8\r\nSOAPAction: "{primitive}"\r\n'
        f"Content-Length: {len(notices.filled(template, 1).encode())}\r\n\r\n"
    )
    return (head + template).encode()


def _judge(load: Load, primitive: str, samples: list[bytes]) -> None:
    """Check every sample against the contract and its notice, and the counts against each other."""
    for sample in samples:
        serial, status, body = sample.split(b"\t", 2)
        wrong = notices.wrong(primitive, int(serial), body)
        if status != b"200" or wrong:
            raise Unusable(f"HTTP {status.decode()}, {wrong}")
    if not samples or load.right + load.refused != load.answered or load.broken:
        raise Unusable(f"{load.answered} answers, {load.right} right, {load.broken} broken off")


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
