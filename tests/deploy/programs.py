"""Runs the real programs that read the files in deploy/."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"


def program(name: str, package: str) -> str:
    """Return the path of a program; a missing one fails the test and names its package."""
    ours = sysconfig.get_path("scripts")
    path = shutil.which(name) or shutil.which(name, path=f"{ours}:/usr/sbin:/usr/local/sbin")
    assert path, f"no {name}: install {package}, as `make test` does"
    return path


def complaint(*command: str | Path) -> str:
    """Return the output of a program that checks something and fails; nothing if it succeeds."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def certify(home: Path, *names: str) -> None:
    """Make certificates of these names and an authority in a folder, as an operator does."""
    command = ["sh", str(DEPLOY / "authority.sh"), str(home), *names]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
