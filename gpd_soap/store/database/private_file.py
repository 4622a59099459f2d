"""SQLite's file, made for its owner alone."""

from __future__ import annotations

import os
from collections.abc import MutableSequence
from contextlib import suppress
from typing import Any

OWNER_ALONE = 0o600


def create_for_owner(
    _dialect: object, _record: object, arguments: MutableSequence[Any], _options: object
) -> None:
    """Create the file that the driver is about to open, where it is missing, with mode 0600.

    An existing file keeps its mode.  SQLite gives its log and its index the file's own mode.
    """
    # WHY: what cannot be created is the driver's to tell, in the words that we know.
    with suppress(OSError):
        os.close(os.open(str(arguments[0]), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, OWNER_ALONE))
