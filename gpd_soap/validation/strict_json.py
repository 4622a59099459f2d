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
        decoded: object = DECODER.decode(text)
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise UnusableFile(f"expected JSON at {position}") from None
    except RecursionError:
        raise too_deep() from None
    except ValueError:
        raise too_long() from None
    return decoded


def too_deep() -> UnusableFile:
    """Return the error for a text that is nested too deeply for Python."""
    return UnusableFile("expected lists and objects that are nested less deeply")


def too_long() -> UnusableFile:
    """Return the error for an integer of thousands of digits, which Python refuses to read."""
    return UnusableFile("expected numbers of fewer digits")


def repeated_key() -> UnusableFile:
    """Return the error for an object that has a key twice."""
    return UnusableFile("expected each key once in an object")


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs.  Raises UnusableFile if a key is repeated."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise repeated_key()
    return fields


def _no_constant(_name: str) -> object:
    raise UnusableFile("expected a number of JSON, not NaN or Infinity")


#: Decodes strictly; it raises UnusableFile, JSONDecodeError, RecursionError or ValueError.
DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
