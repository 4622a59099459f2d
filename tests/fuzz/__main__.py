"""Any bytes in, a lawful answer out: `python -m tests.fuzz [--seconds N] [--inputs N] [FILE …]`.

Guided by coverage where atheris is installed (`pip install atheris`), and otherwise by the answers:
an input whose answer is of a new shape is changed again.  FILEs are asked again, one by one.
"""

import argparse
import io
import logging
import sys
import tempfile
import time
import zlib
from contextlib import redirect_stderr
from pathlib import Path
from random import Random

from gpd_soap import logs
from gpd_soap.store.store import Store
from tests import world
from tests.fuzz.judging import Finding, Judge, resetting, resident
from tests.fuzz.mutating import CORPUS, mutate

#: Inputs between two beginnings with the same data, and before memory is first looked at.
ROUND = 10_000
#: LIMIT: what lxml, SQLite and the allocator may still come to hold, in kilobytes.
GROWTH = 24 * 1024
POOL = 4000


class Run:
    """A judge over a world of its own, and how many inputs it was shown."""

    def __init__(self, home: Path) -> None:
        template, database = home / "template.db", home / "database.db"
        self._reset = resetting(str(template), str(database))
        world.prepare(f"sqlite:///{template}")
        self._reset()
        log = io.StringIO()
        with redirect_stderr(log):
            logs.configure("debug")
        self._judge = Judge(world.face(Store(f"sqlite:///{database}")), log)
        self.inputs, self.memory, self.begun = 0, 0, time.monotonic()

    def ask(self, message: bytes) -> object:
        """Judge one input; Finding, with the input kept in a file, where something is wrong."""
        self.inputs += 1
        if self.inputs % ROUND == 0:
            self._reset()
            self.memory = self.memory or resident()
        try:
            return self._judge.ask(message)
        except Finding as finding:
            kept = Path(tempfile.gettempdir()) / f"fuzz-{zlib.crc32(message):08x}"
            kept.write_bytes(message)
            raise Finding(f"{finding}\nthe input: python -m tests.fuzz {kept}") from finding

    def report(self) -> str:
        """What was done; Finding where memory grew with it."""
        seconds = time.monotonic() - self.begun
        grown = resident() - self.memory if self.memory else 0
        said = f"{self.inputs} inputs, {self.inputs / seconds:.0f} a second, {grown:+} KiB"
        if grown > GROWTH:
            raise Finding(f"memory grows: {said}")
        return said


def search(run: Run, seconds: float, inputs: int, seed: int) -> int:
    """Ask changed messages until the time or the number is up; how many shapes were answered."""
    random, pool = Random(seed), list(CORPUS)  # noqa: S311  # nobody's secret
    shapes = {hash(run.ask(message)) for message in CORPUS}
    end = time.monotonic() + seconds
    while run.inputs < inputs and time.monotonic() < end:
        message = mutate(random, random.choice(pool))
        shape = hash(run.ask(message))
        if shape not in shapes and len(pool) < POOL:
            shapes.add(shape)
            pool.append(message)
    return len(shapes)


def main() -> None:
    """Do what was asked for; exit 1 with the first finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="inputs to ask again")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--inputs", type=int, default=sys.maxsize)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        run = Run(Path(home))
        try:
            for file in told.files:
                run.ask(file.read_bytes())
            shapes = 0
            if not told.files:
                shapes = search(run, told.seconds, told.inputs, told.seed)
            sys.stdout.write(f"{run.report()}, {shapes} shapes of answers\n")
        except Finding as finding:
            sys.exit(f"tests.fuzz: {finding}")


if __name__ == "__main__":
    main()
