"""Folders that processes share: removed by the process that made them, or by the next server."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gpd_soap.cli.folder import shared_folder

#: Makes a folder, forks a process that holds it, prints the folder and the child's id, and waits.
MAKER = """
import os, signal
from gpd_soap.cli.folder import shared_folder
with shared_folder("test") as folder:
    child = os.fork()
    if not child:
        signal.pause()
    print(folder, child, flush=True)
    signal.pause()
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def maker(home: Path) -> tuple[subprocess.Popen[str], Path, int]:
    """A process that has made a folder, the folder, and its own child."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAKER],
        stdout=subprocess.PIPE, text=True, env={"TMPDIR": str(home)},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stdout is not None
    folder, child = process.stdout.readline().split()
    return process, Path(folder), int(child)


def ended(process: subprocess.Popen[str], child: int) -> None:
    """Kill both processes, and return when both have ended."""
    os.kill(child, signal.SIGKILL)
    process.kill()
    # WHY: the child has the writing end too, so this returns when both have ended.
    assert process.stdout is not None
    process.stdout.read()
    process.stdout.close()
    process.wait()


def test_folder_of_killed_process_is_removed_by_the_next_one(home: Path) -> None:
    """Its files are removed too."""
    process, folder, child = maker(home)
    (folder / "counter.db").write_bytes(b"left behind")
    ended(process, child)
    assert folder.exists()

    with shared_folder("test") as mine:
        assert [entry for entry in home.iterdir() if entry.is_dir()] == [mine]
    assert list(home.iterdir()) == []


def test_folder_of_living_process_stays(home: Path) -> None:
    """It also stays while a worker alone lives, which still counts there."""
    process, folder, child = maker(home)
    with shared_folder("test"):
        assert folder.exists()
    process.kill()
    process.wait()
    with shared_folder("test"):
        assert folder.exists()
    ended(process, child)
    with shared_folder("test"):
        assert not folder.exists()


def test_other_entries_of_the_temporary_folder_stay(home: Path) -> None:
    """A link, a file and a folder of another purpose are not removed."""
    target = home / "elsewhere"
    target.mkdir()
    (home / "gpd-soap.test.link").symlink_to(target)
    (home / "gpd-soap.test.file").write_text("x", encoding="utf-8")
    (home / "gpd-soap.other.x").mkdir()
    before = set(home.iterdir())

    with shared_folder("test"):
        pass

    assert set(home.iterdir()) == before
