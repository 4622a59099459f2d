"""What happened to a notice, in one order."""

from datetime import date

import pytest

from gpd_soap.console.story.moments import (
    Attempt,
    AttemptEnd,
    Cause,
    Day,
    Difference,
    Kind,
    Moment,
    Story,
)
from gpd_soap.console.story.timeline import story_of
from gpd_soap.core import payable
from tests.console.story.notices import (
    CREATED,
    DUE,
    NAV,
    NOW,
    PAY,
    VERIFY,
    created,
    entry,
    event,
    expired,
    in_rome,
    notice_with,
    paid,
    receipt,
)
from tests.world import option


def shown(story: Story) -> list[str]:
    """Return each line as its kind; an attempt with its end and its lines."""
    lines = []
    for item in (item for day in story.days for item in day.items):
        if isinstance(item, Moment):
            lines.append(str(item.kind))
        else:
            lines.append(f"{item.end}: {' '.join(item.kind for item in item.moments)}")
    return lines


def lines(days: tuple[Day, ...]) -> list[Moment]:
    """Return the moments of these days that are in no attempt."""
    return [item for day in days for item in day.items if isinstance(item, Moment)]


def attempts(story: Story) -> list[Attempt]:
    """Return the attempts to pay."""
    return [item for day in story.days for item in day.items if isinstance(item, Attempt)]


def test_days_are_those_of_rome_and_the_oldest_comes_first():
    """A quarter to midnight in London is the next day in Rome."""
    story = story_of(notice_with(events=[created()], entries=[entry("2026-11-20T00:30:00")]), NOW)

    assert [day.day for day in story.days] == [date(2026, 9, 15), date(2026, 11, 20)]
    assert shown(story) == ["created", "verified"]


def test_notice_without_events_still_says_when_it_was_created():
    """A version before the events kept the instants alone."""
    story = story_of(notice_with(withdrawn_at=in_rome("2026-10-01T08:00:00")), NOW)

    assert shown(story) == ["created", "withdrawn"]
    assert story.days[0].items[0].happened_at == CREATED


def test_equal_neighbours_of_a_day_fold_into_one_with_each_instant():
    """Fourteen equal questions are one line."""
    times = [f"2026-11-20T10:{minute}:00" for minute in range(20, 34)]
    story = story_of(notice_with(events=[created()], entries=[*map(entry, times)]), NOW)
    folded = lines(story.days)[1]

    assert shown(story) == ["created", "verified"]
    assert len(folded.times) == 14
    assert (folded.happened_at, folded.last_at) == (in_rome(times[0]), in_rome(times[-1]))


def test_questions_of_two_days_or_with_two_answers_do_not_fold():
    """What differs in day, amount or cause is told apart."""
    lower = event(
        "position.updated",
        "2026-11-20T12:00:00",
        before={"options": [{"nav": NAV, "amount": 13100}]},
        after={"options": [{"nav": NAV, "amount": 12850}]},
    )
    entries = [
        entry("2026-11-19T10:00:00"),
        entry("2026-11-20T10:00:00"),
        entry("2026-11-20T13:00:00"),
        expired("2026-11-20T13:01:00"),
        entry("2026-11-20T13:02:00", refusal=payable.WITHDRAWN),
    ]
    story = story_of(notice_with(events=[created(), lower], entries=entries), NOW)

    assert shown(story) == [
        "created", "verified", "verified", "updated", "verified", "refused", "refused",
    ]  # fmt: skip
    questions = [item for item in lines(story.days) if item.entry is not None]
    assert [item.amount for item in questions] == [13100, 13100, 12850, 12850, 12850]


def test_equal_refusals_fold_over_the_days_before_today():
    """A payer who tries every week fills no page; a refusal of today stands alone."""
    entries = [
        expired("2026-11-05T10:00:00"),
        expired("2026-11-12T10:00:00"),
        entry("2026-11-19T10:00:00", refusal=payable.WITHDRAWN),
        entry("2026-11-26T10:00:00", refusal=payable.WITHDRAWN),
        entry("2026-11-27T10:00:00", refusal=payable.WITHDRAWN),
    ]
    story = story_of(notice_with(events=[created()], entries=entries), NOW)

    assert shown(story) == ["created", "refused", "refused", "refused"]
    assert [len(item.times) for item in lines(story.days)[1:]] == [2, 2, 0]
    assert [day.day.day for day in story.days[1:]] == [5, 19, 27]


