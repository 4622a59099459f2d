"""The past of the demo: loads, payments, refusals and cases, answered by the real face."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from gpd_soap import demo, wiring
from gpd_soap.clock import Clock
from gpd_soap.demo import files, history
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.conftest import LendDatabase
from tests.console import harness
from tests.usecases.people.people import NOW

PAID = "347000000000001336"


@pytest.fixture
def store(shared_database: LendDatabase) -> Store:
    """A store with the demo and its past in it."""
    return shared_database("sqlite", harness.prepare_with_history).store


def rows(store: Store, *columns: Any) -> list[Any]:
    """The rows of a table, in the order of these columns."""
    with store.reading() as connection:
        return list(connection.execute(select(*columns).order_by(*columns)))


def test_each_payment_is_journalled_with_its_questions(store: Store):
    """The paid notice of the sample was given up once, and is refused since it is paid."""
    entry = tables.journal.c
    exchanges = [
        (each.operation, each.outcome)
        for each in rows(store, entry["at"], entry.nav, entry.operation, entry.outcome)
        if each.nav == PAID
    ]

    assert exchanges == [
        ("paVerifyPaymentNotice", "OK"),
        ("paGetPaymentV2", "OK"),
        *[("paVerifyPaymentNotice", "OK")] * 4,
        ("paGetPaymentV2", "OK"),
        ("paSendRTV2", "OK"),
        ("paVerifyPaymentNotice", "KO"),
    ]
    receipts = len(rows(store, tables.receipt.c.receipt_id))
    outcomes = Counter(rows(store, entry.operation, entry.outcome))
    assert outcomes["paSendRTV2", "OK"] == receipts > 100
    assert {outcome for _, outcome in outcomes} == {"OK", "KO"}


def test_something_waits_of_each_kind_that_an_office_resolves(store: Store):
    """Two double payments, one receipt without a notice, one of too little; all else is applied."""
    statuses = Counter(each.kept for each in rows(store, tables.receipt.c.kept))

    assert (statuses["double"], statuses["unmatched"], statuses["review"]) == (2, 1, 1)
    assert sum(statuses.values()) - statuses["applied"] == 4
    assert {each.drift for each in rows(store, tables.receipt.c.drift)} == {None}


def test_files_were_loaded_by_a_colleague_and_one_waits_to_be_mended(store: Store):
    """Its trial has refused rows, each by another rule."""
    load = tables.load.c
    loads = rows(store, load.created_at, load.name, load.state, load.figures)

    assert [(each.name, each.state) for each in loads] == [
        *((each.name, "loaded") for each in files.FILES),
        ("multe-44.csv", "trialled"),
    ]
    assert [each.figures.get("refused", 0) for each in loads] == [0, 0, 0, 3]
    assert len(loads[-1].figures["rules"]) == 3


def test_nothing_happened_after_now(store: Store):
    """Events have the instants of the past, and those of a notice are in their order."""
    event = tables.event.c
    instants = rows(store, event["at"], event.subject, event.type)
    of_paid = [each.type for each in instants if each.subject == "DEMO-PAID"]

    assert max(each[0] for each in instants) <= NOW
    assert max(each[0] for each in rows(store, tables.journal.c["at"])) < NOW
    assert of_paid == ["position.created", "receipt.applied"]


def test_second_installation_changes_nothing(store: Store):
    """A demo that keeps its data begins again where it was."""
    counted = [tables.journal, tables.event, tables.receipt, tables.load, tables.position]

    def counts() -> list[int]:
        return [len(rows(store, *table.primary_key)) for table in counted]

    before = counts()
    history.install(store, NOW, _answer_of(store))

    assert counts() == before


def _answer_of(store: Store) -> Callable[[Clock], history.Answer]:
    def answer_at(clock: Clock) -> history.Answer:
        service = wiring.node_service(Settings(), store, clock)
        return wiring.node_endpoint(Settings(), service, (store.journal.write,)).dry_answer

    return answer_at


def test_demo_begins_at_its_only_organization(store: Store):
    """Whoever serves every organization sees a list of them only where there are several."""
    console = harness.Console(store)
    client = console.client("admin")
    assert client.get("/console/").location == "/console/overview"
    with store.begin() as connection:
        connection.execute(
            tables.organization.delete().where(
                tables.organization.c.fiscal_code == demo.BENEFICIARY
            )
        )

    assert client.get("/console/").location == f"/console/{demo.ORGANIZATION}/"


def test_table_of_the_demo_stays_true(store: Store):
    """The past takes no notice that the table names."""
    named = {nav for nav, _label, _answer in demo.describe()}
    taken = {file.nav(row) for file in files.FILES for row in range(file.rows)}

    assert not named & taken
    assert store.notice(demo.ROUTE, PAID).notice is not None
