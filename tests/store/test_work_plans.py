"""What the pages of people at work read: by index on SQLite, where every table is large."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.store.journal import figures
from gpd_soap.store.positions import due
from gpd_soap.store.receipts import candidates, money, overview, queue
from gpd_soap.store.receipts.overview import Named
from gpd_soap.store.receipts.queue import QueueFilter, QueueKey
from gpd_soap.store.store import Store
from gpd_soap.store.tables.receipts import CASE_INDEXES
from tests.conftest import Databases
from tests.store.samples import NOW, ORGANIZATION, nav, prepare
from tests.store.test_sqlite_list_plans import plans

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
#: Steps that read more of a table than its page needs.
WHOLE = ("SCAN receipt", "SCAN payment_option", "SCAN position", "SCAN journal", "SCAN tally")
#: A small table, and indexes that have few rows of an organization.
OF_FEW = ("quarantine", *(str(index.name) for index in CASE_INDEXES))
KEY = QueueKey(NOW, "r-1", 0)
READINGS: dict[str, Callable[[Connection], object]] = {
    "queue": lambda c: queue.page(c, ORGANIZATION, QueueFilter(), 20, KEY),
    "queue of a kind": lambda c: queue.page(c, ORGANIZATION, QueueFilter("double"), 20),
    "refunds": lambda c: queue.page(
        c, ORGANIZATION, QueueFilter(resolved=True, outcome=CaseOutcome.TO_REFUND), 20
    ),
    "waiting": lambda c: queue.waiting(c, ORGANIZATION, NOW),
    "to refund": lambda c: queue.to_refund(c, ORGANIZATION),
    "last resolved": lambda c: queue.last_resolved(c, ORGANIZATION),
    "receipts of notices": lambda c: queue.of_notices(c, ORGANIZATION, [nav(1), nav(2)]),
    "money": lambda c: money.taken(c, ORGANIZATION, NOW - DAY, NOW),
    "numbered": lambda c: candidates.numbered(c, ORGANIZATION, [nav(1)], [nav(1)[1:]]),
    "owed": lambda c: candidates.owed_by(c, ORGANIZATION, "RSSMRA00A01A000A", 100),
    "due": lambda c: due.due(c, ORGANIZATION, NOW, NOW + 7 * DAY),
    "first payable": lambda c: due.first_payable(c, ORGANIZATION, NOW, NOW + DAY, "47"),
    "answered": lambda c: figures.answered(c, ORGANIZATION, NOW - 30 * DAY, NOW),
    "receipts by hour": lambda c: figures.receipts(c, ORGANIZATION, NOW - 30 * DAY, NOW),
    "faults": lambda c: figures.faults(c, ORGANIZATION, [(NOW - DAY, NOW), (NOW - HOUR, NOW)]),
    "operations": lambda c: figures.operations(c, ORGANIZATION, NOW - DAY),
    "last call": lambda c: figures.last_of(c, ORGANIZATION, "paSendRTV2", NOW),
    "slots": lambda c: figures.slots(c, ORGANIZATION, [NOW, NOW + HOUR], HOUR),
    "briefs": lambda c: overview.briefs(
        c, [Named(ORGANIZATION, "Comune")], (NOW - DAY, NOW), NOW - DAY
    ),
}


@pytest.fixture(scope="module")
def empty(databases: Databases) -> Iterator[Store]:
    """A SQLite store with the fixed statistics of large tables."""
    name, url = databases.make("sqlite", prepare)
    store = Store(url)
    yield store
    store.close()
    databases.server("sqlite").drop_database(name)


@pytest.mark.parametrize("which", READINGS)
def test_reading_of_a_work_page_scans_no_large_table(empty: Store, which: str):
    """Each search uses more columns of an index than the organization."""
    steps = [step for plan in plans(empty, READINGS[which]) for step in plan]

    assert steps
    assert [step for step in steps if step.startswith(WHOLE)] == []
    bare = [step for step in steps if step.endswith("(organization=?)")]
    assert [step for step in bare if not any(name in step for name in OF_FEW)] == []


def test_last_resolved_case_is_the_first_of_its_index(empty: Store):
    """A large town has resolved tens of thousands, and one of them is read."""
    steps = plans(empty, READINGS["last resolved"])[0]

    [step] = steps
    assert step.startswith("SEARCH receipt USING INDEX ix_receipt_resolved_at (organization=?")


def test_money_is_summed_from_the_index_alone(empty: Store):
    """A large town takes thousands of receipts a day, each with its whole message."""
    (steps,) = plans(empty, READINGS["money"])

    assert [step.partition(" (")[0] for step in steps] == [
        "SEARCH receipt USING COVERING INDEX ix_receipt_organization_kept_received_at_amount"
    ]
