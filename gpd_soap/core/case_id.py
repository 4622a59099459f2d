"""The name of what a person looks into: a receipt, or a message that came as one and is none.

It can stand in a path, a file's name and a command, whatever the Node called the receipt.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

#: The kind of a case that is no receipt; the others are called as they are kept.
QUARANTINE = "quarantine"

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_RECEIPT = re.compile(
    rf"(?:(?P<plain>{_PLAIN.pattern})|~(?P<coded>[A-Za-z0-9_-]*))(?:\.(?P<variant>[1-9][0-9]{{0,8}}))?"
)
_QUARANTINED = re.compile(r"q\.(?P<digest>[0-9a-f]{64})")


class CaseKey(NamedTuple):
    """A receipt by receiptId and variant, or a message by its digest, which has no variant."""

    name: str
    variant: int | None


def case_id(key: CaseKey) -> str:
    """Name a case; of two cases of an organization no name is the same."""
    if key.variant is None:
        return f"q.{key.name}"
    plain = _PLAIN.fullmatch(key.name)
    name = key.name if plain else "~" + urlsafe_b64encode(key.name.encode()).decode().rstrip("=")
    return f"{name}.{key.variant}" if key.variant else name


def case_key(told: str) -> CaseKey | None:
    """Read what `case_id` wrote; None for anything else."""
    quarantined = _QUARANTINED.fullmatch(told)
    if quarantined:
        return CaseKey(quarantined["digest"], None)
    match = _RECEIPT.fullmatch(told)
    if match is None:
        return None
    key = CaseKey(match["plain"] or _decoded(match["coded"]), int(match["variant"] or 0))
    # WHY: no receipt is called so, and PostgreSQL has no such text.
    return key if case_id(key) == told and "\0" not in key.name else None


def _decoded(coded: str) -> str:
    try:
        return urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except ValueError:
        return ""
