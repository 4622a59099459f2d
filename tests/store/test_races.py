"""Several processes settle, issue or upgrade at one instant."""

import itertools
import os
import signal

import pytest
from sqlalchemy import inspect

from gpd_soap.core.receipt import Receipt
from gpd_soap.store.positions import insert as insert_position
from gpd_soap.store.store import Store
from tests.store.races import PROCESSES, Crew, add_in_turn, issue_some, take_once, upgrade_once
from tests.store.samples import (
    ACTOR,
    NOW,
    add,
    nav,
    option,
    paid,
    position,
    receipt,
    statuses,
    take,
)

MEETINGS = 30


def test_receipt_taken_by_eight_processes_is_settled_once(
    crew: Crew, store: Store, prepared_url: str
):
    """One process pays the notice, and the other seven are counted as repetitions."""
    for serial in range(1, 6):
        add(store, position(f"P{serial}", option(serial)))

        repeated = crew.race(take_once, prepared_url, [receipt(serial)] * crew.size)

        assert sorted(repeated) == [False] + [True] * 7
        assert statuses(store)[f"r-{serial}", 0] == ("applied", "", 8)
        assert paid(store)[nav(serial)] == f"r-{serial}"


def test_unmatched_receipt_taken_by_eight_processes_is_stored_once(
    crew: Crew, store: Store, prepared_url: str
):
    """The receipt has no position on which the processes could wait."""
    for serial in range(1, 6):
        crew.race(take_once, prepared_url, [receipt(serial)] * crew.size)

        assert statuses(store)[f"r-{serial}", 0] == ("unmatched", "no notice of this number", 8)


def test_conflicting_receipt_taken_by_eight_processes_is_one_variant(
    crew: Crew, store: Store, prepared_url: str
):
    """A second content of a stored receiptId is counted eight times."""
    for serial in range(1, 6):
        take(store, receipt(serial))
        other = receipt(serial, digest="other content")

        crew.race(take_once, prepared_url, [other] * crew.size)

        reason = "same receiptId, other content"
        assert statuses(store)[f"r-{serial}", 1] == ("conflicting", reason, 8)
        assert (f"r-{serial}", 2) not in statuses(store)


def test_exclusive_options_paid_at_one_instant_are_applied_and_double(
    crew: Crew, store: Store, prepared_url: str
):
    """A single option and an installment of the same position are never both paid."""
    for serial in range(10, 20, 2):
        add(store, position(f"P{serial}", option(serial), option(serial + 1, plan="rate")))
        both = [receipt(serial), receipt(serial + 1)] * (crew.size // 2)

        crew.race(take_once, prepared_url, both)

        stored = [statuses(store)[f"r-{each}", 0] for each in (serial, serial + 1)]
        reason = "an exclusive alternative was paid"
        assert sorted(stored) == [("applied", "", 4), ("double", reason, 4)]
        assert len({nav(serial), nav(serial + 1)} & paid(store).keys()) == 1


def test_two_receipts_of_one_notice_at_one_instant_are_applied_and_double(
    crew: Crew, store: Store, prepared_url: str
):
    """The slower payment is to be refunded."""
    add(store, position("P", option(1)))
    both = [receipt(1), receipt(1, receipt_id="r-2", digest="another")] * (crew.size // 2)

    crew.race(take_once, prepared_url, both)

    assert sorted(entry[0] for entry in statuses(store).values()) == ["applied", "double"]
    assert [entry[2] for entry in statuses(store).values()] == [4, 4]


def test_receipt_and_its_new_position_at_one_instant_are_matched(
    crew: Crew, store: Store, prepared_url: str
):
    """Whichever is first, the notice is paid."""
    pairs = crew.size // 2
    serials = [range(1 + pair, 1 + pairs * MEETINGS, pairs) for pair in range(pairs)]
    arriving = [[position(f"P{n}", option(n)) for n in each] for each in serials]
    paying = [[receipt(n) for n in each] for each in serials]

    crew.race(add_in_turn, prepared_url, [*arriving, *paying])

    assert {entry[0] for entry in statuses(store).values()} == {"applied"}
    assert len(paid(store)) == pairs * MEETINGS


@pytest.mark.usefixtures("store")
def test_numbers_issued_by_eight_processes_are_distinct(crew: Crew, prepared_url: str):
    """Each number is new, and no serial is left out."""
    issued = crew.race(issue_some, prepared_url, [10] * crew.size)

    assert sorted(itertools.chain(*issued)) == [nav(serial) for serial in range(1, 161)]


def test_database_upgraded_by_eight_processes_is_upgraded_once(crew: Crew, database_url: str):
    """One process migrates, and the others wait and have nothing to do."""
    left = crew.race(upgrade_once, database_url, [None] * crew.size)

    assert left == [[]] * crew.size
    opened = Store(database_url)
    assert "position" in inspect(opened.engine).get_table_names()
    opened.close()


def commit_and_kill(url: str, received: Receipt) -> None:
    """Commits a receipt, and kills the process before it answers."""
    take(Store(url), received)
    os.kill(os.getpid(), signal.SIGKILL)


def begin_and_kill(url: str) -> None:
    """Kills the process in the middle of a transaction."""
    store = Store(url)
    with store.begin() as connection:
        insert_position.add(connection, [position("LOST", option(2))], NOW, ACTOR)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("times", [1, 2])
def test_receipt_of_a_process_killed_after_its_commit_is_a_repetition(
    store: Store, prepared_url: str, times: int
):
    """The Node sends the receipt again, and the notice is paid once."""
    add(store, position("P", option(1)))
    for _ in range(times):
        process = PROCESSES.Process(target=commit_and_kill, args=(prepared_url, receipt(1)))
        process.start()
        process.join(30)
        assert process.exitcode == -signal.SIGKILL

    assert take(store, receipt(1)).repeated

    assert statuses(store) == {("r-1", 0): ("applied", "", times + 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_position_of_a_process_killed_before_its_commit_is_not_stored(
    store: Store, prepared_url: str
):
    """The transaction is rolled back, and its locks are released."""
    process = PROCESSES.Process(target=begin_and_kill, args=(prepared_url,))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL

    add(store, position("LOST", option(2)))

    assert store.notice(receipt(2).route, nav(2)).notice is not None
