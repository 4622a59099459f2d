"""The demo's sample data: every kind of notice, and a table with the answers of verify."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap import demo, wiring
from gpd_soap.contract.schema import Schema
from gpd_soap.core import money, notice
from gpd_soap.core.faults import Refusal
from gpd_soap.core.position import NewPosition
from gpd_soap.settings import Settings
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.store import tables
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from gpd_soap.usecases.node import NodeService, NoticeQuery, Policy
from gpd_soap.usecases.spontaneous.declared import settings_of
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices
from tests.conftest import KINDS, LendDatabase

NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # as summer time ends


def prepare(url: str) -> None:
    """Create a database with the sample in it."""
    ready = Store(url)
    migrate.upgrade(ready.engine)
    demo.install(ready, NOW)
    ready.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Store:
    """A store with the sample in it."""
    return shared_database(request.param, prepare).store


def verified(store: Store, now: datetime) -> list[tuple[str, str]]:
    """The answer of verify for each notice of the table."""
    service = NodeService(store, lambda: now, SpontaneousNotices(store, timedelta()), Policy())
    answers = []
    for nav, _, _ in demo.describe():
        outcome = service.verify(NoticeQuery(demo.ROUTE, demo.ORGANIZATION, nav))
        if isinstance(outcome, Refusal):
            answers.append((nav, outcome.fault.code))
        else:
            answers.append((nav, f"OK {money.to_wire(outcome.notice.amount)}"))
    return answers


def sample(now: datetime) -> list[NewPosition]:
    """The positions of the sample, before they are stored."""
    return [each.position for each in demo._samples(now)]


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the database, by table."""
    with store.begin() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in tables.metadata.sorted_tables
        }


def test_table_shows_the_answer_of_verify(store: Store):
    """It holds today and in two years, except for the notice that becomes valid by then."""
    promised = [(nav, answer) for nav, _, answer in demo.describe()]
    future = promised[-1][0]

    assert verified(store, NOW) == promised
    later = verified(store, NOW + timedelta(days=730))
    assert [one for one in later if one[0] != future] == promised[:-1]


def test_first_notice_of_the_table_can_be_paid():
    """The demo suggests to try it."""
    nav, label, answer = demo.describe()[0]

    assert (nav, label, answer) == ("347000000000000124", "a single option", "OK 100.00")


def test_table_has_a_notice_for_every_outcome_of_verify():
    """These are OK and the four faults that depend on the notice."""
    assert {answer.split()[0] for _, _, answer in demo.describe()} == {
        "OK",
        *(f"PAA_PAGAMENTO_{word}" for word in ("SCADUTO", "ANNULLATO", "DUPLICATO", "SCONOSCIUTO")),
    }


def test_notice_numbers_are_valid_and_the_same_on_every_day():
    """They have aux digit 3, segregation code 47 or 01, and right check digits."""
    one, other = sample(NOW), sample(NOW + timedelta(days=99))
    numbers = [option.nav for position in one for option in position.options]

    assert numbers == [option.nav for position in other for option in position.options]
    assert [notice.problem_with_nav(number) for number in numbers] == [None] * len(numbers)
    assert {notice.NoticeNumber(number).segregation_code for number in numbers} == {"47", "01"}
    assert numbers == [nav for nav, _, _ in demo.describe()]


def test_sample_has_every_kind_of_position():
    """It has a plan beside a single option, two beneficiaries, postal accounts and a stamp."""
    options = [option for position in sample(NOW) for option in position.options]
    transfers = [transfer for option in options for transfer in option.transfers]

    assert [option.plan is not None for option in options].count(True) == 3
    assert {transfer.organization for transfer in transfers} == {
        demo.ORGANIZATION,
        demo.BENEFICIARY,
    }
    assert {(bool(t.iban), bool(t.postal_iban), bool(t.stamp)) for t in transfers} == {
        *((True, False, False), (True, True, False), (False, True, False), (False, False, True)),
    }


def test_second_installation_changes_nothing(store: Store):
    """One on another day changes nothing either."""
    before = rows(store)
    demo.install(store, NOW)
    demo.install(store, NOW + timedelta(days=3))

    assert rows(store) == before


def test_paid_notice_has_an_applied_receipt(store: Store):
    """The receipt is stored with its message."""
    [receipt] = rows(store)["receipt"]
    names = [column.name for column in tables.receipt.columns]
    row = dict(zip(names, receipt, strict=True))

    assert (row["kept"], row["reasons"], row["drift"]) == ("applied", "", None)
    assert b"paSendRTV2Request" in bytes(row["raw"])
    assert row["amount"] == 10000


def test_installation_interrupted_before_the_payment_is_completed(database_url: str):
    """The second installation pays the notice."""
    broken = Store(database_url)
    migrate.upgrade(broken.engine)
    demo.install(broken, NOW)
    with broken.begin() as connection:
        connection.execute(tables.receipt.delete())
        connection.execute(tables.payment_option.update().values(paid_at=None))
    demo.install(broken, NOW)

    assert len(rows(broken)["receipt"]) == 1
    broken.close()


def test_receipt_of_the_sample_is_valid_by_the_schema(store: Store):
    """It is a message that the Node could have sent."""
    names = [column.name for column in tables.receipt.columns]
    raw = rows(store)["receipt"][0][names.index("raw")]
    payload = open_envelope(bytes(raw))
    assert not isinstance(payload, NotSoap)
    assert Schema().check(payload) is None


def test_settings_of_the_spontaneous_service_are_valid():
    """Its kind accepts them."""
    assert settings_of(demo.SERVICE).amount == 1600


def test_invalid_sample_position_raises_value_error():
    """A sample that breaks a rule stops the demo."""
    with pytest.raises(ValueError, match="type: choice"):
        demo._position("X", NOW, demo._option(1, NOW), type="H")


def test_each_notice_that_cannot_be_paid_is_refused_once(store: Store):
    """The demo's stories have a refusal, which the real code has answered."""
    settings = Settings()
    service = wiring.node_service(settings, store)
    endpoint = wiring.node_endpoint(settings, service, (store.journal.write,))

    demo.refuse_some(endpoint.dry_answer)

    store.journal.flush()
    entry = tables.journal.c
    with store.reading() as connection:
        refused = connection.execute(select(entry.nav, entry.outcome, entry.fault)).all()
    assert {(nav, fault) for nav, _, fault in refused} == {
        (nav, answer) for nav, _, answer in demo.describe() if not answer.startswith("OK")
    }
    assert {outcome for _, outcome, _ in refused} == {"KO"}
