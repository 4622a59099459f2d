"""Each organization has an event of a load that stored its positions."""

from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.usecases.loading.samples import ACTOR, Load, invalid, valid
from tests.validation.bodies import ORGANIZATION, OTHER

EVENT = tables.event.c


def finished(store: Store) -> list[Any]:
    """Returns the events of loads."""
    of_loads = EVENT.type == str(EventType.LOAD_FINISHED)
    with store.begin() as connection:
        return list(connection.execute(select(tables.event).where(of_loads).order_by(EVENT.at)))


def test_load_has_an_event_with_its_counts(store: Store, loaded: Load):
    """It names the load and who did it; a repeated load has another one."""
    loaded(valid(1), valid(2))
    loaded(valid(1), valid(2), valid(3), invalid(4), keep_going=True)

    first, second = finished(store)
    assert (first.organization, first.actor_kind, first.actor) == (
        ORGANIZATION, ACTOR.kind, ACTOR.id,
    )  # fmt: skip
    counts = {"loaded": 2, "alreadyStored": 0, "refused": 0}
    assert first.data == {"load": first.subject, **counts}
    counts = {"loaded": 1, "alreadyStored": 2, "refused": 1}
    assert second.data == {"load": second.subject, **counts}
    assert first.subject != second.subject


def test_event_is_last_of_its_load(store: Store, loaded: Load):
    """Its reader has read of each position before."""
    loaded(valid(1), valid(2))

    with store.begin() as connection:
        types = list(connection.execute(select(EVENT.type).order_by(EVENT.at, EVENT.id)).scalars())
    assert types == ["position.created", "position.created", "load.finished"]


@pytest.mark.parametrize("options", [{}, {"dry_run": True}, {"keep_going": True}])
def test_load_that_stores_no_position_has_no_event(
    store: Store, loaded: Load, options: dict[str, bool]
):
    """Nothing happened to an organization, which may not be registered."""
    rows = [valid(1)] if "dry_run" in options else [invalid(1), valid(2, organization=OTHER[::-1])]
    loaded(*rows, **options)

    assert finished(store) == []
