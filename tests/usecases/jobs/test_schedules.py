"""What is done again and again for the installation."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, text, update

from gpd_soap.store import tables
from gpd_soap.store.database.grants import grant
from gpd_soap.store.events import numbering, write
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import EVERY, State
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.store import Store
from gpd_soap.usecases import feed, refusals
from gpd_soap.usecases.feed import FeedQuery
from gpd_soap.usecases.jobs.schedules import LEFT_TO_OWNER, schedules
from gpd_soap.usecases.jobs.worker import Worker
from tests.conftest import FreshDatabase
from tests.store.events.test_numbering import event
from tests.store.samples import NOW, ORGANIZATION, prepare
from tests.usecases.jobs.harness import Harness

EVENT, JOB = tables.event.c, tables.job.c


def do(harness: Harness) -> None:
    """Do every schedule once."""
    worker = Worker(harness.store, schedules(), harness.clock, lambda: 0.5)
    worker.begin_schedules()
    assert worker.once() == 3


def result(harness: Harness, kind: str) -> str:
    """Return the result of a schedule."""
    row = harness.row(queue.id_of(EVERY, kind, EVERY))
    assert (row.state, row.last_error) == (State.WAITING, "")
    return str(row.result)


def happened(harness: Harness, subject: str, instant: datetime) -> None:
    """Write a numbered event of an instant, in the partition of its month."""
    with harness.store.begin() as connection:
        ensure_months(connection, instant)
        write.write(connection, [event(subject)])
    numbering.number_all(harness.store)
    with harness.store.begin() as connection:
        of = update(tables.event).where(EVENT.organization == ORGANIZATION)
        connection.execute(of.where(EVENT.subject == subject).values(at=instant))


def test_events_beyond_their_term_go_and_the_feed_says_where_it_begins(harness: Harness):
    """A cursor of an event that is gone is refused, with the first one that is kept."""
    for age, subject in ((800, "A"), (740, "B"), (700, "C"), (0, "D")):
        happened(harness, subject, harness.now - timedelta(days=age))
    do(harness)

    assert result(harness, "events.purge") == "2 events"
    assert harness.effects() == ["C", "D"]
    with pytest.raises(refusals.CursorExpired) as refused:
        feed.read(harness.store, ORGANIZATION, FeedQuery(1, 10))
    assert refused.value.first == 2
    page = feed.read(harness.store, ORGANIZATION, FeedQuery(2, 10))
    assert [each.subject for each in page.events] == ["C", "D"]


def test_month_of_old_events_goes_whole(fresh_database: FreshDatabase):
    """On PostgreSQL its partition is dropped."""
    harness = Harness(Store(fresh_database("postgresql", prepare)))
    happened(harness, "A", harness.now - timedelta(days=800))
    do(harness)

    with harness.store.reading() as connection:
        months = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE relname = 'event_2024_01'")
        )
        assert months.scalar() == 0
    assert result(harness, "events.purge") == "1 events"
    harness.store.close()


def test_role_that_serves_leaves_events_to_the_owner(fresh_database: FreshDatabase):
    """It may do every schedule, and may not remove what was told."""
    url = fresh_database("postgresql", prepare)
    owner = Store(url)
    happened(Harness(owner), "A", NOW - timedelta(days=800))
    role = f"serving_{owner.engine.url.database}"
    with owner.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        grant(connection, role)
    serving = Store(str(owner.engine.url.set(username=role).render_as_string(hide_password=False)))
    harness = Harness(serving)
    do(harness)

    assert result(harness, "events.purge") == LEFT_TO_OWNER
    assert harness.effects() == ["A"]
    serving.close()
    with owner.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    owner.close()


def test_row_of_no_more_use_is_removed(harness: Harness):
    """A dead job waits for a person, and a schedule is for ever."""
    month, long_ago = harness.now - timedelta(days=31), harness.now - timedelta(days=2)
    states = (State.DONE, State.CANCELLED, State.DEAD)
    jobs = {state: harness.enqueue() for state in (*states, State.WAITING)}
    recent = harness.enqueue()
    with harness.store.begin() as connection:
        for state in states:
            ended = update(tables.job).where(JOB.id == jobs[state])
            connection.execute(ended.values(state=state, ended_at=month, next_at=None))
        ended = update(tables.job).where(JOB.id == recent)
        connection.execute(ended.values(state=State.DONE, ended_at=long_ago, next_at=None))
        connection.execute(
            insert(tables.request),
            {"key_id": "k", "name": "n", "digest": "d", "asked_at": long_ago, "status": 200,
             "headers": {}, "body": b"Maria Esempio"},
        )  # fmt: skip
        connection.execute(
            insert(tables.sign_in_attempt),
            {"kind": "account", "subject": "s", "failures": 1, "last_at": month},
        )
    do(harness)

    with harness.store.reading() as connection:
        left = set(connection.execute(select(JOB.id).where(JOB.actor_kind != "clock")).scalars())
        assert connection.execute(select(tables.request)).all() == []
        assert connection.execute(select(tables.sign_in_attempt)).all() == []
    assert left == {jobs[State.DEAD], jobs[State.WAITING], recent}
    assert result(harness, "store.clean") == "1 answers, 2 jobs, 0 pieces of files"


def test_expired_notices_are_looked_for(harness: Harness):
    """Each organization has its first look."""
    do(harness)

    assert result(harness, "notices.expire") == "0 notices"
    with harness.store.reading() as connection:
        looks = connection.execute(select(tables.feed.c.expired_until)).scalars()
        assert list(looks) == [NOW, NOW]


def test_schedules_are_done_again_at_their_times(harness: Harness):
    """Each minute, hour and day."""
    do(harness)
    worker = Worker(harness.store, schedules(), harness.clock, lambda: 0.5)
    done = {}
    for name, span in (("minute", 1), ("hour", 60), ("day", 1440)):
        harness.now = NOW + timedelta(minutes=span)
        done[name] = worker.once()

    assert done == {"minute": 1, "hour": 2, "day": 3}
