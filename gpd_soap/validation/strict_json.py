"""Reads JSON strictly: text that could be understood in two ways is refused.

A repeated key, a number that JSON does not know (NaN), or bytes that are not UTF-8 make the whole
text unusable.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


class UnusableFile(Exception):
    """Nothing of the file can be loaded; the message says why, and repeats none of its content."""


def decode(raw: bytes) -> object:
    """Return the value of a JSON text in UTF-8, with or without a byte order mark.

    Raises UnusableFile if the bytes are not UTF-8 or not strict JSON.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"expected UTF-8 at byte {error.start}") from None
    try:
        decoded: object = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise UnusableFile(f"expected JSON at {position}") from None
    except RecursionError:
        raise UnusableFile("expected lists and objects that are nested less deeply") from None
    except ValueError:
        # WHY: Python refuses to read an integer of thousands of digits.
        raise UnusableFile("expected numbers of fewer digits") from None
    return decoded


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs.  Raises UnusableFile if a key is repeated."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UnusableFile("expected each key once in an object")
    return fields


def _no_constant(_name: str) -> object:
    raise UnusableFile("expected a number of JSON, not NaN or Infinity")
