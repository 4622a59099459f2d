"""Temporary folders that the processes of a server share until its end."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def shared_folder(purpose: str) -> Iterator[Path]:
    """A new folder for this server; the process that made it removes it.

    Folders of servers that were killed are removed first.
    """
    # WHY: an older version, which may still serve, names its folders `gpd-soap-…` and locks none.
    prefix = f"gpd-soap.{purpose}."
    _remove_stale(prefix)
    folder, lock = _locked(prefix)
    maker = os.getpid()
    try:
        yield folder
    finally:
        # WHY: gunicorn's workers are forks, and run this code at their end too.
        if os.getpid() == maker:
            shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def counting_folder() -> Iterator[Path]:
    """A folder in which a server's processes count together; enter it before importing metrics."""
    with shared_folder("metrics") as folder:
        # WHY: prometheus_client reads the folder from the environment alone, at its import and when
        # a process begins to count.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        yield folder


def _locked(prefix: str) -> tuple[Path, int]:
    """A new folder, and the descriptor that locks it while any of its processes lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        # WHY: another server that starts now may remove the folder before it is locked.
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        # WHY: on a file system without locks, no server removes folders of others.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)


def _remove_stale(prefix: str) -> None:
    """Remove the folders with this prefix that no living process has locked."""
    # WHY: a forked worker shares its master's lock, and the kernel frees the lock when the last of
    # them has ended. A process id would not do, because another process may have it by now.
    with os.scandir(tempfile.gettempdir()) as entries:
        paths = [entry.path for entry in entries if entry.name.startswith(prefix)]
    for path in paths:
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if os.fstat(folder).st_uid == os.geteuid():
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(folder)
