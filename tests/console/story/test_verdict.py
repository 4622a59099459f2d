"""How a notice stands, and why."""

from datetime import timedelta
from typing import Any

import pytest

from gpd_soap.console.story.moments import Cause
from gpd_soap.console.story.verdict import NoticeStatus, Tone, verdict
from tests.console.story.notices import (
    CREATED,
    NOW,
    created,
    event,
    expired,
    in_rome,
    notice_with,
    paid,
    receipt,
)
from tests.world import nav, option, transfer

OVER = in_rome("2026-10-31T23:59:59")
FIRST, SECOND = receipt("2026-11-20T10:41:00"), receipt("2026-11-21T09:00:00", "double")
SECOND = SECOND._replace(receipt_id="other")
SETTLED: dict[str, Any] = {"progress": [paid()], "receipts": [FIRST]}


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ({}, NoticeStatus.TO_PAY),
        ({"options": [option(1, due_at=OVER, switch_to_expired=False)]}, NoticeStatus.PAST_DUE),
        ({"options": [option(1, due_at=OVER, switch_to_expired=True)]}, NoticeStatus.EXPIRED),
        ({"options": [option(1, valid_from=NOW + timedelta(1))]}, NoticeStatus.NOT_YET_VALID),
        ({"published_at": None}, NoticeStatus.DRAFT),
        ({"withdrawn_at": CREATED}, NoticeStatus.WITHDRAWN),
        (SETTLED, NoticeStatus.PAID),
        ({"progress": [paid(reported=(CREATED,))]}, NoticeStatus.PAID_AND_REPORTED),
        ({"progress": [paid(paid_at=None, reported_at=CREATED)]}, NoticeStatus.REPORTED_ALONE),
        (
            {"progress": [paid(receipt_id="CLOSED_AS_ALREADY_PAID_BY_EC")]},
            NoticeStatus.PAID_ELSEWHERE,
        ),
        ({**SETTLED, "receipts": [FIRST, SECOND]}, NoticeStatus.PAID_TWICE),
        (
            {**SETTLED, "receipts": [FIRST, SECOND._replace(resolved_at=NOW)]},
            NoticeStatus.PAID,
        ),
        ({**SETTLED, "receipts": [FIRST._replace(kept="review")]}, NoticeStatus.PAID_TO_REVIEW),
    ],
)
def test_standing_follows_from_facts_and_the_clock(fields: dict[str, Any], standing: NoticeStatus):
    """Each state has its finer shades."""
    assert verdict(notice_with(**fields), NOW).standing is standing


def test_expired_notice_says_for_how_many_days_and_when_it_was_refused_lately():
    """The days are Rome's, and a refusal of the day before is no news."""
    entries = [
        expired("2026-11-20T10:00:00"),
        expired("2026-11-27T10:31:00"),
        expired("2026-11-27T10:38:00"),
    ]
    expired_now = verdict(
        notice_with(options=[option(1, due_at=OVER, switch_to_expired=True)], entries=entries), NOW
    )

    assert expired_now.days == 27
    assert expired_now.tone is Tone.BAD
    assert [each.refused_at for each in expired_now.refused] == [
        in_rome("2026-11-27T10:31:00"),
        in_rome("2026-11-27T10:38:00"),
    ]
    assert {each.cause for each in expired_now.refused} == {Cause.EXPIRED}


def test_payable_notice_that_was_refused_today_needs_care():
    """Its colour says that there is something to see."""
    assert verdict(notice_with(), NOW).tone is Tone.PLAIN
    assert verdict(notice_with(entries=[expired("2026-11-27T10:31:00")]), NOW).tone is Tone.CARE


def test_paid_notice_names_the_bank_of_its_receipt():
    """A receipt alone says which bank it was."""
    assert verdict(notice_with(**SETTLED), NOW).receipt == FIRST
    assert verdict(notice_with(), NOW).receipt is None


def test_excluded_notice_names_the_one_that_was_paid_instead():
    """An installment that is paid excludes the single payment."""
    options = [
        option(5, transfer(amount=12000)),
        option(2, transfer(amount=4000), plan="rate"),
        option(3, transfer(amount=4000), plan="rate"),
    ]
    excluded = verdict(notice_with(options=options, progress=[paid(paid_at=None, receipt_id=None,
        payment_date=None), paid(), paid(paid_at=None, payment_date=None)]), NOW)  # fmt: skip

    assert excluded.standing is NoticeStatus.EXCLUDED
    assert excluded.paid_instead is not None
    assert excluded.paid_instead.nav == nav(2)


def test_withdrawal_says_who_and_why():
    """The newest withdrawal counts."""
    withdrawn = [
        event("position.withdrawn", "2026-10-01T08:00:00", reason="errore"),
        event("position.restored", "2026-10-02T08:00:00"),
        event("position.withdrawn", "2026-10-03T08:00:00", reason="doppione"),
    ]
    notice = notice_with(
        events=[created(), *withdrawn], withdrawn_at=in_rome("2026-10-03T08:00:00")
    )
    withdrawal = verdict(notice, NOW).withdrawal

    assert withdrawal is not None
    assert (withdrawal.actor, withdrawal.reason) == ("Anna Bianchi", "doppione")
