"""The benchmark: `python -m tests.bench COMMAND`; without a command, `compare`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import compare, growth, paper, profile, push, report, scale, search, start, tail
from tests.bench.compare import POSTGRESQL, SQLITE, Size
from tests.bench.console import asking, beside
from tests.bench.load import Unusable

COMMANDS: dict[str, tuple[Callable[[Size], report.Report], str]] = {
    "compare": (compare.compare, "against the floor and stock Spyne, side by side"),
    "growth": (growth.growth, "a small store against a large one, and memory"),
    "tail": (tail.tail, "latency at half of saturation, receipts at twice"),
    "scale": (scale.scale, "two workers on two cores against one on one"),
    "search": (search.search, "a search, and the first and a late page of each list"),
    "console": (asking.console, "every page of the console among 2,000,000 positions"),
    "node-and-console": (beside.beside, "the node face with and without five operators clicking"),
    "start": (start.start, "time to the first answer, and to the help"),
    "paper": (paper.paper, "notices as PDF: rate, size, memory and start"),
    "push": (push.push, "events to a receiver that answers in 50 ms, lag, a page of the feed"),
    "profile": (profile.profile, "the time of each module"),
}
#: The commands that are about a large store.
LARGE = ("growth", "console", "node-and-console")
TINY = Size(positions=10_000, rounds=1, seconds=1, warm_up=False, exchanges=200)


def main() -> None:
    """Run one command, print its findings, and write them to the file of --json."""
    arguments = _arguments()
    try:
        result = COMMANDS[arguments.what][0](_size(arguments))
    except Unusable as why:
        sys.exit(f"tests.bench: {why}")
    sys.stdout.write(report.show(result) + "\n")
    if arguments.json:
        report.write(result, arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        epilog="\n".join(f"  {name:16} {text}" for name, (_, text) in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", default="compare", choices=COMMANDS)
    parser.add_argument("--tiny", action="store_true", help="one second each, as a test")
    parser.add_argument("--rounds", type=int, help="number of measurements of each [5]")
    parser.add_argument("--seconds", type=int, help="seconds of each measurement [5]")
    parser.add_argument(
        "--positions",
        type=int,
        help=f"positions in the store [100000; {', '.join(LARGE)}: {growth.LARGE}]",
    )
    parser.add_argument(
        "--store", choices=[POSTGRESQL, SQLITE], help="console: one database [both]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to this file")
    return parser.parse_args()


def _size(arguments: argparse.Namespace) -> Size:
    size = TINY if arguments.tiny else Size()
    if arguments.what in LARGE and not arguments.tiny:
        size = size._replace(positions=growth.LARGE)
    given = {name: getattr(arguments, name) for name in ("rounds", "seconds", "positions", "store")}
    return size._replace(**{name: value for name, value in given.items() if value})


if __name__ == "__main__":
    main()
