"""Finds subscriptions with something to send, claims them, and sends; any number of processes."""

from __future__ import annotations

import logging
import os
import random as random_numbers
import secrets
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from gpd_soap.clock import Clock, utc_now
from gpd_soap.features.webhooks import client
from gpd_soap.features.webhooks.addresses import Resolve
from gpd_soap.features.webhooks.client import Client
from gpd_soap.features.webhooks.delivery import Delivery
from gpd_soap.features.webhooks.options import Options
from gpd_soap.features.webhooks.schedule import Random
from gpd_soap.features.webhooks.tools import Tools
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Unavailable, in_transaction, read_only
from gpd_soap.store.events import subscriptions
from gpd_soap.store.events.numbering import number_all

#: LIMIT: 16 subscriptions of a process at once.
SUBSCRIPTIONS = 16
#: LIMIT: 50 ms between two looks for new events.
PAUSE = 0.05
#: LIMIT: 5 s until the next look after the database failed.
PAUSE_AFTER_FAILURE = 5.0

logger = logging.getLogger(__name__)


class Deliverer:
    """The deliveries of one process."""

    def __init__(
        self,
        database: Database,
        options: Options,
        clock: Clock = utc_now,
        random: Random = random_numbers.random,
        resolve: Resolve = client.resolve,
    ) -> None:
        """Takes a database; a test passes its own clock, random numbers and name server."""
        sender = Client(options.rule, options.identities, options.timeouts, resolve)
        worker = f"{os.getpid()}-{secrets.token_hex(6)}"
        #: Those that this process has begun or will begin.
        self._under_way: set[tuple[str, str]] = set()
        master, stopped, key = options.master, threading.Event(), options.key
        self._tools = Tools(database, sender, master, clock, random, worker, stopped, key)

    def once(self) -> int:
        """Sends what is due now, and returns the number of attempts.  Raises Unavailable."""
        with ThreadPoolExecutor(SUBSCRIPTIONS, "deliver") as pool:
            return sum(each.result() for each in self._begin(pool))

    def run(self, stopped: threading.Event) -> None:
        """Sends until `stopped`; requests that are under way end first."""
        with ThreadPoolExecutor(SUBSCRIPTIONS, "deliver") as pool:
            while not stopped.is_set():
                pause = PAUSE
                try:
                    for each in self._begin(pool):
                        each.add_done_callback(_report)
                except Exception as error:  # noqa: BLE001  # WHY: a loop beside a face goes on
                    reason = error if isinstance(error, Unavailable) else type(error).__name__
                    logger.warning("no events can be sent now: %s", reason)
                    pause = PAUSE_AFTER_FAILURE
                stopped.wait(pause)
            self._tools.stopped.set()

    def _begin(self, pool: ThreadPoolExecutor) -> list[Future[int]]:
        """Numbers new events, and begins a delivery for each subscription that is due."""
        database, now = self._tools.database, self._tools.clock()
        try:
            number_all(database)
        except Exception as error:  # noqa: BLE001  # WHY: one feed that fails must not stop others
            logger.warning("no events can be numbered now: %s", type(error).__name__)
        due = read_only(database, lambda c: subscriptions.due(c, now))
        begun = [each for each in due if each not in self._under_way]
        self._under_way.update(begun)
        return [pool.submit(self._deliver, each) for each in begun]

    def _deliver(self, key: tuple[str, str]) -> int:
        tools = self._tools
        try:
            claimed = in_transaction(
                tools.database,
                lambda c: subscriptions.claim(c, *key, tools.worker, tools.clock()),
            )
            return 0 if claimed is None else Delivery(tools, claimed).run()
        finally:
            self._under_way.discard(key)


def _report(delivery: Future[int]) -> None:
    error = delivery.exception()
    if error is not None:
        # WHY: the text of an error may have a person's data; its lease ends by itself.
        logger.warning("a delivery failed and is repeated: %s", type(error).__name__)
