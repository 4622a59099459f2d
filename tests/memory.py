"""A folder in memory, for files of tests whose loss with the machine would change no result."""

import shutil
from pathlib import Path

#: Linux's folder in memory.
MEMORY = Path("/dev/shm")  # noqa: S108  # the names made in it cannot be guessed
#: LIMIT: 2 GiB, which the databases of four processes do not fill.
ROOM = 2 << 30


def folder() -> Path | None:
    """Return a folder whose files are never written to a disk, or None if it lacks the room.

    With `None`, the functions of `tempfile` choose a folder themselves.
    """
    # WHY: a file system on a disk may take a millisecond to make a file, and a commit waits for it.
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM else None
