"""Runs of retention over samples, and what is stored after them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases.retention.keep import By, keep
from tests.store.samples import NOW, ORGANIZATION

JOB = Actor(ActorKind.JOB, "retention")
DAY = timedelta(days=1)
#: Long after every term of what the samples hold.
LATER = months_before(NOW, -125)
SAMPLE_NAME = "Maria Esempio"


def run(store: Store, now: datetime = LATER, *, dry_run: bool = False) -> dict[str, int]:
    """Runs it; returns the rows of each kind that lost persons, without those of no rows."""
    steps = keep(store, Settings(), now, By(JOB), dry_run=dry_run)
    named = [(getattr(each, "organization", None), each) for each in steps]
    return {
        f"{organization} {each.kind}": each.rows  # type: ignore[union-attr]  # it is a Forgotten
        for organization, each in named
        if organization and each.rows  # type: ignore[union-attr]  # the same
    }


def read(store: Store, iupd: str) -> Stored:
    """Returns a position."""
    with store.reading() as connection:
        stored = stored_positions.read(connection, ORGANIZATION, iupd)
    assert stored is not None
    return stored


def named(store: Store) -> set[str]:
    """Returns the IUPDs of the positions that still name their debtor."""
    column = tables.position.c
    with store.reading() as connection:
        rows = connection.execute(select(column.iupd).where(column.debtor_full_name == SAMPLE_NAME))
        return set(rows.scalars())


def rows_of(store: Store, table: Any) -> list[dict[str, Any]]:
    """Returns the rows of a table."""
    with store.reading() as connection:
        return [dict(each) for each in connection.execute(select(table)).mappings()]
