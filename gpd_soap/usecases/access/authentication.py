"""Finds the key that a request presents; counts and bounds wrong ones.

A right key is accepted whatever others send from its address, which may be a proxy's.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import NamedTuple, NoReturn, Protocol

from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import COARSE, Key
from gpd_soap.store.access.trail import KeyUse
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.wrong_keys import WrongKeys

#: LIMIT: 5 seconds for which the digests of the active keys are used again, while an address sends
#: too many wrong keys.  A key that was created since waits so long there.
REMEMBERED = timedelta(seconds=5)
#: LIMIT: digests that are read then, some 15 MB.
MOST_DIGESTS = 100_000

logger = logging.getLogger(__name__)


class WrongKeyObserver(Protocol):
    """Is called for each wrong key."""

    def __call__(self, *, limited: bool) -> None:
        """Take note of a key; `limited` says that the bound refused it without a look-up."""


class Presented(NamedTuple):
    """A key as a request presents it: the token, the caller's address, the operation's path."""

    token: str
    caller: str
    path: str


def unobserved(*, limited: bool) -> None:
    """Count nothing; a WrongKeyObserver."""


class Authentication:
    """The keys of a process: looked up at each request, so that a revoked one is refused at once.

    Threads may share it.
    """

    def __init__(
        self, store: Store, wrong_keys: WrongKeys, observe: WrongKeyObserver = unobserved
    ) -> None:
        """Use these collaborators; `observe` counts the wrong keys for the metrics."""
        self._store, self._wrong_keys, self._observe = store, wrong_keys, observe
        self._touched: dict[str, datetime] = {}
        self._digests: frozenset[str] = frozenset()
        self._read_at: datetime | None = None

    def __call__(self, presented: Presented, now: datetime) -> Key:
        """Returns the key of a token.

        Raises KeyNotValid if there is none, and TooManyWrongKeys if its caller sent too many wrong
        ones.
        """
        if not presented.token:
            raise refusals.KeyNotValid
        seconds = self._wrong_keys.seconds(presented.caller, now)
        if seconds and not self._may_be_active(presented.token, now):
            self._refuse(presented, now)
        key = read_only(self._store, lambda c: keys.find(c, presented.token))
        if key is None or key.has_expired(now):
            self._refuse(presented, now)
        self._touch(key, now)
        return key

    def _refuse(self, presented: Presented, now: datetime) -> NoReturn:
        """Counts a wrong key, and raises its refusal."""
        attempt = self._wrong_keys.count(presented.caller, now)
        self._observe(limited=attempt.seconds > 0)
        if attempt.line:
            fields = {
                "caller": attempt.caller,
                "path": presented.path,
                "number": attempt.number,
                "limited": attempt.seconds > 0,
                "leftOut": attempt.left_out,
            }
            logger.warning("a wrong key was presented", extra={"fields": fields})
        if attempt.seconds:
            raise refusals.TooManyWrongKeys(attempt.seconds)
        raise refusals.KeyNotValid

    def _may_be_active(self, token: str, now: datetime) -> bool:
        """Returns whether a token was that of an active key within the last seconds."""
        if self._read_at is None or not timedelta() <= now - self._read_at < REMEMBERED:
            self._digests = read_only(
                self._store, lambda c: keys.active_digests(c, now, MOST_DIGESTS)
            )
            self._read_at = now
        return keys.digest(token) in self._digests

    def _touch(self, key: Key, now: datetime) -> None:
        """Has the last use of a key written, unless that was done within the last minutes."""
        before = self._touched.get(key.id)
        if key.needs_touch(now) and (before is None or before <= now - COARSE):
            self._touched[key.id] = now
            self._store.access_trail.write(KeyUse(key.id, now))
