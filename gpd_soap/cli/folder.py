"""Folders that last as long as a server, whose processes share them."""

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
    """A new folder of ours alone, removed by the process that made it.

    What processes that were killed have left is removed first, by whoever comes next.
    """
    # WHY: versions before this one made `gpd-soap-…` without a lock; one may still serve.
    prefix = f"gpd-soap.{purpose}."
    _sweep(prefix)
    folder, lock = _locked(prefix)
    maker = os.getpid()
    try:
        yield folder
    finally:
        # WHY: gunicorn's workers are forks, and leave through here too, one by one.
        if os.getpid() == maker:
            shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def counting_folder() -> Iterator[Path]:
    """Where a server's processes count together; to be entered before `monitoring.metrics`."""
    with shared_folder("metrics") as folder:
        # WHY: prometheus_client takes it from the environment alone, when it is imported and
        # whenever a process begins to count.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        yield folder


def _locked(prefix: str) -> tuple[Path, int]:
    """A new folder, and the descriptor that locks it while one of its processes lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        # WHY: another server that starts now may sweep the folder before it is locked.
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        # WHY: where a file system has no locks nobody sweeps, and the folder needs none.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)


def _sweep(prefix: str) -> None:
    """Remove our folders of this kind that no living process has locked."""
    # WHY: a forked worker shares its master's lock, and the kernel frees it when the last of them
    # has ended, however it ended; a process id could be another's by now.
    with os.scandir(tempfile.gettempdir()) as entries:
        found = [entry.path for entry in entries if entry.name.startswith(prefix)]
    for path in found:
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
