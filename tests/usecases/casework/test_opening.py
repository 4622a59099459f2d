"""A case that a person opens on the receipt of a paid notice is one like any other."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.case_id import CaseCause, CaseOutcome, cause_in
from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.receipts import queue
from gpd_soap.store.receipts.queue import QueueFilter
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import CommandRecord
from gpd_soap.usecases.casework import claims
from gpd_soap.usecases.casework.decide import By, Decision, decide
from gpd_soap.usecases.casework.opening import Why, open_case
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    add,
    option,
    position,
    receipt,
    statuses,
    take,
)
from tests.usecases.casework.test_work import TO_REFUND, case_of, listed

ANNA = By(Actor(ActorKind.OPERATOR, "o-anna"), "Anna Inventata", NOW)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_MISTAKE = Why(CaseCause.BY_MISTAKE, "Ha pagato per il fratello")


@pytest.fixture
def full(store: Store) -> Store:
    """A notice paid long ago and paid again, one paid since, a receipt without a notice."""
    add(store, position("P-1", option(1)))
    add(store, position("P-2", option(2)))
    take(store, receipt(1, receipt_id="paid", digest="paid"), NOW - 90 * DAY)
    take(store, receipt(1, receipt_id="double", digest="double"), NOW - 3 * HOUR)
    take(store, receipt(2, receipt_id="other", digest="other"), NOW - 2 * HOUR)
    take(store, receipt(7, receipt_id="nobody"), NOW - HOUR)
    take(store, receipt(8, receipt_id="failed", outcome="KO"), NOW - HOUR)
    return store


def test_case_of_a_paid_notice_is_worked_on_like_any_other(full: Store):
    """It is as old as its opening; it is claimed, decided, and listed for the refunds."""
    open_case(full, ORGANIZATION, "paid", BY_MISTAKE, ANNA)

    case = case_of(full, "paid")
    assert (case.kind, cause_in(case.reasons)) == ("review", CaseCause.BY_MISTAKE)
    assert (case.opened_at, case.opened_by, case.opening) == (NOW, ANNA.name, BY_MISTAKE.note)
    assert listed(full, QueueFilter()) == ["double", "nobody", "paid"]
    assert listed(full, QueueFilter(), limit=1) == ["double", "nobody", "paid"]
    assert listed(full, QueueFilter(received_until=NOW - DAY)) == []
    with full.reading() as connection:
        [review] = [each for each in queue.waiting(connection, ORGANIZATION, NOW + HOUR)
                    if each.kind == "review"]  # fmt: skip
    assert review == ("review", 1, 0, 0, 10000, NOW)
    claims.claim(full, ORGANIZATION, "paid", ANNA.name, NOW)
    decide(full, ORGANIZATION, ["paid"], TO_REFUND, ANNA)
    refunds = QueueFilter(resolved=True, outcome=CaseOutcome.TO_REFUND)
    assert listed(full, refunds) == ["paid"]


def test_notice_of_an_opened_case_stays_paid(full: Store):
    """The Node's receipt sent again is counted on the same one, and brings no second case."""
    open_case(full, ORGANIZATION, "paid", BY_MISTAKE, ANNA)
    take(full, receipt(1, receipt_id="paid", digest="paid"), NOW + HOUR)

    assert statuses(full)["paid", 0] == ("review", "opened by a person: paid-by-mistake", 2)
    with full.reading() as connection:
        option_ = tables.payment_option.c
        statement = select(option_.receipt_id, option_.paid_at).where(option_.iupd == "P-1")
        assert connection.execute(statement).one().receipt_id == "paid"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("double", refusals.HasCase),
        ("nobody", refusals.HasCase),
        ("failed", refusals.NoMoney),
        ("nothing", refusals.CaseNotFound),
        ("q." + "0" * 64, refusals.CaseNotFound),
        ("not an id", refusals.CaseNotFound),
    ],
)
def test_receipt_without_money_to_give_back_has_no_second_case(
    reference: str, expected: type[refusals.Refusal], full: Store
):
    """A case that is open already is refused, and so is what is no receipt."""
    with pytest.raises(expected):
        open_case(full, ORGANIZATION, reference, BY_MISTAKE, ANNA)


