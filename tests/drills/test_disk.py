"""A full disk is full for every writer, with the right to mount and without it."""

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
def test_full_disk_refuses_writes_until_it_is_emptied(kind: str, tmp_path: Path) -> None:
    """A process that wrote before cannot write, and can again."""
    command = [sys.executable, "-c", WRITER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin
        assert writer.stdout

        def answer_of(disk: Disk) -> str:
            print(disk.home / "file", file=writer.stdin, flush=True)
            return writer.stdout.readline().strip() if writer.stdout else ""

        with small_disk(tmp_path, 1, lambda: [writer.pid]) as given:
            disk = given if kind == "as it can" else Limited(tmp_path, lambda: [writer.pid])
            results = [answer_of(disk)]
            disk.fill()
            results.append(answer_of(disk))
            disk.free()
            results.append(answer_of(disk))
        writer.stdin.close()

    assert results == ["written", "refused", "written"]
