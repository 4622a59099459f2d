"""Judges one input after the other, chosen by us or by atheris."""

import io
import sys
import tempfile
import time
import zlib
from contextlib import redirect_stderr
from pathlib import Path
from random import Random

from gpd_soap.monitoring import logs
from gpd_soap.server.memory import resident
from gpd_soap.store.receipts import quarantine
from gpd_soap.store.store import Store
from tests import world
from tests.fuzz.judging import AnswerJudge, Finding, resetting
from tests.fuzz.mutating import CORPUS, LONGEST, MESSAGES, mutate

#: Inputs after which the data is reset; memory is first measured after as many.
ROUND = 10_000
#: LIMIT: bytes by which the process may grow: for the allocator and SQLite, and for each input,
#: because libxml2 keeps every name that it ever read (see `gpd_soap.server.worker.MAX_MEMORY`).
GROWTH, GROWTH_BY_INPUT = 24 << 20, 16
#: LIMIT: megabytes that a process led by atheris may use in all.
MEMORY = 256
#: LIMIT: 4000 inputs that are changed again; a short run collects half of them.
POOL = 4000


class Run:
    """A judge over a world of its own, with the number of its inputs."""

    def __init__(self, home: Path, every: int = ROUND) -> None:
        """`every` is the number of inputs after which the data is reset."""
        template, database = home / "template.db", home / "database.db"
        self._reset = resetting(str(template), str(database))
        world.prepare(f"sqlite:///{template}")
        self._reset()
        log_text = io.StringIO()
        with redirect_stderr(log_text):
            logs.configure("debug")
        # WHY: the bound for strangers is answered 503, and here every input is a stranger's.
        quarantine.MOST_OF_NOBODY = sys.maxsize
        self._judge = AnswerJudge(world.face(Store(f"sqlite:///{database}")), log_text)
        self.inputs, self.memory, self.begun = 0, 0, time.monotonic()
        self._every = every

    def ask(self, message: bytes) -> object:
        """Return the shape of one answer.

        Raises Finding, with the input kept in a file, if the answer is wrong.
        """
        self.inputs += 1
        if self.inputs % self._every == 0:
            self._reset()
            self.memory = self.memory or resident()
        try:
            return self._judge.ask(message)
        except Finding as finding:
            file = Path(tempfile.gettempdir()) / f"fuzz-{zlib.crc32(message):08x}"
            file.write_bytes(message)
            raise Finding(f"{finding}\nthe input: python -m tests.fuzz {file}") from finding

    def report(self) -> str:
        """Return what was done.  Raises Finding if memory grew with the number of inputs."""
        seconds = time.monotonic() - self.begun
        grown = resident() - self.memory if self.memory else 0
        summary = f"{self.inputs} inputs, {self.inputs / seconds:.0f} a second, {grown >> 10:+} KiB"
        if grown > GROWTH + self.inputs * GROWTH_BY_INPUT:
            raise Finding(f"memory grows: {summary}")
        return summary


def search(run: Run, seconds: float, inputs: int, seed: int) -> None:
    """Ask changed messages until the time or the number is over."""
    random, pool = Random(seed), list(CORPUS)  # noqa: S311  # nobody's secret
    shapes = {hash(run.ask(message)) for message in CORPUS}
    end = time.monotonic() + seconds
    while run.inputs < inputs and time.monotonic() < end:
        message = mutate(random, random.choice(pool))
        shape = hash(run.ask(message))
        if shape not in shapes and len(pool) < POOL:
            shapes.add(shape)
            pool.append(message)


def guided(run: Run, seconds: float, inputs: int, seed: int) -> None:
    """Ask messages that atheris chooses by the branches taken.

    Atheris ends the process, with code 1 at a finding.
    """
    import atheris  # noqa: PLC0415  # not on every machine

    def changed(message: bytes, most: int, number: int) -> bytes:
        return mutate(Random(number), message)[:most]  # noqa: S311  # nobody's secret

    runs = min(inputs, 2**31 - 1)
    values: dict[str, object] = {
        "runs": runs,
        "max_total_time": int(seconds),
        "seed": seed,
        "max_len": LONGEST,
    }
    with tempfile.TemporaryDirectory() as folder:
        values |= {"rss_limit_mb": MEMORY, "artifact_prefix": f"{folder}/"}
        options = [f"-{name}={value}" for name, value in values.items()]
        command = [sys.argv[0], *options, folder, str(MESSAGES)]
        atheris.Setup(command, run.ask, custom_mutator=changed, internal_libfuzzer=True)
        atheris.Fuzz()
