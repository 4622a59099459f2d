"""SQLite's file, which only its owner can read."""

from __future__ import annotations

import os
from collections.abc import MutableSequence
from contextlib import suppress
from typing import Any

OWNER_ONLY = 0o600


def create_for_owner(
    _dialect: object, _record: object, arguments: MutableSequence[Any], _options: object
) -> None:
    """Creates the file that the driver is about to open, with mode 0600, if it is missing.

    An existing file keeps its mode.  SQLite gives its log and its index the mode of the file.
    """
    # WHY: O_EXCL, so that a file that exists is not opened here.  Closing any descriptor of a file
    # drops all locks that the process has on it, SQLite's too; two writers would then corrupt it.
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
    # WHY: where the file cannot be made, the driver fails with an error that we translate.
    with suppress(OSError):
        os.close(os.open(str(arguments[0]), flags, OWNER_ONLY))
