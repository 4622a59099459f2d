"""Counts wrong keys by the address that sent them, and bounds them in time.

LIMIT: each process counts for itself, so that a server with several has a multiple of the bound.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

#: The time in which wrong keys are counted.
WINDOW = timedelta(seconds=60)
#: LIMIT: 10,000 addresses (some 3 MB); the one that was counted least lately is forgotten.
MOST_ADDRESSES = 10_000
#: All addresses of a process together may send so many times what one may: memory is bounded, so
#: that many addresses would otherwise have no bound.
ALL_ADDRESSES = 10
#: LIMIT: 100 lines of the log in a window; the next line has the number of those left out.
MOST_LINES = 100
#: LIMIT: characters of an address that are kept.
LONGEST = 64
#: Bits of an IPv6 address that name a customer of a provider.
IPV6_PREFIX = 64


class Attempt(NamedTuple):
    """A wrong key that was counted.

    `number` is how many the address sent in its window, and `seconds` how long it must wait: 0
    within the bound.  `line` says whether the attempt is logged, after `left_out` that were not.
    """

    caller: str
    number: int
    seconds: float
    line: bool
    left_out: int


class _Window:
    """The attempts since an instant."""

    def __init__(self, since: datetime) -> None:
        self.since, self.number = since, 0

    def rest(self, now: datetime) -> float:
        """Returns the seconds until the window ends; 0 if it has ended."""
        # WHY: a clock that was set back must not keep a caller waiting for hours.
        passed = now - self.since
        return (WINDOW - passed).total_seconds() if timedelta() <= passed < WINDOW else 0.0


class WrongKeys:
    """The wrong keys of a process."""

    def __init__(self, most: int) -> None:
        """Bound an address to `most` wrong keys in a window; 0 is no bound."""
        self._most = most
        self._addresses: OrderedDict[str, _Window] = OrderedDict()
        self._all: _Window | None = None
        self._lines: _Window | None = None
        self._left_out = 0
        self._lock = threading.Lock()

    def seconds(self, caller: str, now: datetime) -> float:
        """Returns the seconds for which keys of this address are not looked up; 0 if they are."""
        if not self._most:
            return 0.0
        with self._lock:
            return self._over(self._addresses.get(address_of(caller)), now)

    def count(self, caller: str, now: datetime) -> Attempt:
        """Counts a wrong key of an address."""
        address = address_of(caller)
        with self._lock:
            self._all, self._lines = everybody, lines = (
                _current(self._all, now),
                _current(self._lines, now),
            )
            window = _current(self._addresses.pop(address, None), now)
            self._addresses[address] = window
            if len(self._addresses) > MOST_ADDRESSES:
                self._addresses.popitem(last=False)
            window.number += 1
            everybody.number += 1
            seconds = self._over(window, now, spent=1)
            line = window.number in (1, self._most + 1) and lines.number < MOST_LINES
            left_out = self._left_out if line else 0
            lines.number += line
            self._left_out = 0 if line else self._left_out + 1
        return Attempt(address, window.number, seconds, line, left_out)

    def _over(self, window: _Window | None, now: datetime, spent: int = 0) -> float:
        """Returns the seconds to wait; `spent` is 1 if the attempt itself is counted already."""
        if not self._most:
            return 0.0
        waits = [0.0]
        if window is not None and window.number - spent >= self._most:
            waits.append(window.rest(now))
        if self._all is not None and self._all.number - spent >= self._most * ALL_ADDRESSES:
            waits.append(self._all.rest(now))
        return max(waits)


def _current(window: _Window | None, now: datetime) -> _Window:
    """Returns the window, or a new one if it has ended."""
    return window if window is not None and window.rest(now) else _Window(now)


def address_of(caller: str) -> str:
    """Returns the address under which a caller is counted: of IPv6, the first 64 bits."""
    try:
        address = ipaddress.ip_address(caller)
    except ValueError:
        return caller[:LONGEST]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