def test_verify_payment_and_receipt_within_thirty_minutes_are_an_attempt():
    """A verify that leads to the payment, the payment, and its receipt."""
    entries = [
        entry("2026-11-20T09:00:00"),
        entry("2026-11-20T10:20:00"),
        entry("2026-11-20T10:40:00", PAY),
    ]
    notice = notice_with(
        events=[created()],
        entries=entries,
        receipts=[receipt("2026-11-20T10:41:00")],
        progress=[paid()],
    )
    story = story_of(notice, NOW)
    [attempt] = attempts(story)

    assert shown(story) == [
        "created", "verified", "succeeded: verified payment-started receipt",
    ]  # fmt: skip
    assert attempt.minutes == 21


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-20T11:09:59", AttemptEnd.UNDER_WAY),
        ("2026-11-20T11:10:01", AttemptEnd.ABANDONED),
    ],
)
def test_payment_without_receipt_is_abandoned_after_thirty_minutes(now: str, end: AttemptEnd):
    """A token lives thirty minutes at most."""
    story = story_of(notice_with(entries=[entry("2026-11-20T10:40:00", PAY)]), in_rome(now))
    [attempt] = attempts(story)

    assert attempt.end is end
    awaited = [item.kind for item in lines(story.later)]
    assert (Kind.RECEIPT_AWAITED in awaited) is (end is AttemptEnd.UNDER_WAY)


def test_receipt_that_comes_late_counts_by_the_instant_of_its_payment():
    """The Node sends a receipt for hours until it is accepted."""
    late = receipt("2026-11-20T15:00:00", paid_at=in_rome("2026-11-20T10:41:00"))
    story = story_of(
        notice_with(
            entries=[entry("2026-11-20T10:40:00", PAY)], receipts=[late], progress=[paid()]
        ),
        NOW,
    )

    assert shown(story) == ["created", "succeeded: payment-started receipt"]


def test_receipt_of_another_payment_ends_no_attempt():
    """A payment an hour later has no part in an attempt."""
    other = receipt("2026-11-20T12:00:00")
    story = story_of(
        notice_with(
            entries=[entry("2026-11-20T10:40:00", PAY)], receipts=[other], progress=[paid()]
        ),
        NOW,
    )

    assert shown(story) == ["created", "abandoned: payment-started no-receipt", "receipt"]


def test_two_payments_within_thirty_minutes_are_one_attempt():
    """A payer who goes back and tries again is still one payer."""
    entries = [entry("2026-11-20T10:40:00", PAY), entry("2026-11-20T10:45:00", PAY)]
    story = story_of(
        notice_with(entries=entries, receipts=[receipt("2026-11-20T10:47:00")], progress=[paid()]),
        NOW,
    )

    assert shown(story) == ["created", "succeeded: payment-started receipt"]
    [attempt] = attempts(story)
    assert len(attempt.moments[0].times) == 2


def test_change_by_the_office_during_an_attempt_keeps_its_own_line():
    """A printed notice between a payment and its receipt hides neither."""
    printed = event("notice.printed", "2026-11-20T10:41:00", navs=[NAV])
    story = story_of(
        notice_with(
            events=[created(), printed],
            entries=[entry("2026-11-20T10:40:00", PAY)],
            receipts=[receipt("2026-11-20T10:42:00")],
            progress=[paid()],
        ),
        NOW,
    )

    assert shown(story) == ["created", "succeeded: payment-started receipt", "printed"]


