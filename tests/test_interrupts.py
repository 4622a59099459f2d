"""SIGINT in tests that run in the background of a shell."""

import signal
import subprocess
import sys
from pathlib import Path

#: Ignores SIGINT as a shell does for its background, and starts a program that interrupts itself.
STARTING = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
from tests import interrupts
interrupts.obey()
program = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
sys.exit(subprocess.run([sys.executable, "-c", program], capture_output=True).returncode)
"""


def test_program_that_a_test_starts_in_the_background_obeys_sigint():
    """It would inherit that the signal is ignored."""
    root = Path(__file__).parents[1]
    ended = subprocess.run([sys.executable, "-c", STARTING], cwd=root, check=False, timeout=180)

    assert ended.returncode == (-signal.SIGINT & 0xFF)


def test_tests_obey_sigint():
    """Those who run them can end them."""
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
