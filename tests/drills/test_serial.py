"""The judge of encounters: a possible history passes, and a planted impossible one is found."""

import math

import pytest

from tests.drills.effects import explain, meets, together
from tests.drills.operations import (
    ChangeAccount,
    Create,
    Delete,
    End,
    Operation,
    Option,
    PayElsewhere,
    Position,
    Publish,
    Receive,
    Replace,
    Restore,
    SetFee,
    State,
    Verify,
    Withdraw,
)
from tests.drills.serial import Record, ends

OLD, NEW = "IT00OLD", "IT00NEW"
NOTICE = Option("301000000000000101", 12000, None, OLD)
ALTERNATIVE = Option("301000000000000202", 12000, None, OLD)
RATES = tuple(Option(f"3010000000000003{each:02d}", 6000, "PLAN", OLD) for each in (3, 4))
RAISED = NOTICE._replace(amount=15000)
START = State(Position((NOTICE,)))
DRAFT = State(Position((NOTICE,), published=False))
GONE = State(Position((NOTICE,), withdrawn=True))
PAYS = Receive("r-1", NOTICE.nav, 12000)
PAYS_ALTERNATIVE = Receive("r-2", ALTERNATIVE.nav, 12000)

APPLIED, REVIEW, DOUBLE, UNMATCHED = "applied", "review", "double", "unmatched"
DIFFERS, WITHDRAWN, IS_DRAFT = (
    "the amount differs",
    "the position was withdrawn",
    ("the position is a draft"),
)
EXCLUDED, PAID = "an exclusive alternative was paid", "the notice was paid already"
NO_NOTICE = "no notice of this number"


def at_once(*done: tuple[Operation, str | None]) -> list[Record]:
    """Return operations that overlap, each with its answer."""
    return [Record(each, 0, math.inf if answer is None else 10, answer) for each, answer in done]


def in_turn(*done: tuple[Operation, str]) -> list[Record]:
    """Return operations each of which was sent after the answer to the one before."""
    return [Record(each, 10 * n, 10 * n + 5, answer) for n, (each, answer) in enumerate(done)]


def end(position: Position | None, *receipts: tuple[str, str, str]) -> End:
    """Return an end of the store."""
    return End(position, frozenset(receipts))


def paid(option: Option, by: str = "r-1") -> Option:
    """Return the option as paid."""
    return option._replace(paid_by=by)


RAISE = (Replace((RAISED,)), "200")
ADD = (Replace((NOTICE, ALTERNATIVE)), "200")
RECEIVED = (PAYS, "OK")
BOTH = Position((paid(NOTICE), paid(ALTERNATIVE, "r-2")))


