"""A small disk that can be filled to the last byte, and emptied again."""

import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Protocol

MEBIBYTE = 1 << 20


class Disk(Protocol):
    """A disk that can be filled."""

    home: Path

    def fill(self) -> None:
        """Leave no room."""

    def free(self) -> None:
        """Give the room back."""


class Mounted:
    """A file system of its own in memory, which a file fills."""

    def __init__(self, home: Path) -> None:
        self.home, self._ballast = home, home / "ballast"

    def fill(self) -> None:
        """Write until nothing more can be written."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (MEBIBYTE, 4096):
                _write_all(ballast, b"x" * size)

    def free(self) -> None:
        """Remove the ballast."""
        self._ballast.unlink(missing_ok=True)


class Limited:
    """A substitute without the right to mount: processes that may not write beyond a byte."""

    def __init__(self, home: Path, processes: Callable[[], Iterable[int]]) -> None:
        self.home, self._processes = home, processes

    def fill(self) -> None:
        """Forbid the processes to write."""
        self._limit(1)

    def free(self) -> None:
        """Allow the processes to write."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, most: int) -> None:
        for process in self._processes():
            with suppress(ProcessLookupError):
                resource.prlimit(process, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@contextmanager
def small_disk(
    home: Path, mebibytes: int, processes: Callable[[], Iterable[int]]
) -> Iterator[Disk]:
    """Yield a disk of this size at `home`, or a limit on the processes where nobody may mount."""
    if not _mounted(home, mebibytes):
        yield Limited(home, processes)
        return
    try:
        yield Mounted(home)
    finally:
        unmount = ("umount", "--lazy", home)
        subprocess.run(unmount, check=True)


def _mounted(home: Path, mebibytes: int) -> bool:
    mount = ("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0777", "tmpfs", home)
    try:
        return subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _write_all(ballast: FileIO, part: bytes) -> None:
    try:
        while True:
            ballast.write(part)
    except OSError:
        return
