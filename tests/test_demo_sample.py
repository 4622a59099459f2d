"""The demo's sample data: every kind of notice, and a table that says what verify answers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gpd_soap import demo
from gpd_soap.contract.schema import Schema
from gpd_soap.core import money, notice
from gpd_soap.core.faults import Refusal
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.store import tables
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from gpd_soap.usecases.node import NodeService, NoticeQuery, Policy
from gpd_soap.usecases.spontaneous.declared import settings_of
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices

NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # as summer time ends


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with the sample in it."""
    ready = Store(database_url)
    migrate.upgrade(ready.engine)
    demo.install(ready, NOW)
    yield ready
    ready.close()


def verified(store: Store, now: datetime) -> list[tuple[str, str]]:
    """What verify answers for each notice of the table."""
    desk = NodeService(store, lambda: now, SpontaneousNotices(store, timedelta()), Policy())
    told = []
    for nav, _, _ in demo.describe():
        outcome = desk.verify(NoticeQuery(demo.ROUTE, demo.ORGANIZATION, nav))
        if isinstance(outcome, Refusal):
            told.append((nav, outcome.fault.code))
        else:
            told.append((nav, f"OK {money.to_wire(outcome.notice.amount)}"))
    return told


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is in the database."""
    with store.begin() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in tables.metadata.sorted_tables
        }


def test_the_table_says_what_verify_answers(store: Store):
    """For every notice, today and in two years, but for the one that becomes valid by then."""
    promised = [(nav, answer) for nav, _, answer in demo.describe()]
    future = promised[-1][0]

    assert verified(store, NOW) == promised
    later = verified(store, NOW + timedelta(days=730))
    assert [one for one in later if one[0] != future] == promised[:-1]


def test_the_first_notice_of_the_table_can_be_paid():
    """It is the one that the demo says to try."""
    nav, what, answer = demo.describe()[0]

    assert (nav, what, answer) == ("347000000000000124", "a single option", "OK 100.00")


def test_every_outcome_of_verify_is_there():
    """A notice for each answer that a creditor gives about its own."""
    assert {answer.split()[0] for _, _, answer in demo.describe()} == {
        "OK",
        *(f"PAA_PAGAMENTO_{word}" for word in ("SCADUTO", "ANNULLATO", "DUPLICATO", "SCONOSCIUTO")),
    }


def test_numbers_are_ours_right_and_the_same_every_day():
    """Aux digit 3, segregation code 47 or 01, check digits."""
    one, other = demo.sample(NOW), demo.sample(NOW + timedelta(days=99))
    numbers = [option.nav for position in one for option in position.options]

    assert numbers == [option.nav for position in other for option in position.options]
    assert [notice.problem_with_nav(number) for number in numbers] == [None] * len(numbers)
    assert {notice.NoticeNumber(number).segregation_code for number in numbers} == {"47", "01"}
    assert numbers == [nav for nav, _, _ in demo.describe()]


def test_every_kind_of_position_is_there():
    """A plan beside a single option, two beneficiaries, postal accounts, a stamp."""
    options = [option for position in demo.sample(NOW) for option in position.options]
    shares = [share for option in options for share in option.transfers]

    assert [option.plan is not None for option in options].count(True) == 3
    assert {share.organization for share in shares} == {demo.ORGANIZATION, demo.BENEFICIARY}
    assert {(bool(s.iban), bool(s.postal_iban), bool(s.stamp)) for s in shares} == {
        *((True, False, False), (True, True, False), (False, True, False), (False, False, True)),
    }


def test_a_second_installation_changes_nothing(store: Store):
    """Nor does one on another day: what is kept stays as it is."""
    before = rows(store)
    demo.install(store, NOW)
    demo.install(store, NOW + timedelta(days=3))

    assert rows(store) == before


def test_the_paid_notice_has_a_receipt_that_needs_nobody(store: Store):
    """Kept as applied, with the message it came in."""
    [receipt] = rows(store)["receipt"]
    names = [column.name for column in tables.receipt.columns]
    told = dict(zip(names, receipt, strict=True))

    assert (told["kept"], told["reasons"], told["drift"]) == ("applied", "", None)
    assert b"paSendRTV2Request" in bytes(told["raw"])
    assert told["amount"] == 10000


def test_an_installation_that_broke_off_before_the_payment_is_completed(database_url: str):
    """The paid notice is paid after the second try."""
    broken = Store(database_url)
    migrate.upgrade(broken.engine)
    demo.install(broken, NOW)
    with broken.begin() as connection:
        connection.execute(tables.receipt.delete())
        connection.execute(tables.payment_option.update().values(paid_at=None))
    demo.install(broken, NOW)

    assert len(rows(broken)["receipt"]) == 1
    broken.close()


def test_the_receipt_keeps_the_contract(store: Store):
    """As one from the Node would."""
    names = [column.name for column in tables.receipt.columns]
    raw = rows(store)["receipt"][0][names.index("raw")]
    payload = open_envelope(bytes(raw))
    assert not isinstance(payload, NotSoap)
    assert Schema().check(payload) is None


def test_the_spontaneous_service_can_be_used():
    """Its settings are those of its kind."""
    assert settings_of(demo.SERVICE).amount == 1600


def test_what_the_intake_refuses_is_never_a_sample():
    """A sample that breaks a rule stops the demo instead of being shown."""
    with pytest.raises(ValueError, match="type: choice"):
        demo._position("X", NOW, demo._option(1, NOW), type="H")
