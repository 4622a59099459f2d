"""The audit read on by the last row, on each kind of database."""

from datetime import UTC, datetime, timedelta

import pytest

from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import AuditFilter, Change
from tests import world
from tests.conftest import KINDS, LendDatabase

START = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
OTHER = "88888888888"


def row(number: int, organization: str) -> Change:
    """Return a change; three of them have one instant."""
    changed_at = START + timedelta(seconds=number // 3)
    return Change(
        organization, changed_at, "-", "-", "POST", "/x", 0, str(number), "operator", "anna"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_is_on_one_page(kind: str, shared_database: LendDatabase):
    """It is on one page also where several rows have one instant, and rows are added meanwhile."""
    store = shared_database(kind, world.prepare).store
    expected = {str(number) for number in range(20)}
    with store.begin() as connection:
        changes = [row(number, world.ORGANIZATION) for number in range(20)]
        audit.write_change(connection, *changes, row(99, OTHER))
    seen: list[Change] = []
    after = None
    for page in range(10):
        with store.reading() as connection:
            rows, after = audit.newest(
                connection, world.ORGANIZATION, AuditFilter(actor="anna"), 7, after
            )
        seen += rows
        with store.begin() as connection:
            audit.write_change(connection, row(1000 + page, world.ORGANIZATION))
        if after is None:
            break

    assert [len(seen), {each.request_id for each in seen}] == [20, expected]
    assert [each.requested_at for each in seen] == sorted(
        (each.requested_at for each in seen), reverse=True
    )
    with store.reading() as connection:
        every, _after = audit.newest(connection, None, AuditFilter(actor="anna"), 100)
    assert {each.organization for each in every} == {world.ORGANIZATION, OTHER}
