"""Folders that last as long as a server, whose processes share them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp


@contextmanager
def shared_folder(purpose: str) -> Iterator[Path]:
    """A new folder of ours alone, removed by the process that made it."""
    folder, maker = Path(mkdtemp(prefix=f"gpd-soap-{purpose}-")), os.getpid()
    try:
        yield folder
    finally:
        # WHY: gunicorn's workers are forks, and leave through here too, one by one.
        if os.getpid() == maker:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def counting_folder() -> Iterator[Path]:
    """Where a server's processes count together; to be entered before `monitoring.metrics`."""
    with shared_folder("metrics") as folder:
        # WHY: prometheus_client takes it from the environment alone, when it is imported and
        # whenever a process begins to count.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        yield folder
