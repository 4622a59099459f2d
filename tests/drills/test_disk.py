"""A full disk is full for whoever writes, with the right to mount or without."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.drills.disk import Disk, Limited, small_disk

WRITER = """
import sys
for line in sys.stdin:
    try:
        with open(line.strip(), "ab") as file:
            file.write(b"x" * 10000)
            print("written", flush=True)
    except OSError:
        print("refused", flush=True)
"""


@pytest.mark.parametrize("kind", ["as it can", "limited"])
def test_a_full_disk_takes_nothing_and_an_emptied_one_does(kind: str, tmp_path: Path) -> None:
    """A process that was there before writes, cannot, and can again."""
    command = [sys.executable, "-c", WRITER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin
        assert writer.stdout

        def said(disk: Disk) -> str:
            print(disk.home / "file", file=writer.stdin, flush=True)
            return writer.stdout.readline().strip() if writer.stdout else ""

        with small_disk(tmp_path, 1, lambda: [writer.pid]) as given:
            disk = given if kind == "as it can" else Limited(tmp_path, lambda: [writer.pid])
            results = [said(disk)]
            disk.fill()
            results.append(said(disk))
            disk.free()
            results.append(said(disk))
        writer.stdin.close()

    assert results == ["written", "refused", "written"]
