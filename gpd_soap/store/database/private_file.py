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
    # WHY: the driver then fails to open the file, with an error that we translate.
    with suppress(OSError):
        os.close(os.open(str(arguments[0]), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, OWNER_ONLY))