@pytest.mark.parametrize(
    ("start", "records", "stored"),
    [
        pytest.param(
            START, at_once(RAISE, RECEIVED),
            end(Position((paid(RAISED),)), ("r-1", REVIEW, DIFFERS)),
            id="updated, then paid with the old amount",
        ),
        pytest.param(
            START, at_once((RAISE[0], "409"), RECEIVED),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")), id="paid, then not updated",
        ),
        pytest.param(
            START, at_once(ADD, RECEIVED, (PAYS_ALTERNATIVE, "OK")),
            end(Position((NOTICE, paid(ALTERNATIVE, "r-2"))), ("r-1", DOUBLE, EXCLUDED),
                ("r-2", APPLIED, "")),
            id="the receipt of an alternative waited for it, and paid first",
        ),
        pytest.param(
            START, at_once((Delete(), "200"), RECEIVED), end(None, ("r-1", UNMATCHED, NO_NOTICE)),
            id="deleted, then a receipt without a notice",
        ),
        pytest.param(
            START, at_once((Delete(), "200"), (Create((ALTERNATIVE,)), "201"), RECEIVED),
            end(Position((ALTERNATIVE,)), ("r-1", UNMATCHED, NO_NOTICE)),
            id="deleted and made again with another number",
        ),
        pytest.param(
            START, at_once((Withdraw(), "200"), RECEIVED),
            end(Position((paid(NOTICE),), withdrawn=True), ("r-1", REVIEW, WITHDRAWN)),
            id="withdrawn, then paid",
        ),
        pytest.param(
            DRAFT, at_once((Publish(), "409"), RECEIVED),
            end(Position((paid(NOTICE),), published=False), ("r-1", REVIEW, IS_DRAFT)),
            id="paid as a draft, then not published",
        ),
        pytest.param(
            START, at_once((PayElsewhere(NOTICE.nav), "200"), RECEIVED),
            end(Position((paid(NOTICE, "CLOSED_AS_ALREADY_PAID_BY_EC"),)), ("r-1", DOUBLE, PAID)),
            id="paid elsewhere, then a receipt",
        ),
        pytest.param(
            START, at_once((ChangeAccount(OLD, NEW), "200 0"), RECEIVED),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
            id="paid, then no account to change",
        ),
        pytest.param(
            START, at_once((Replace((RAISED,), conditional=True), "412"), (Withdraw(), "200")),
            end(Position((NOTICE,), withdrawn=True)), id="withdrawn, then the ETag is another",
        ),
        pytest.param(
            START, at_once((Replace((RAISED,)), None), (RAISE[0], "409"), RECEIVED),
            end(Position((paid(RAISED),)), ("r-1", REVIEW, DIFFERS)),
            id="an update without an answer was done, and its repetition came too late",
        ),
        pytest.param(
            DRAFT, at_once((Publish(), None), (Publish(), None), (Publish(), "200"), RECEIVED),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
            id="attempts without an answer were not done, and the last was",
        ),
        pytest.param(
            START, at_once(RECEIVED, (Verify(NOTICE.nav), "PAA_PAGAMENTO_DUPLICATO")),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")), id="paid, then asked about",
        ),
        pytest.param(
            START,
            at_once((Replace((NOTICE, *RATES)), "200"), (Receive("r-3", RATES[0].nav, 6000), "OK"),
                    (Receive("r-4", RATES[1].nav, 6000), "OK")),
            end(Position((NOTICE, paid(RATES[0], "r-3"), paid(RATES[1], "r-4"))),
                ("r-3", APPLIED, ""), ("r-4", APPLIED, "")),
            id="both instalments of a plan are paid",
        ),
        pytest.param(
            START, at_once((SetFee(NOTICE.nav, 500), "209"), RECEIVED),
            end(Position((paid(NOTICE)._replace(fee=500),)), ("r-1", REVIEW, DIFFERS)),
            id="a fee comes before its receipt",
        ),
        pytest.param(
            START, at_once((SetFee(NOTICE.nav, 500), "422"), RECEIVED),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
            id="a fee comes after its receipt",
        ),
        pytest.param(
            GONE, at_once((Restore(), "200"), RECEIVED),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
            id="a receipt comes after the restoration",
        ),
        pytest.param(
            GONE, at_once((Restore(), "409"), RECEIVED),
            end(Position((paid(NOTICE),), withdrawn=True), ("r-1", REVIEW, WITHDRAWN)),
            id="a receipt comes before the restoration",
        ),
    ],
)  # fmt: skip
def test_possible_end_is_explained(start: State, records: list[Record], stored: End) -> None:
    """A serial order of the operations gives their answers and this end."""
    assert explain(start, records, stored) is None


