"""The memory that a process of the server holds."""

from __future__ import annotations

import mmap
from pathlib import Path


def resident() -> int:
    """The resident memory of this process in bytes; 0 where the system has no /proc."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * mmap.PAGESIZE
