"""A load of verifies and receipts on a server while a test stops or upgrades it."""

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import requests
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests import world
from tests.e2e.test_served import XML
from tests.messages.build import claim, qr, receipt, soap_request

OK = b"<outcome>OK</outcome>"
SENDERS = 2
ANSWERED, REFUSED = "answered OK", "refused"
VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(6))).encode()


class Load:
    """Senders' results: how each request ended, and the receipts that were acknowledged."""

    def __init__(self, name: str) -> None:
        """`name` makes the receipt ids differ from those of another load."""
        self.ends: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self._ids = (f"{name}-{number}" for number in itertools.count(1))
        self._one = threading.Lock()
        self._enough = threading.Event()

    def keep_asking(self, url: str) -> None:
        """Send verifies and receipts in turn until `stop`, each over a connection of its own."""
        while not self._enough.is_set():
            self.ask(url, VERIFY)
            with self._one:
                receipt_id = next(self._ids)
            if self.ask(url, message(receipt_id)):
                self.acknowledged.add(receipt_id)

    def ask(self, url: str, content: bytes) -> bool:
        """Send a request and count how it ended; return True if the answer is OK."""
        try:
            answered = requests.post(url, content, headers=XML, timeout=20)
        except requests.ConnectionError as error:
            # WHY: a refused connection has sent no request; any other error is a lost answer.
            end = REFUSED if "Errno 111" in str(error) else str(error)
        else:
            end = str(answered.status_code)
            end = ANSWERED if OK in answered.content else str(answered.status_code)
        self.ends[end] += 1
        return end == ANSWERED

    def stop(self) -> None:
        """Stop the senders after their current request."""
        self._enough.set()


@contextmanager
def asking(url: str, name: str = "load") -> Iterator[Load]:
    """Run senders against a URL; on leaving, each has its last answer."""
    load = Load(name)
    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [pool.submit(load.keep_asking, url) for _ in range(SENDERS)]
        try:
            yield load
        finally:
            load.stop()
    for sender in senders:
        sender.result()


def message(receipt_id: str) -> bytes:
    """A receipt of the world's second notice: the first is applied, later ones are double."""
    sent = receipt(world.nav(2), "40.00", receiptId=receipt_id)
    return soap_request("paSendRTV2", claim() + sent).encode()


def stored_receipts(database: str) -> set[str]:
    """Ids of all receipts in the store."""
    store = Store(database)
    with store.begin() as connection:
        receipt_ids = set(connection.execute(select(tables.receipt.c.receipt_id)).scalars())
    store.close()
    return receipt_ids
