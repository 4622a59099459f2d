"""Checks answers to random bytes: `python -m tests.fuzz [--seconds N] [--inputs N] [FILE …]`.

Where atheris is installed (`pip install atheris`), coverage chooses the inputs.  Otherwise, or with
`--plain`, the answers do: an input whose answer has a new shape is changed again.  FILEs are asked
again, one by one.  Ends with 1 at the first finding.
"""

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def main() -> None:
    """Run the inputs that the arguments ask for."""
    arguments = _arguments()
    led = not (arguments.plain or arguments.files) and find_spec("atheris") is not None
    running = _imported(led=led)
    with tempfile.TemporaryDirectory() as home:
        run = running.Run(Path(home), arguments.round or running.ROUND)
        try:
            for file in arguments.files:
                run.ask(file.read_bytes())
            if not arguments.files:
                search = running.guided if led else running.search
                search(run, arguments.seconds, arguments.inputs, arguments.seed)
            sys.stdout.write(f"{run.report()}\n")
        except running.Finding as finding:
            sys.exit(f"tests.fuzz: {finding}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="inputs to ask again")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--inputs", type=int, default=sys.maxsize)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, help="inputs after which the data is reset")
    parser.add_argument("--plain", action="store_true", help="without atheris")
    return parser.parse_args()


def _imported(*, led: bool) -> ModuleType:
    """Return the module that runs; atheris must see our modules as they are imported."""
    if led:
        import atheris  # noqa: PLC0415  # not on every machine

        with atheris.instrument_imports(include=["gpd_soap"]):
            from tests.fuzz import run  # noqa: PLC0415  # now, and not before
    else:
        from tests.fuzz import run  # noqa: PLC0415  # the same
    return run


if __name__ == "__main__":
    main()