def test_receipt_of_another_organization_is_not_there(full: Store):
    """Its case is not opened under our code."""
    with pytest.raises(refusals.CaseNotFound):
        open_case(full, OTHER, "paid", BY_MISTAKE, ANNA)
    assert case_of(full, "paid").kind == "applied"


def test_case_is_opened_once_and_again_only_where_the_money_was_kept(full: Store):
    """What goes back, or went, is not decided by a second case; what was kept may be."""
    open_case(full, ORGANIZATION, "paid", BY_MISTAKE, ANNA)
    with pytest.raises(refusals.HasCase):
        open_case(full, ORGANIZATION, "paid", BY_MISTAKE, ANNA)
    decide(full, ORGANIZATION, ["paid"], Decision(CaseOutcome.RIGHT, "dovuto"), ANNA)
    open_case(full, ORGANIZATION, "paid", Why(CaseCause.ELSEWHERE), ANNA)

    case = case_of(full, "paid")
    assert (case.resolved_at, case.resolved_as, case.resolution) == (None, None, None)
    assert (case.reasons, case.opening) == ("opened by a person: paid-elsewhere", "")
    decide(full, ORGANIZATION, ["paid"], TO_REFUND, ANNA)
    with pytest.raises(refusals.HasCase):
        open_case(full, ORGANIZATION, "paid", BY_MISTAKE, ANNA)
    decide(full, ORGANIZATION, ["double"], Decision(CaseOutcome.NOT_OURS, "detto a loro"), ANNA)
    with pytest.raises(refusals.CaseDecided):
        open_case(full, ORGANIZATION, "double", BY_MISTAKE, ANNA)


@pytest.mark.parametrize(
    ("why", "rule"),
    [
        (Why(CaseCause.OTHER), "required"),
        (Why(CaseCause.OTHER, " \n"), "required"),
        (Why(CaseCause.BY_MISTAKE, "x" * 401), "length"),
        (Why(CaseCause.BY_MISTAKE, "a\0b"), "characters"),
    ],
)
def test_other_cause_needs_words_and_a_note_has_a_limit(why: Why, rule: str, full: Store):
    """Nothing is changed where one field is wrong."""
    with pytest.raises(refusals.Malformed) as refused:
        open_case(full, ORGANIZATION, "paid", why, ANNA)
    assert {(each.field, each.rule) for each in refused.value.errors} == {("note", rule)}
    assert case_of(full, "paid").kind == "applied"


def test_forgotten_receipt_has_no_case(full: Store):
    """Nobody could say any more who paid."""
    with full.begin() as connection:
        connection.execute(
            tables.receipt.update()
            .where(tables.receipt.c.receipt_id == "paid")
            .values(forgotten_at=NOW, raw=b"")
        )
    with pytest.raises(refusals.ReceiptErased):
        open_case(full, ORGANIZATION, "paid", BY_MISTAKE, ANNA)


def test_opening_is_an_event_without_the_note_and_a_row_of_the_audit(full: Store):
    """The note may name a debtor, so that it stays in the case."""
    record = CommandRecord("luca", "receipts open", lambda: NOW)
    open_case(full, ORGANIZATION, "paid", BY_MISTAKE, ANNA, record)

    with full.reading() as connection:
        written = select(tables.event).where(tables.event.c.type == str(EventType.CASE_OPENED))
        event = connection.execute(written).one()
        rows = connection.execute(select(tables.audit)).all()
    assert event.data == {"case": "paid", "cause": "paid-by-mistake"}
    assert (event.subject, event.actor, event.actor_kind) == ("P-1", "o-anna", "operator")
    assert [(row.receipt_id, row.organization) for row in rows] == [("paid", ORGANIZATION)]
