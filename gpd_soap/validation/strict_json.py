"""JSON and nothing more than JSON, or a clear no.

Nothing is guessed: a key that comes twice, a number that is none (NaN), or bytes that are not UTF-8
make the whole text unusable, because nobody can say what was meant.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


class UnusableFile(Exception):
    """Nothing of the file can be loaded; the text says why, and repeats none of it."""


def decode(raw: bytes) -> object:
    """Read JSON and nothing more than JSON: UTF-8 with or without a mark, no NaN, no key twice."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"expected UTF-8, which byte {error.start} is not") from None
    try:
        decoded: object = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnusableFile(f"expected JSON, which it is not at {place}") from None
    except RecursionError:
        raise UnusableFile("expected lists and objects that nest less deep") from None
    except ValueError:
        # WHY: Python refuses to read an integer of thousands of digits.
        raise UnusableFile("expected numbers of a sane length") from None
    return decoded


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnusableFile("expected each key once in an object; one comes twice")
    return found


def _no_constant(_name: str) -> object:
    raise UnusableFile("expected JSON's numbers, which NaN and Infinity are not")