def test_change_shows_amount_and_date_before_and_after_and_who_did_it():
    """A correction says what was and what is, and its reason."""
    lower = event(
        "position.updated",
        "2026-10-15T12:10:00",
        before={"options": [{"nav": NAV, "amount": 13100, "dueDate": "2026-10-31T22:59:59Z"}]},
        after={"options": [{"nav": NAV, "amount": 12850, "dueDate": "2026-11-30T22:59:59Z"}]},
        changed=["options.amount", "debtor"],
        reason="riduzione riconosciuta",
    )
    story = story_of(notice_with(events=[created(), lower]), NOW)
    [moment] = [item for item in lines(story.days) if item.kind is Kind.UPDATED]

    assert moment.differences[:2] == (
        Difference("amount", 13100, 12850),
        Difference("due", in_rome("2026-10-31T23:59:59"), in_rome("2026-11-30T23:59:59")),
    )
    assert moment.differences[2:] == (Difference("debtor"),)
    assert (moment.actor, moment.actor_kind) == ("Anna Bianchi", "operator")
    assert moment.reason == "riduzione riconosciuta"


def test_change_of_another_notice_of_the_position_is_left_out():
    """The story is of one notice."""
    other = {"options": [{"nav": "other", "amount": 1}]}
    change = event("position.updated", "2026-10-15T12:10:00", before={"options": []}, after=other)
    settled = event("notice.settled", "2026-10-16T12:10:00")._replace(nav="other")
    story = story_of(notice_with(events=[created(), change, settled]), NOW)

    assert shown(story) == ["created"]


def test_creation_that_publishes_is_one_line():
    """Both events of one instant are one thing that was done."""
    published = event("position.published", "2026-09-15T09:02:00")

    assert shown(story_of(notice_with(events=[created(), published]), NOW)) == ["created"]


def test_refusal_has_its_cause_and_what_decided():
    """The rule that decided gives the cause."""
    story = story_of(
        notice_with(entries=[entry("2026-11-20T10:00:00", refusal=payable.DRAFT)]), NOW
    )
    refused = lines(story.days)[-1]

    assert refused.cause is Cause.DRAFT
    assert refused.entry is not None
    assert refused.entry.fault == "PAA_PAGAMENTO_SCONOSCIUTO"


def test_due_date_that_passed_is_shown_unless_the_notice_was_paid_before():
    """Time alone expires a notice."""
    past = option(1, due_at=in_rome("2026-10-31T23:59:59"), switch_to_expired=True)
    open_ended = past._replace(switch_to_expired=False)
    before = paid("2026-10-20T10:00:00")

    assert shown(story_of(notice_with(options=[past]), NOW))[-1] == "expired"
    assert shown(story_of(notice_with(options=[open_ended]), NOW))[-1] == "past-due"
    assert "expired" not in shown(story_of(notice_with(options=[past], progress=[before]), NOW))


def test_expected_moment_comes_after_now():
    """A first day of validity and a due date in the future are awaited."""
    start = in_rome("2026-11-28T00:00:00")
    coming = option(1, due_at=DUE, valid_from=start, switch_to_expired=True)
    later = [item.kind for item in lines(story_of(notice_with(options=[coming]), NOW).later)]
    settled = story_of(
        notice_with(progress=[paid()], receipts=[receipt("2026-11-20T10:41:00")]), NOW
    )

    assert later == [Kind.WILL_BE_VALID, Kind.WILL_EXPIRE]
    assert [item.kind for item in lines(settled.later)] == [Kind.DUE_AND_PAID]


def test_withdrawn_notice_awaits_nothing():
    """Nobody can pay it any more."""
    assert story_of(notice_with(withdrawn_at=in_rome("2026-10-01T08:00:00")), NOW).later == ()


def test_accepted_receipt_is_shown_once_and_a_refused_one_is_a_refusal():
    """The receipt itself says more than its exchange."""
    accepted = entry("2026-11-20T10:41:00", "paSendRTV2")
    story = story_of(
        notice_with(
            entries=[accepted, expired("2026-11-20T10:42:00")._replace(operation="paSendRT")],
            receipts=[receipt("2026-11-20T10:41:00")],
        ),
        NOW,
    )

    assert shown(story) == ["created", "receipt", "refused"]


def test_failure_of_ours_is_no_refusal():
    """An answer that we could not give is our fault and not the payer's."""
    failed = entry("2026-11-20T10:41:00", VERIFY, outcome="Fault", status=500)
    story = story_of(notice_with(entries=[failed]), NOW)

    assert shown(story) == ["created", "failed"]
