"""The judge finds what it looks for, so that a drill without a fault means something."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from gpd_soap.store.events.numbering import number_all
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests import world
from tests.calling import call
from tests.drills import stories
from tests.drills.followers import feed_faults
from tests.drills.judge import Deliveries, judge, look
from tests.drills.stories import Message

KINDS = ("single", "repeated", "double", "conflicting", "alternatives")
STORIES = [stories.story(kind, 1001 + 2 * number) for number, kind in enumerate(KINDS)]
SENT = [step.raw for story in STORIES for step in story.steps if isinstance(step, Message)]

Look = Callable[..., list[str]]


@pytest.fixture
def judged(tmp_path: Path) -> Look:
    """Return a function that damages the store after every story, and judges it."""
    url = f"sqlite:///{tmp_path}/drill.db"
    world.prepare(url)
    store = Store(url)
    with store.begin() as connection:
        there = [story.position for story in STORIES if story.position is not None]
        positions.add(connection, there, world.YESTERDAY, world.ACTOR)
    face = world.face(store)
    for raw in SENT:
        answered = call(face, "POST", "/partner", raw, CONTENT_TYPE="text/xml")
        assert b"<outcome>OK</outcome>" in answered.body

    def judged(*damage: str) -> list[str]:
        number_all(store)
        with store.begin() as connection:
            for statement in damage:
                assert connection.execute(text(statement)).rowcount == 1
        store.close()
        content = look(url)
        faults = judge(STORIES, Deliveries(Counter(SENT), Counter(SENT)), content)
        return [*faults, *feed_faults(url, content)]

    return judged


def test_undamaged_store_has_no_fault(judged: Look) -> None:
    """Doubles, conflicts, repetitions and alternatives are all right."""
    assert judged() == []


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("DELETE FROM receipt WHERE receipt_id = 'b-1005'",
         "receipt b-1005 was answered OK 1 times and is not stored"),
        (("UPDATE receipt SET raw = (SELECT raw FROM receipt WHERE receipt_id = 'a-1001') "
         "WHERE receipt_id = 'b-1005'"),
         "receipt a-1001 is stored 2 times"),
        ("UPDATE receipt SET copies = 2 WHERE receipt_id = 'a-1003'",
         "receipt a-1003 is counted 2 times: sent 3, answered OK 3"),
        ("UPDATE receipt SET raw = x'00' WHERE receipt_id = 'a-1001'",
         "receipt a-1001 is stored and was never sent"),
        ("UPDATE payment_option SET paid_at = NULL WHERE iupd = 'DRILL-1001'",
         "position DRILL-1001 has 0 paid options, not one"),
        (("UPDATE payment_option SET paid_at = updated_at "
          "WHERE iupd = 'DRILL-1009' AND paid_at IS NULL"),
         "position DRILL-1009 has 2 paid options, not one"),
        ("UPDATE receipt SET kept = 'applied' WHERE receipt_id = 'b-1005'",
         "position DRILL-1005 has 2 receipts applied, not one"),
        ("UPDATE payment_option SET receipt_id = 'b-1005' WHERE iupd = 'DRILL-1005'",
         "position DRILL-1005: options paid are "),
        ("UPDATE receipt SET kept = 'unmatched' WHERE receipt_id = 'b-1005'",
         "receipt b-1005, variant 0, has status unmatched"),
        ("UPDATE receipt SET resolved_at = received_at WHERE receipt_id = 'b-1005'",
         "receipt b-1005, variant 0, has status double, and the worklist disagrees"),
        ("UPDATE position SET version = 3 WHERE iupd = 'DRILL-1001'",
         "position DRILL-1001 is at version 3 after 1 payments"),
        ("UPDATE payment_option SET revision = 3 WHERE iupd = 'DRILL-1001'",
         "position DRILL-1001 has options that changed 2 times, for 1 payments"),
        ("UPDATE payment_option SET psp = NULL WHERE iupd = 'DRILL-1001'",
         f"option {world.nav(1001)} differs from its receipt in psp"),
        (("INSERT INTO quarantine (organization, digest, primitive, reason, received_at, "
          "last_received_at, copies, raw) SELECT organization, digest, primitive, 'x', "
          "received_at, received_at, 1, raw FROM receipt "
          "WHERE receipt_id = 'a-1001'"),
         "1 valid receipts are in quarantine"),
        ("DELETE FROM event WHERE receipt_id = 'b-1005'", "the numbers of the feed have holes"),
        ("DELETE FROM event WHERE receipt_id = 'b-1005'",
         "receipt ('b-1005', 0) is kept as receipt.double, and the feed says []"),
        ("UPDATE event SET type = 'receipt.double' WHERE receipt_id = 'a-1001'",
         "receipt ('a-1001', 0) is kept as receipt.applied, and the feed says ['receipt.d"),
        ("UPDATE event SET receipt_id = 'a-1001' WHERE receipt_id = 'b-1005'",
         "receipt ('a-1001', 0) is kept as receipt.applied, and the feed says ['receipt"),
        ("UPDATE event SET receipt_id = 'c-1001' WHERE receipt_id = 'b-1005'",
         "the feed has receipt ('c-1001', 0), which is not stored"),
        ("UPDATE event SET data = json_set(data, '$.amount', 1) WHERE receipt_id = 'a-1001'",
         "the payments of the feed are not those of the store"),
    ],
)  # fmt: skip
def test_damaged_store_has_the_sentence_of_its_fault(
    judged: Look, damage: str, sentence: str
) -> None:
    """Each broken promise has its sentence."""
    assert any(fault.startswith(sentence) for fault in judged(damage))
