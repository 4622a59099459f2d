"""People at work on the worklist: claims, decisions, many at once, a refund in two steps."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.receipts import queue, worklist
from gpd_soap.store.receipts.queue import QueueFilter, QueueKey
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import CommandRecord
from gpd_soap.usecases.casework import claims, holding
from gpd_soap.usecases.casework.decide import MOST, By, Decision, decide, findings
from gpd_soap.usecases.casework.holding import FREED_AFTER
from gpd_soap.usecases.casework.refusals import CaseClaimed, KindsDiffer, TooManyCases
from gpd_soap.usecases.worklist import key_of
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    add,
    nav,
    option,
    position,
    receipt,
    take,
)

ANNA = By(Actor(ActorKind.OPERATOR, "o-anna"), "Anna Inventata", NOW)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TO_REFUND = Decision(CaseOutcome.TO_REFUND, "Sentito al telefono")
REFUNDED = Decision(CaseOutcome.REFUNDED, refunded_on=date(2026, 3, 16), mandate="2026/118")


@pytest.fixture
def full(store: Store) -> Store:
    """A notice that was paid three times, and two receipts without a notice."""
    add(store, position("P-1", option(1)))
    for number, after in (("r-1", 0), ("r-2", 1), ("r-3", 2)):
        take(store, receipt(1, receipt_id=number, digest=number), NOW - 9 * HOUR + after * HOUR)
    for serial, after in ((7, 3), (8, 4)):
        take(store, receipt(serial), NOW - 9 * HOUR + after * HOUR)
    return store


def case_of(store: Store, reference: str, organization: str = ORGANIZATION) -> Case:
    """Returns a case as it is stored."""
    case = read_only(store, lambda c: worklist.read(c, organization, key_of(reference)))
    assert case is not None
    return case


def listed(store: Store, listing: QueueFilter, limit: int = 10) -> list[str]:
    """Returns the ids of a queue, all pages together."""
    names = list[str]()
    after: QueueKey | None = None
    with store.reading() as connection:
        while True:
            cases, after = queue.page(connection, ORGANIZATION, listing, limit, after)
            names += [case.name for case in cases]
            if after is None:
                return names


def test_queue_of_messages_alone_is_read_page_by_page(full: Store):
    """A message has no variant, on either database."""
    raw = {"organization": ORGANIZATION, "primitive": "paSendRTV2", "reason": "not valid",
           "copies": 1, "raw": b"<a/>"}  # fmt: skip
    rows = [
        {**raw, "digest": f"{n:064}", "received_at": NOW + n * HOUR, "last_received_at": NOW}
        for n in range(3)
    ]
    with full.begin() as connection:
        connection.execute(insert(tables.quarantine), rows)

    assert listed(full, QueueFilter("quarantine"), 1) == [f"{n:064}" for n in range(3)]


def test_claim_is_of_one_person_until_it_is_given_back_or_ends(full: Store):
    """Who else wants the case learns who has it, and until when."""
    claims.claim(full, ORGANIZATION, "r-2", "Anna", NOW)
    with pytest.raises(CaseClaimed) as refused:
        claims.claim(full, ORGANIZATION, "r-2", "Luca", NOW + MINUTE)
    claims.claim(full, ORGANIZATION, "r-2", "Anna", NOW + 2 * MINUTE)

    assert (refused.value.who, refused.value.since) == ("Anna", NOW)
    assert refused.value.until == NOW + FREED_AFTER
    assert not claims.release(full, ORGANIZATION, "r-2", "Luca")
    assert claims.release(full, ORGANIZATION, "r-2", "Anna")
    claims.claim(full, ORGANIZATION, "r-2", "Luca", NOW + 3 * MINUTE)
    ended = NOW + 3 * MINUTE + FREED_AFTER
    assert holding.holder(case_of(full, "r-2"), ended - MINUTE) is not None
    assert holding.holder(case_of(full, "r-2"), ended) is None
    claims.claim(full, ORGANIZATION, "r-2", "Anna", ended + MINUTE)


def test_claim_of_no_open_case_is_refused(full: Store):
    """A case of another organization is one that does not exist."""
    decide(full, ORGANIZATION, ["r-3"], TO_REFUND, ANNA)

    for reference, expected in (
        ("r-1", refusals.CaseNotOpen),
        ("r-3", refusals.CaseNotOpen),
        ("nothing", refusals.CaseNotFound),
        ("q." + "0" * 64, refusals.CaseNotFound),
    ):
        with pytest.raises(expected):
            claims.claim(full, ORGANIZATION, reference, "Anna", NOW)
    with pytest.raises(refusals.CaseNotFound):
        claims.claim(full, OTHER, "r-2", "Anna", NOW)


def test_oldest_free_case_is_not_one_that_somebody_has(full: Store):
    """The next one comes where the oldest is taken."""
    claims.claim(full, ORGANIZATION, "r-2", "Anna", NOW)

    first = claims.oldest_free(full, ORGANIZATION, None, NOW)
    unmatched = claims.oldest_free(full, ORGANIZATION, "unmatched", NOW)
    later = claims.oldest_free(full, ORGANIZATION, None, NOW + FREED_AFTER + MINUTE)

    assert [case and case.name for case in (first, unmatched, later)] == ["r-3", "r-7", "r-2"]
    assert claims.oldest_free(full, OTHER, None, NOW) is None


def test_queue_is_oldest_first_and_its_pages_hold_each_case_once(full: Store):
    """Filters go by kind, age, person and outcome; what is resolved is a filter."""
    claims.claim(full, ORGANIZATION, "r-7", "Anna", NOW)
    decide(full, ORGANIZATION, ["r-8"], TO_REFUND, ANNA)

    for limit in (1, 2, 10):
        assert listed(full, QueueFilter(), limit) == ["r-2", "r-3", "r-7"]
    assert listed(full, QueueFilter(kind="double")) == ["r-2", "r-3"]
    assert listed(full, QueueFilter(received_until=NOW - 8 * HOUR)) == ["r-2"]
    assert listed(full, QueueFilter(claimed_by="Anna", claimed_since=NOW)) == ["r-7"]
    assert listed(full, QueueFilter(resolved=True)) == ["r-8"]
    assert listed(full, QueueFilter(resolved=True, outcome=CaseOutcome.RIGHT)) == []


def test_waiting_counts_by_kind_age_and_money(full: Store):
    """A kind without cases is there too."""
    decided_at = NOW - 7 * HOUR + timedelta(days=5)
    by_kind = {
        each.kind: each
        for each in read_only(full, lambda c: queue.waiting(c, ORGANIZATION, decided_at))
    }

    assert set(by_kind) == {"unmatched", "double", "conflicting", "review", "quarantine"}
    assert by_kind["double"] == ("double", 2, 2, 1, 20000, NOW - 8 * HOUR)
    assert by_kind["unmatched"][1:5] == (2, 2, 0, 20000)
    assert by_kind["quarantine"] == ("quarantine", 0, 0, 0, 0, None)


def test_refund_is_decided_then_paid_and_then_final(full: Store):
    """Until the mandate is known, the decision may change."""
    decide(full, ORGANIZATION, ["r-2"], TO_REFUND, ANNA)
    assert read_only(full, lambda c: queue.to_refund(c, ORGANIZATION)) == (1, 10000)
    decide(full, ORGANIZATION, ["r-2"], REFUNDED, ANNA._replace(name="Luca", decided_at=NOW + HOUR))
    with pytest.raises(refusals.CaseNotOpen):
        decide(full, ORGANIZATION, ["r-2"], TO_REFUND, ANNA)

    case = case_of(full, "r-2")
    assert (case.resolved_as, case.refunded_on, case.mandate) == (
        "refunded", date(2026, 3, 16), "2026/118",
    )  # fmt: skip
    assert (case.resolved_by, case.resolved_at) == ("Luca", NOW + HOUR)
    assert read_only(full, lambda c: queue.to_refund(c, ORGANIZATION)) == (0, 0)
    assert read_only(full, lambda c: queue.last_resolved(c, ORGANIZATION)) == NOW + HOUR


def test_decision_by_another_than_the_claimant_is_refused(full: Store):
    """A decision ends the claim."""
    claims.claim(full, ORGANIZATION, "r-2", "Luca", NOW)
    with pytest.raises(CaseClaimed):
        decide(full, ORGANIZATION, ["r-2"], TO_REFUND, ANNA)
    assert case_of(full, "r-2").resolved_at is None

    decide(full, ORGANIZATION, ["r-2"], TO_REFUND, ANNA._replace(name="Luca"))
    assert (case_of(full, "r-2").claimed_by, case_of(full, "r-2").claimed_at) == (None, None)


def test_many_cases_of_one_kind_end_together_or_not_at_all(full: Store):
    """The same case twice is one."""
    with pytest.raises(KindsDiffer):
        decide(full, ORGANIZATION, ["r-2", "r-7"], TO_REFUND, ANNA)
    with pytest.raises(refusals.CaseNotFound):
        decide(full, ORGANIZATION, ["r-2", "nothing"], TO_REFUND, ANNA)
    with pytest.raises(TooManyCases):
        decide(full, ORGANIZATION, [f"r-{n}" for n in range(MOST + 1)], TO_REFUND, ANNA)
    assert case_of(full, "r-2").resolved_at is None

    assert decide(full, ORGANIZATION, ["r-2", "r-3", "r-2"], TO_REFUND, ANNA) == 2
    assert listed(full, QueueFilter(kind="double")) == []


def test_each_decision_is_recorded_with_its_event(full: Store):
    """The audit's row and the event are in the transaction of the change."""
    record = CommandRecord("anna", "test", lambda: NOW)

    decide(full, ORGANIZATION, ["r-2", "r-3"], TO_REFUND, ANNA, record)
    decide(full, ORGANIZATION, ["r-2"], REFUNDED, ANNA, record)

    with full.reading() as connection:
        rows = connection.execute(select(tables.audit.c.receipt_id)).scalars().all()
        written = select(tables.event).where(tables.event.c.type == str(EventType.CASE_RESOLVED))
        assert len(connection.execute(written).all()) == 3
    assert sorted(rows) == ["r-2", "r-2", "r-3"]


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        (Decision(CaseOutcome.RIGHT), "note"),
        (Decision(CaseOutcome.NOT_OURS, " "), "note"),
        (Decision(CaseOutcome.TO_REFUND, "x" * 401), "note"),
        (Decision(CaseOutcome.TO_REFUND, "a\x01b"), "note"),
        (REFUNDED._replace(refunded_on=None), "refundedOn"),
        (REFUNDED._replace(refunded_on=date(2026, 3, 17)), "refundedOn"),
        (REFUNDED._replace(mandate=" "), "mandate"),
        (REFUNDED._replace(mandate="9" * 36), "mandate"),
        (Decision(CaseOutcome.CREDITED), "notice"),
        (Decision(CaseOutcome.DUPLICATE), "other"),
        (Decision(CaseOutcome.DUPLICATE, other="../x"), "other"),
    ],
)
def test_decision_says_which_field_is_missing_or_wrong(decision: Decision, field: str):
    """Before the database is read."""
    assert [error.field for error in findings(decision, NOW)] == [field]


def test_notice_and_other_case_must_exist(full: Store):
    """Neither is of another organization, and no case repeats itself."""
    credited = Decision(CaseOutcome.CREDITED, notice=nav(99))
    for decision in (
        credited,
        Decision(CaseOutcome.DUPLICATE, other="r-99"),
        Decision(CaseOutcome.DUPLICATE, other="r-2"),
    ):
        with pytest.raises(refusals.Malformed):
            decide(full, ORGANIZATION, ["r-2"], decision, ANNA)

    decide(full, ORGANIZATION, ["r-2"], credited._replace(notice=nav(1), note="mensa"), ANNA)
    decide(full, ORGANIZATION, ["r-3"], Decision(CaseOutcome.DUPLICATE, other="r-2"), ANNA)
    assert case_of(full, "r-2").resolution == f"{nav(1)}; mensa"
    assert case_of(full, "r-3").resolution == "r-2"
