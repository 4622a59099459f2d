"""A debtor who asks to be forgotten: what goes at once, and what stays until its term ends."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Table, insert, select

from gpd_soap.core.debt import Debtor
from gpd_soap.store import tables
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.retention import traces
from gpd_soap.store.store import Store
from gpd_soap.usecases.retention.keep import By
from gpd_soap.usecases.retention.report import OfPerson, forget_person, of_person
from tests.conftest import KINDS, FreshDatabase
from tests.store import samples
from tests.store.samples import ACTOR, NOW, ORGANIZATION, OTHER, option, position, receipt

CODE = samples.position("P").debtor.code
SOMEBODY_ELSE = Debtor("F", "VRDLGU00A01A000B", "Luigi Esempio")
LATER = months_before(NOW, -3)
TEN_YEARS_ON = months_before(NOW, -120)
#: A message in UTF-16, as some senders write it, with the code in small letters.
MESSAGE = f"<codice>{CODE.lower()}</codice>".encode("utf-16")


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """Yields a store with positions of two debtors, receipts, a message and an answer."""
    with closing(Store(fresh_database(request.param, samples.prepare))) as made:
        samples.add(
            made,
            position("paid", option(1)),
            position("withdrawn", option(2), withdrawn_at=NOW),
            position("open", option(3, switch_to_expired=False)),
            position("another's", option(4), withdrawn_at=NOW, debtor=SOMEBODY_ELSE),
            position("elsewhere", option(5), withdrawn_at=NOW, organization=OTHER),
        )
        samples.take(made, receipt(1))
        message = {
            "organization": ORGANIZATION,
            "digest": "d",
            "primitive": "paSendRT",
            "reason": "",
            "received_at": NOW,
            "last_received_at": NOW,
            "copies": 1,
            "raw": MESSAGE,
        }
        answer = {"key_id": "k", "digest": "d", "asked_at": LATER, "status": 200, "headers": {}}
        bodies = {"a": f'{{"fiscalCode": "{CODE}"}}'.encode(), "b": b"{}", "c": None}
        with made.begin() as connection:
            connection.execute(insert(tables.quarantine), message)
            for name, body in bodies.items():
                connection.execute(insert(tables.request), {**answer, "name": name, "body": body})
        yield made


def debtors(store: Store) -> dict[str, str]:
    """Returns the name of the debtor of each position."""
    columns = tables.position.c
    with store.reading() as connection:
        rows = connection.execute(select(columns.iupd, columns.debtor_full_name))
        return {row.iupd: row.debtor_full_name for row in rows}


def test_person_is_forgotten_as_far_as_the_law_allows(store: Store):
    """Closed positions and remembered answers go, of this organization and this person alone."""
    before = OfPerson(2, 1, 0, 1, 1, 1, TEN_YEARS_ON)
    assert of_person(store, ORGANIZATION, CODE.lower(), LATER) == before

    assert forget_person(store, ORGANIZATION, CODE, LATER, By(ACTOR)) == (before, True)

    assert of_person(store, ORGANIZATION, CODE, LATER) == OfPerson(0, 1, 0, 1, 1, 0, TEN_YEARS_ON)
    assert debtors(store) == {
        **dict.fromkeys(("paid", "withdrawn"), "FORGOTTEN"),
        **dict.fromkeys(("open", "elsewhere"), "Maria Esempio"),
        "another's": SOMEBODY_ELSE.full_name,
    }
    with store.reading() as connection:
        names = set(connection.execute(select(tables.request.c.name)).scalars())
        raw = connection.execute(select(tables.receipt.c.raw)).scalar_one()
    assert names == {"b", "c"}
    assert raw == samples.RAW


def test_receipt_of_a_person_goes_when_its_ten_years_are_over(store: Store):
    """The law asks for its proof until then."""
    after = months_before(NOW, -121)

    done, _ = forget_person(store, ORGANIZATION, CODE, after, By(ACTOR))

    assert (done.old_receipts, done.receipts) == (1, 0)
    with store.reading() as connection:
        row = connection.execute(select(tables.receipt.c.raw, tables.receipt.c.debtor_code)).one()
    assert row.raw == b""
    assert row.debtor_code != CODE


def test_debtor_of_an_option_is_the_persons_position_too(store: Store):
    """The position is forgotten as a whole."""
    own = {f"debtor_{name}": value for name, value in SOMEBODY_ELSE._asdict().items()}
    with store.begin() as connection:
        of_notice = tables.payment_option.c.nav == samples.nav(2)
        connection.execute(tables.payment_option.update().where(of_notice).values(own))

    done, _ = forget_person(store, ORGANIZATION, SOMEBODY_ELSE.code, LATER, By(ACTOR))

    assert done.closed_positions == 2
    assert debtors(store)["withdrawn"] == "FORGOTTEN"


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", [tables.position, tables.receipt])
def test_person_whose_row_somebody_is_changing_is_forgotten_after_that(store: Store, table: Table):
    """A run of retention leaves a locked row to the next one, and a person has no next run."""
    after = months_before(NOW, -121)
    done: list[OfPerson] = []

    def forget() -> None:
        done.append(forget_person(store, ORGANIZATION, CODE, after, By(ACTOR))[0])

    forgetting = threading.Thread(target=forget)
    with store.begin() as connection:
        of_organization = table.c.organization == ORGANIZATION
        connection.execute(select(table).where(of_organization).with_for_update())
        forgetting.start()
        forgetting.join(1)
        assert forgetting.is_alive()
    forgetting.join(30)

    assert (done[0].closed_positions, done[0].old_receipts) == (2, 1)
    assert of_person(store, ORGANIZATION, CODE, after)[:3] == (0, 1, 0)


@pytest.mark.parametrize("code", ["100%", "A_B", "\\", "'"])
def test_code_with_signs_of_patterns_matches_itself_alone(store: Store, code: str):
    """A code is compared byte by byte."""
    with store.reading() as connection:
        assert traces.messages(connection, ORGANIZATION, code) == 0
        assert traces.responses(connection, code) == 0
