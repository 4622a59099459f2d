"""Several processes want the same thing at one instant."""

import itertools
import os
import signal

import pytest
from sqlalchemy import inspect

from gpd_soap.core.receipt import Receipt
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests.store.races import SPAWN, Crew, issue_some, meet, take_once, upgrade_once
from tests.store.samples import NOW, add, kept, nav, option, paid, position, receipt, take

MEETINGS = 30


def test_one_receipt_in_eight_hands_is_settled_once(crew: Crew, store: Store, prepared_url: str):
    """One process pays the notice, the other seven are counted on it."""
    for serial in range(1, 6):
        add(store, position(f"P{serial}", option(serial)))

        repeated = crew.race(take_once, prepared_url, [receipt(serial)] * crew.size)

        assert sorted(repeated) == [False] + [True] * 7
        assert kept(store)[f"r-{serial}", 0] == ("applied", "", 8)
        assert paid(store)[nav(serial)] == f"r-{serial}"


def test_one_unknown_receipt_in_eight_hands_is_kept_once(
    crew: Crew, store: Store, prepared_url: str
):
    """Also where there is no position to stand in line for."""
    for serial in range(1, 6):
        crew.race(take_once, prepared_url, [receipt(serial)] * crew.size)

        assert kept(store)[f"r-{serial}", 0] == ("unmatched", "no notice of this number", 8)


def test_one_other_content_in_eight_hands_is_kept_once(crew: Crew, store: Store, prepared_url: str):
    """A second content under a known receiptId is one variant, counted eight times."""
    for serial in range(1, 6):
        take(store, receipt(serial))
        other = receipt(serial, digest="other content")

        crew.race(take_once, prepared_url, [other] * crew.size)

        reason = "same receiptId, other content"
        assert kept(store)[f"r-{serial}", 1] == ("conflicting", reason, 8)
        assert (f"r-{serial}", 2) not in kept(store)


def test_two_exclusive_options_are_never_both_paid(crew: Crew, store: Store, prepared_url: str):
    """Of a single option and an installment paid at one instant, one is applied, one is double."""
    for serial in range(10, 20, 2):
        add(store, position(f"P{serial}", option(serial), option(serial + 1, plan="rate")))
        both = [receipt(serial), receipt(serial + 1)] * (crew.size // 2)

        crew.race(take_once, prepared_url, both)

        found = [kept(store)[f"r-{each}", 0] for each in (serial, serial + 1)]
        reason = "an exclusive alternative was paid"
        assert sorted(found) == [("applied", "", 4), ("double", reason, 4)]
        assert len({nav(serial), nav(serial + 1)} & paid(store).keys()) == 1


def test_two_payments_of_one_option_are_one_applied_and_one_double(
    crew: Crew, store: Store, prepared_url: str
):
    """Two receipts of one notice at one instant: the slower one is to be refunded."""
    add(store, position("P", option(1)))
    both = [receipt(1), receipt(1, receipt_id="r-2", digest="another")] * (crew.size // 2)

    crew.race(take_once, prepared_url, both)

    assert sorted(entry[0] for entry in kept(store).values()) == ["applied", "double"]
    assert [entry[2] for entry in kept(store).values()] == [4, 4]


def test_a_receipt_and_its_position_never_miss_each_other(
    crew: Crew, store: Store, prepared_url: str
):
    """Whichever is first by a moment, the notice ends up paid."""
    pairs = crew.size // 2
    serials = [range(1 + pair, 1 + pairs * MEETINGS, pairs) for pair in range(pairs)]
    arriving = [[position(f"P{n}", option(n)) for n in each] for each in serials]
    paying = [[receipt(n) for n in each] for each in serials]

    crew.race(meet, prepared_url, [*arriving, *paying])

    assert {entry[0] for entry in kept(store).values()} == {"applied"}
    assert len(paid(store)) == pairs * MEETINGS


@pytest.mark.usefixtures("store")
def test_eight_processes_never_issue_one_number_twice(crew: Crew, prepared_url: str):
    """Each number is new, and none is left out."""
    issued = crew.race(issue_some, prepared_url, [10] * crew.size)

    assert sorted(itertools.chain(*issued)) == [nav(serial) for serial in range(1, 161)]


def test_eight_processes_upgrade_one_database_together(crew: Crew, database_url: str):
    """One migrates, the others wait for it and find nothing to do."""
    left = crew.race(upgrade_once, database_url, [None] * crew.size)

    assert left == [[]] * crew.size
    opened = Store(database_url)
    assert "position" in inspect(opened.engine).get_table_names()
    opened.close()


def settle_and_die(url: str, taken: Receipt) -> None:
    """Commit a receipt, and be gone before anyone hears of it."""
    take(Store(url), taken)
    os.kill(os.getpid(), signal.SIGKILL)


def begin_and_die(url: str) -> None:
    """Be gone in the middle of a transaction."""
    store = Store(url)
    with store.begin() as connection:
        positions.add(connection, [position("LOST", option(2))], NOW)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("times", [1, 2])
def test_a_process_killed_between_commit_and_answer_loses_nothing(
    store: Store, prepared_url: str, times: int
):
    """The Node sends again what was not answered; it is counted, and paid once."""
    add(store, position("P", option(1)))
    for _ in range(times):
        process = SPAWN.Process(target=settle_and_die, args=(prepared_url, receipt(1)))
        process.start()
        process.join(30)
        assert process.exitcode == -signal.SIGKILL

    assert take(store, receipt(1)).repeated

    assert kept(store) == {("r-1", 0): ("applied", "", times + 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_a_process_killed_before_its_commit_leaves_nothing(store: Store, prepared_url: str):
    """What it had begun is undone, and stands in nobody's way."""
    process = SPAWN.Process(target=begin_and_die, args=(prepared_url,))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL

    add(store, position("LOST", option(2)))

    assert store.notice(receipt(2).claim, nav(2)).notice is not None
