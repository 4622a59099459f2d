"""The notices of a load on paper: a batch of documents, where their libraries are installed."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchState
from gpd_soap.store.loads.loads import StoredLoad

#: The figure of a load that names its batch.
BATCH = "batch"


class Prints(NamedTuple):
    """How far the documents of a load are."""

    done: bool
    handled: int
    total: int
    refused: int


@cache
def is_installed() -> bool:
    """Return whether this process can print."""
    return find_spec("typst") is not None


def batch_of(connection: Transaction, load: StoredLoad) -> Batch | None:
    """Return the batch of a load, or None."""
    batch_id = load.figures.get(BATCH)
    return None if batch_id is None else batches.get(connection, load.organization, batch_id)


def prints(database: Database, load: StoredLoad) -> Prints | None:
    """Return how far the documents of a load are; None if nobody has requested them."""

    def read(connection: Transaction) -> Prints | None:
        batch = batch_of(connection, load)
        if batch is None:
            return None
        released, refused = batches.counts(connection, batch)
        return Prints(batch.state == BatchState.DONE, released + refused, batch.total, refused)

    return read_only(database, read)
