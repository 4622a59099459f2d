"""The real programs that read what is in deploy/."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"


def program(name: str, package: str) -> str:
    """Where this program is; a machine without it fails the test, and hears what to install."""
    ours = sysconfig.get_path("scripts")
    path = shutil.which(name) or shutil.which(name, path=f"{ours}:/usr/sbin:/usr/local/sbin")
    assert path, f"no {name}: install {package}, as `make test` does"
    return path


def complaint(*command: str | Path) -> str:
    """What a program that only reads has to say where it is not content; else nothing."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr if done.returncode else ""
