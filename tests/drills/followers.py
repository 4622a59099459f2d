"""The back offices that the READMEs show, as processes beside a drill: each writes down payments.

One reads the feed; the other one receives what `gpd-soap deliver` sends.  Each is killed and begins
again in the middle, and must end with exactly the payments that the store has.
"""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import requests

from gpd_soap.clock import utc_now
from gpd_soap.core.event import OF_STATUS, EventType
from gpd_soap.features.webhooks.addresses import Rule
from gpd_soap.features.webhooks.manage import Subscriptions
from gpd_soap.features.webhooks.options import Options
from gpd_soap.store.events import feed
from gpd_soap.store.events.numbering import number_all
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.store import Store
from gpd_soap.validation.queries.subscriptions import SubscriptionFields
from tests import world
from tests.drills.apps import ROOT
from tests.drills.judge import StoreContent
from tests.ports import free_port

READING, RECEIVING = "gpd_soap/api/README.md", "gpd_soap/features/webhooks/README.md"
MASTER = "a-secret-of-these-drills-and-of-no-one"
#: Seconds in which a back office has everything, after the last blow.
WITHIN = 90.0
#: The blocks of a README in a language.
BLOCK = r"^```{language}\n(.*?)^```$"
#: A payment: id of the receipt, notice, cents.
Payment = tuple[str, str, int]


def program(readme: str) -> str:
    """Returns the Python program that a README shows."""
    return _block(readme, "python")


def tables() -> str:
    """Returns the SQL that makes the tables of both programs."""
    return _block(READING, "sql")


def _block(readme: str, language: str) -> str:
    text = (ROOT / readme).read_text("utf-8")
    [only] = re.findall(BLOCK.format(language=language), text, re.MULTILINE | re.DOTALL)
    return str(only)


class Followers:
    """Both back offices, and the process that sends."""

    def __init__(self, owner: str, serving: str, admin: str, key: str, home: Path) -> None:
        """`owner` and `serving` are URLs of the database, `admin` that of an admin face."""
        port, self._home, self._processes = free_port(), home, list[subprocess.Popen[bytes]]()
        rule = Rule((ip_network("127.0.0.1/32"),), (port,))
        store = Store(owner)
        subscriptions = Subscriptions(store, utc_now, Options(MASTER.encode(), rule))
        fields = SubscriptionFields.model_validate({"url": f"http://127.0.0.1:{port}/", "lanes": 8})
        _, secret = subscriptions.create(world.ORGANIZATION, fields, world.ACTOR)
        store.close()
        events = f"{admin}/organizations/{world.ORGANIZATION}/events?types=receipt.&limit=1000"
        for readme in (READING, RECEIVING):
            with contextlib.closing(sqlite3.connect(self._file(readme))) as mine:
                mine.executescript(tables())
        self._commands = [
            [sys.executable, "-c", program(READING), events, key, self._file(READING)],
            [sys.executable, "-c", program(RECEIVING), str(port), secret, self._file(RECEIVING)],
            [sys.executable, "-m", "gpd_soap", "deliver"],
        ]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GPD_")},
            "GPD_DATABASE_URL": serving,
            "GPD_WEBHOOK_SECRET": MASTER,
            "GPD_WEBHOOK_NETWORKS": "127.0.0.1/32",
            "GPD_WEBHOOK_PORTS": str(port),
        }

    def start(self) -> None:
        """Starts the processes."""
        with (self._home / "followers.log").open("ab") as output:
            self._processes = [
                subprocess.Popen(
                    each, cwd=ROOT, env=self._environment, stdout=output, stderr=output
                )
                for each in self._commands
            ]

    def kill(self) -> None:
        """Kills every process with `kill -9`."""
        for each in self._processes:
            each.kill()
            each.wait()
        self._processes = []

    def faults(self, content: StoreContent) -> Iterator[str]:
        """Yields how the payments of each differ from those of the store, when they have come."""
        expected = payments(content)
        for readme in (READING, RECEIVING):
            deadline = time.monotonic() + WITHIN
            while (seen := self._seen(readme)) != expected and time.monotonic() < deadline:
                time.sleep(0.2)
            if seen != expected:
                yield (
                    f"the back office of {readme} lacks {len(expected - seen)} payments and has"
                    f" {len(seen - expected)} of its own; ended: {self._ended()};"
                    f" the feed answers {self._answered()}; {self._tail_of_log()}"
                )

    def _ended(self) -> list[int | None]:
        """Returns the exit code of each process, or None of one that runs."""
        return [each.poll() for each in self._processes]

    def _answered(self) -> str:
        """Returns what the feed answers at this instant."""
        _, _, _, events, key, _ = self._commands[0]
        try:
            answer = requests.get(events, headers={"X-Api-Key": key}, timeout=20)
        except requests.RequestException as error:
            return type(error).__name__
        return f"{answer.status_code}, {len(answer.content)} bytes"

    def _seen(self, readme: str) -> set[Payment]:
        with contextlib.closing(sqlite3.connect(self._file(readme), timeout=20)) as mine:
            rows = mine.execute("SELECT receipt, nav, cents FROM payment").fetchall()
        return {(receipt, nav, cents) for receipt, nav, cents in rows}

    def _file(self, readme: str) -> str:
        return str(self._home / f"{Path(readme).parent.name}.db")

    def _tail_of_log(self) -> str:
        output = (self._home / "followers.log").read_text("utf-8", errors="replace")
        # WHY: the lines of requests that were answered would be all there is to see.
        lines = (each for each in output.splitlines() if "POST / HTTP" not in each)
        return "\n".join(lines)[-600:]


