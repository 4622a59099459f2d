"""Two people at one load: what is stored is what one of them has confirmed."""

import threading

import pytest
from sqlalchemy import Connection, select

from gpd_soap.store import tables
from gpd_soap.store.loads import files
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.csv_values import Amounts
from gpd_soap.usecases.loads.reading import reading_of
from gpd_soap.usecases.loads.understand import Answers
from gpd_soap.usecases.refusals import Refusal
from tests.conftest import LendDatabase
from tests.store.samples import ORGANIZATION, prepare
from tests.usecases.loads.files import as_csv, line
from tests.usecases.loads.harness import LoadHarness


@pytest.fixture
def shared(shared_database: LendDatabase) -> LoadHarness:
    """Return the loads of a database on which two transactions can be open at once."""
    store: Store = shared_database("postgresql", prepare).store
    return LoadHarness(store)


def test_amounts_in_cents_that_were_confirmed_are_not_stored_in_euro(
    shared: LoadHarness, monkeypatch: pytest.MonkeyPatch
):
    """A colleague answers otherwise, and a worker tries that, while the load is being begun."""
    load = shared.loads.receive(ORGANIZATION, "tari.csv", as_csv([line(1, importo="1250")]))
    shared.loads.answer(ORGANIZATION, load.id, Answers(Amounts.CENTS))
    shared.work()
    confirmed, is_there = shared.get(load), files.is_there
    refused: list[Refusal] = []

    def answer_otherwise() -> None:
        try:
            shared.loads.answer(ORGANIZATION, load.id, Answers(Amounts.EURO))
            shared.work()
        except Refusal as refusal:
            refused.append(refusal)

    colleague = threading.Thread(target=answer_otherwise)

    def meanwhile(connection: Connection, of: StoredLoad, part: files.Part) -> bool:
        monkeypatch.undo()
        colleague.start()
        colleague.join(2)
        return is_there(connection, of, part)

    monkeypatch.setattr(files, "is_there", meanwhile)
    shared.loads.load(ORGANIZATION, load.id, reading_of(confirmed.reading).digest)
    colleague.join(30)
    shared.work()

    amount = tables.payment_option.c.amount
    with shared.store.reading() as connection:
        assert list(connection.execute(select(amount)).scalars()) == [1250]
    assert len(refused) == 1
    assert shared.get(load).state == State.LOADED