@pytest.mark.parametrize(
    ("start", "records", "stored"),
    [
        pytest.param(
            START, at_once(RAISE, RECEIVED), end(Position((paid(RAISED),)), ("r-1", APPLIED, "")),
            id="a receipt that was decided on the old amount is applied",
        ),
        pytest.param(
            START, at_once(ADD, RECEIVED, (PAYS_ALTERNATIVE, "OK")),
            end(BOTH, ("r-1", APPLIED, ""), ("r-2", APPLIED, "")),
            id="two exclusive alternatives are applied",
        ),
        pytest.param(
            START, at_once((Withdraw(), "200"), RECEIVED),
            end(Position((paid(NOTICE),), withdrawn=True), ("r-1", APPLIED, "")),
            id="a withdrawn position is paid without a reason",
        ),
        pytest.param(
            START, at_once((Delete(), "200"), RECEIVED), end(None, ("r-1", APPLIED, "")),
            id="a receipt is applied to a position that is gone",
        ),
        pytest.param(START, at_once(RECEIVED), end(Position((NOTICE,)), ("r-1", APPLIED, "")),
                     id="a receipt is applied and its notice is not paid"),
        pytest.param(START, at_once(RECEIVED), end(Position((NOTICE,))), id="a receipt is lost"),
        pytest.param(START, at_once(RAISE), end(Position((NOTICE,))), id="an update is lost"),
        pytest.param(
            START, in_turn(RAISE, RECEIVED), end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
            id="an order against the instants",
        ),
        pytest.param(
            START, in_turn(RECEIVED, (Verify(NOTICE.nav), "12000")),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
            id="payable after the receipt was answered",
        ),
        pytest.param(
            START, at_once((Delete(), "200"), (Create((NOTICE,)), "201")), end(Position((NOTICE,))),
            id="a number that was retired comes back",
        ),
        pytest.param(
            START, at_once((ChangeAccount(OLD, NEW), "200 1"), RECEIVED),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")), id="a change of account is lost",
        ),
        pytest.param(
            START, at_once((SetFee(NOTICE.nav, 500), "209"), RECEIVED),
            end(Position((paid(NOTICE)._replace(fee=500),)), ("r-1", APPLIED, "")),
            id="a receipt without the fee is applied",
        ),
        pytest.param(
            START, at_once(RECEIVED, (SetFee(NOTICE.nav, 500), "422")),
            end(Position((paid(NOTICE)._replace(fee=500),)), ("r-1", REVIEW, DIFFERS)),
            id="a refused fee is set",
        ),
        pytest.param(
            GONE, at_once((Restore(), "409"), RECEIVED),
            end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
            id="a refused restoration is done",
        ),
        pytest.param(
            START, at_once((Replace((RAISED,), conditional=True), "200"), (Withdraw(), "200")),
            end(Position((RAISED,))), id="a withdrawal is lost behind an ETag",
        ),
    ],
)  # fmt: skip
def test_impossible_end_is_found(start: State, records: list[Record], stored: End) -> None:
    """No serial order of the operations gives this end, and the sentence names the operations."""
    sentence = explain(start, records, stored)

    assert sentence is not None
    assert sentence.startswith("no serial order of [")


def test_many_attempts_without_an_answer_are_judged_quickly() -> None:
    """Forty unanswered attempts of an update are judged like two, without all their subsets."""
    attempts = at_once(*40 * [(Replace((RAISED,)), None)], RECEIVED)

    assert ends(START, attempts) == {
        end(Position((paid(NOTICE),)), ("r-1", APPLIED, "")),
        end(Position((paid(RAISED),)), ("r-1", REVIEW, DIFFERS)),
    }


def test_waiting_receipts_of_two_notices_may_be_matched_in_either_order() -> None:
    """Of two receipts for exclusive notices either one pays, and the other is double."""
    empty = State(None)
    records = in_turn(
        (PAYS, "OK"), (PAYS_ALTERNATIVE, "OK"), (Create((NOTICE, ALTERNATIVE)), "201")
    )

    paid_by = {
        tuple(option.paid_by for option in possible.position.options)
        for possible in ends(empty, records)
        if possible.position is not None
    }

    assert paid_by == {("r-1", None), (None, "r-2")}


def test_one_receipt_of_two_senders_is_one_operation() -> None:
    """Its instants are the first sending and the first answer."""
    records = [Record(PAYS, 1, 8, "OK"), Record(PAYS, 2, 5, "OK"), Record(RAISE[0], 0, 3, "200")]

    merged = together(records)

    assert Record(PAYS, 1, 5, "OK") in merged
    assert len(merged) == 2
    assert meets(merged)


def test_change_that_was_answered_before_the_receipt_was_sent_does_not_meet_it() -> None:
    """Only operations that overlap have met."""
    assert not meets(in_turn(RAISE, RECEIVED))