def payments(content: StoreContent) -> set[Payment]:
    """Returns the payments that the store has: the notices that a receipt paid."""
    amounts = {(row["receipt_id"], row["nav"]): row["amount"] for row in content.receipts}
    paid = ((row["receipt_id"], row["nav"]) for row in content.options if row["paid_at"])
    return {(*each, amounts[each]) for each in paid if each in amounts}


def feed_faults(url: str, content: StoreContent) -> Iterator[str]:
    """Yields each receipt of the store of which the feed does not say once what became of it."""
    store = Store(url)
    number_all(store)
    with store.reading() as connection:
        last = feed.bounds(connection, world.ORGANIZATION).last
        events = feed.after(connection, world.ORGANIZATION, 0, last, last + 1)
    store.close()
    if [each.sequence for each in events] != list(range(1, last + 1)):
        yield "the numbers of the feed have holes, or come twice"
    yield from judge_events(content, events)


def judge_events(content: StoreContent, events: list[StoredEvent]) -> Iterator[str]:
    """Yields the faults of the events about receipts."""
    rows = {(row["receipt_id"], row["variant"]): row for row in content.receipts}
    kinds = {key: list[str]() for key in rows}
    for event in events:
        if event.receipt_id is None or event.type not in OF_STATUS.values():
            continue
        key = (event.receipt_id, _variant(event))
        if key not in kinds:
            yield f"the feed has receipt {key}, which is not stored"
        else:
            kinds[key].append(event.type)
    for key, seen in kinds.items():
        final = OF_STATUS[rows[key]["kept"]]
        # WHY: a receipt that came before its position has an event then, and one when it pays.
        if seen not in ([final], [EventType.RECEIPT_UNMATCHED, final]):
            yield f"receipt {key} is kept as {final}, and the feed says {seen}"
    paying = sorted(
        (str(event.receipt_id), str(event.nav), event.data["amount"])
        for event in events
        if event.data.get("pays")
    )
    if paying != sorted(payments(content)):
        yield "the payments of the feed are not those of the store"


def _variant(event: StoredEvent) -> int:
    """Returns the variant of the receipt of an event, which is part of its case."""
    _, _, variant = str(event.data.get("case", "")).partition(".")
    return int(variant or 0)
