"""Counts attempts to sign in, and refuses those that come too soon.

An attempt counts as failed from its beginning, so that a thousand at one instant count a thousand.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, NoReturn

from gpd_soap.store.access.keys import digest
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.people import attempts
from gpd_soap.store.people.operators import folded
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.wrong_keys import address_of
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.delays import FORGOTTEN, RULES, Kind, failed, wait

logger = logging.getLogger(__name__)


class Counted(NamedTuple):
    """What an attempt is counted by; `subject` is a digest, so that no row names anybody."""

    kind: Kind
    subject: str


def by_name(name: str) -> Counted:
    """Count by what was typed as a name, whether or not anybody has it."""
    return Counted(Kind.ACCOUNT, digest(folded(name)))


def by_code(operator_id: str) -> Counted:
    """Count the codes of an operator."""
    return Counted(Kind.CODE, digest(operator_id))


def by_browser(mark: str) -> Counted:
    """Count by the mark of a browser that has signed in the same operator before."""
    return Counted(Kind.BROWSER, digest(mark))


def by_address(caller: str) -> Counted:
    """Count by the address of the caller; of IPv6 by its /64."""
    return Counted(Kind.ADDRESS, digest(address_of(caller)))


def by_ceremony(caller: str) -> Counted:
    """Count the passkeys and the visits to a provider of an address, apart from its passwords."""
    return Counted(Kind.CEREMONY, digest(address_of(caller)))


def begin(database: Database, counted: Iterable[Counted], now: datetime) -> None:
    """Count an attempt as failed.

    Raises TooManyAttempts, and counts nothing, if it comes too soon after failed ones.
    """

    def work(connection: Transaction) -> None:
        attempts.forget_older(connection, now - FORGOTTEN)
        # WHY: all attempts lock in one order, so that none waits for another that waits for it.
        counts = [(each, attempts.lock(connection, *each, now)) for each in sorted(counted)]
        seconds = max(wait(RULES[each.kind], count, now).total_seconds() for each, count in counts)
        if seconds > 0:
            raise people_refusals.TooManyAttempts(math.ceil(seconds))
        for each, count in counts:
            attempts.put(connection, *each, failed(RULES[each.kind], count, now))

    in_transaction(database, work)


def refuse(caller: str, refusal: refusals.Refusal) -> NoReturn:
    """Logs that an attempt failed, and raises its refusal."""
    # WHY: what was typed as a name may be a password.
    logger.warning("an attempt to sign in was refused", extra={"fields": {"caller": caller}})
    raise refusal


def succeed(connection: Transaction, counted: Iterable[Counted], now: datetime) -> None:
    """Forget the failures of an attempt that succeeded; its address keeps its other failures."""
    # WHY: who has an account could otherwise guess at another's from the same address.
    for each in sorted(counted):
        if each.kind in (Kind.ADDRESS, Kind.CEREMONY):
            take_back(connection, [each], now)
        else:
            attempts.forget(connection, *each)


def take_back(connection: Transaction, counted: Iterable[Counted], now: datetime) -> None:
    """Count an attempt at `now` as none; what was counted before it stays."""
    for each in sorted(counted):
        before = now - RULES[each.kind].longest
        attempts.take_back(connection, *each, now=now, before=before)
