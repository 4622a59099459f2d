"""What to say on the telephone."""

from datetime import datetime
from typing import Any

from gpd_soap.console.story.telephone import Call, Question, call_about, remaining
from gpd_soap.console.story.timeline import story_of
from gpd_soap.console.story.verdict import NoticeStatus, verdict
from gpd_soap.core import payable
from gpd_soap.store.positions.describe import UNPAID
from tests.console.story.notices import (
    NOW,
    PAY,
    entry,
    expired,
    in_rome,
    notice_with,
    paid,
    receipt,
)
from tests.world import option, transfer


def call(now: datetime = NOW, **fields: Any) -> Call:
    """Return what to say about a notice."""
    notice = notice_with(**fields)
    return call_about(notice, verdict(notice, now), story_of(notice, now))


def questions(now: datetime = NOW, **fields: Any) -> list[Question]:
    """Return what the payer may say."""
    return [answer.question for answer in call(now, **fields).answers]


def test_node_refuses_by_itself_while_a_payment_is_under_way():
    """Another attempt holds the notice until thirty minutes after our last answer."""
    advice = call(in_rome("2026-11-27T10:41:00"), entries=[entry("2026-11-27T10:30:00", PAY)])

    assert advice.under_way_until == in_rome("2026-11-27T11:00:00")
    assert advice.answers[0].question is Question.UNDER_WAY


def test_payable_notice_answers_already_paid_and_nothing_with_us():
    """The Node may know a payment whose receipt is on its way."""
    assert questions() == [Question.SAYS_PAID, Question.SAYS_UNKNOWN]


def test_notice_that_was_asked_for_lately_is_known_to_the_bank():
    """Only where nothing arrived may the payer have wrong numbers."""
    assert questions(entries=[entry("2026-11-27T10:00:00")]) == [Question.SAYS_PAID]


def test_expired_notice_answers_what_people_ask_then():
    """They say whether it costs more, whether it was paid, and whether there is new paper."""
    past = option(1, due_at=in_rome("2026-10-31T23:59:59"), switch_to_expired=True)
    advice = call(options=[past], entries=[expired("2026-11-27T10:31:00")])

    assert advice.standing is NoticeStatus.EXPIRED
    assert [answer.question for answer in advice.answers] == [
        Question.PAY_MORE,
        Question.PAID_ALREADY,
        Question.NEW_PAPER,
    ]
    assert advice.answers[0].cents == 10000


def test_abandoned_payment_may_be_an_account_that_is_not_registered():
    """The platform refuses an unknown account after our answer, and says nothing to us."""
    began = entry("2026-11-26T19:06:00", PAY)

    assert questions(entries=[began]) == [
        Question.NOT_FINISHED, Question.ACCOUNT, Question.SAYS_PAID,
    ]  # fmt: skip


def test_paid_notice_that_was_tried_again_says_that_nothing_was_paid_twice():
    """The refusal of the second attempt protects the payer."""
    again = entry("2026-11-27T09:12:00", refusal=payable.PAID)
    advice = call(progress=[paid()], receipts=[receipt("2026-11-20T10:41:00")], entries=[again])

    assert [answer.question for answer in advice.answers] == [Question.TRIED_AGAIN]
    assert advice.answers[0].instant == in_rome("2026-11-27T09:12:00")


def test_answer_that_came_too_late_is_mentioned():
    """The Node gives up after seven seconds."""
    slow = entry("2026-11-27T10:00:00", microseconds=8_000_000)

    assert Question.TOO_SLOW in questions(entries=[slow])


def test_wrong_route_is_a_matter_of_configuration():
    """A refusal of the route is no fault of the payer."""
    refused = entry("2026-11-27T10:00:00", refusal=payable.UNKNOWN)
    wrong = refused._replace(fault="PAA_STAZIONE_INT_ERRATA", rule="configuration: the station")

    assert Question.CONFIGURATION in questions(entries=[wrong])


def test_plan_says_what_is_left_to_pay():
    """All installments that are not paid."""
    options = [option(n, transfer(amount=4000), plan="rate") for n in (1, 2, 3)]
    notice = notice_with(options=options, progress=[paid(), UNPAID, UNPAID])

    assert remaining(notice) == 8000
