"""Spares a process of the tests from visiting again and again what stays until its end.

A process holds the tests themselves: half a million objects, which Python's collector of garbage
visits at each of its full runs.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: LIMIT: new objects between two runs of the collector; Python's own number is 700.
NEW_OBJECTS = 10_000


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect nothing within, and never visit later what exists at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
        gc.enable()
