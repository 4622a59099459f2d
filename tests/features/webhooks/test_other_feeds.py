"""The feed of another organization fails: the receivers of this one have their events."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from gpd_soap.store.store import Store
from tests.api.office import prepare
from tests.conftest import KINDS, FreshDatabase
from tests.features.webhooks.harness import Harness
from tests.features.webhooks.receiver import answer, receiving
from tests.store.events.test_numbering import event, written
from tests.validation.bodies import OTHER

#: Attempts in which one of two feeds is numbered first at least once.
ATTEMPTS = 20


@pytest.fixture(params=KINDS)
def own(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """Yield a database of the test's own, whose tables it changes."""
    store = Store(fresh_database(request.param, prepare))
    yield store
    store.close()


def poison(store: Store) -> None:
    """Make the numbering of another organization's event fail in the database."""
    statement = (
        f"CREATE TRIGGER poison BEFORE UPDATE ON event WHEN NEW.organization = '{OTHER}'"
        " BEGIN SELECT RAISE(ABORT, 'poison'); END"
    )
    if store.engine.dialect.name == "postgresql":
        statement = (
            f"ALTER TABLE event ADD CONSTRAINT poison CHECK (organization <> '{OTHER}') NOT VALID"
        )
    with store.begin() as connection:
        connection.execute(text(statement))


def test_events_are_sent_while_those_of_another_organization_cannot_be_numbered(own: Store):
    """Each look numbers what it can, and sends what is numbered."""
    with receiving(answer(204)) as receiver:
        harness = Harness(own, receiver)
        written(own, event("B", OTHER))
        poison(own)
        harness.happen("A")
        for _ in range(ATTEMPTS):
            harness.deliver(seconds=1)

        assert harness.sent == [(1, "A")]
