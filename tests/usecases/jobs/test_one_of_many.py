"""Work for many organizations: one that fails, or has much to do, does not hold the others up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.events import numbering
from gpd_soap.store.jobs import schedules
from gpd_soap.store.store import Store
from gpd_soap.usecases.expiry import look
from gpd_soap.usecases.jobs.schedules import schedules as kinds
from gpd_soap.usecases.jobs.worker import Worker
from tests.conftest import KINDS, FreshDatabase
from tests.store.events.test_numbering import event, written
from tests.store.samples import NOW, ORGANIZATION, OTHER, add, option, position, prepare
from tests.usecases.jobs.harness import Harness

MINUTE = timedelta(minutes=1)
EVENT = tables.event.c
#: Attempts in which one of two is first at least once: all but one in a million times.
ATTEMPTS = 20


@pytest.fixture(params=KINDS)
def own(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Harness]:
    """Yield jobs on a database of the test's own, whose tables it changes."""
    store = Store(fresh_database(request.param, prepare))
    yield Harness(store)
    store.close()


def poison(harness: Harness, statement: str) -> None:
    """Make a statement on the events of an organization fail in the database."""
    with harness.store.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(
                text(
                    f"CREATE TRIGGER poison BEFORE {statement} ON event"
                    f" WHEN NEW.organization = '{ORGANIZATION}'"
                    " BEGIN SELECT RAISE(ABORT, 'poison'); END"
                )
            )
        else:
            connection.execute(
                text(
                    "ALTER TABLE event ADD CONSTRAINT poison"
                    f" CHECK (organization <> '{ORGANIZATION}') NOT VALID"
                )
            )


def events(harness: Harness, organization: str) -> list[int | None]:
    """Return the numbers of the events of an organization, in their order."""
    statement = select(EVENT.sequence).where(EVENT.organization == organization)
    with harness.store.reading() as connection:
        return list(connection.execute(statement.order_by(EVENT.at)).scalars())


def test_expired_notices_of_others_have_their_events_beside_one_that_fails(own: Harness):
    """The schedule fails all the while, and is seen to."""
    due = {"due_at": NOW + MINUTE, "switch_to_expired": True}
    for organization in (ORGANIZATION, OTHER):
        add(own.store, position("P-1", option(1, **due), organization=organization))
        assert look(own.store, organization, NOW) == 0
    numbering.number_all(own.store)
    before = len(events(own, OTHER))
    poison(own, "INSERT")
    worker = Worker(own.store, kinds(), own.clock, lambda: 0.5)
    worker.begin_schedules()
    for _ in range(ATTEMPTS):
        own.later(minutes=2)
        worker.once()

    assert len(events(own, OTHER)) == before + 1
    with own.store.reading() as connection:
        assert [each.kind for each in schedules.failing(connection)] == ["notices.expire"]


def test_events_of_others_are_numbered_beside_one_that_fails(own: Harness):
    """A reader of another organization's feed waits for moments."""
    written(own.store, event("A"), event("B", OTHER))
    poison(own, "UPDATE")
    for _ in range(ATTEMPTS):
        with pytest.raises(Exception, match="poison"):
            numbering.number_all(own.store)

    assert (events(own, OTHER), events(own, ORGANIZATION)) == ([1], [None])


def test_organization_with_one_event_does_not_wait_for_a_load(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    """A batch of each in turn."""
    monkeypatch.setattr(numbering, "BATCH", 2)
    written(harness.store, *(event(f"A-{each}") for each in range(7)), event("B", OTHER))
    turns: list[str] = []
    number = numbering.number

    def noted(store: Database, organization: str) -> int:
        turns.append(organization)
        return number(store, organization)

    monkeypatch.setattr(numbering, "number", noted)

    assert numbering.number_all(harness.store) == 8
    assert turns.index(OTHER) <= 1
    assert turns.count(ORGANIZATION) == 5
