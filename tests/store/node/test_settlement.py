"""DESIGN 5, row by row: as what a receipt is kept, and what happens to the position."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gpd_soap.core.debt import NodeRoute, RouteCheck
from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.node.settlement import NOT_OF_A_RECEIPT, values_of
from gpd_soap.store.store import Store
from tests.store.samples import (
    CLAIM,
    NOW,
    ORGANIZATION,
    OTHER,
    RAW,
    STRANGER,
    TOMORROW,
    YESTERDAY,
    add,
    kept,
    mark,
    nav,
    option,
    paid,
    position,
    receipt,
    share,
    take,
)

OPTION, RECEIPT = tables.payment_option.c, tables.receipt.c


def test_the_first_receipt_of_a_payable_notice_is_applied(store: Store):
    """The option is paid, with receipt, PSP, date, method and fee; the bytes are kept as sent."""
    add(store, position("P", option(1)))
    before = mark(store, "P")

    take(store, receipt(1))

    assert kept(store) == {("r-1", 0): ("applied", "", 1)}
    assert before.startswith("1.1-")
    assert mark(store, "P").startswith("1.2-")
    written = (
        *(OPTION.paid_at, OPTION.receipt_id, OPTION.payment_date, OPTION.payment_method),
        *(OPTION.psp, OPTION.psp_name, OPTION.psp_fiscal_code, OPTION.fee, OPTION.updated_at),
    )
    with store.begin() as connection:
        assert connection.execute(select(*written)).one() == (
            *(NOW, "r-1", YESTERDAY, "creditCard"),
            *("ABI00000", "Banca di Esempio", "00000000191", 150, NOW),
        )
        assert connection.execute(select(RECEIPT.raw, RECEIPT.drift)).one() == (RAW, None)


def test_a_receipt_may_say_little(store: Store):
    """Date, fee, method and the PSP's fiscal code may be absent."""
    add(store, position("P", option(1)))
    little = {"paid_at": None, "fee": None, "method": None, "psp_fiscal_code": None}

    take(store, receipt(1, **little))

    assert paid(store) == {nav(1): "r-1"}


def test_a_repeated_receipt_is_counted_on_the_first(store: Store):
    """The second and third time change a count, and no position."""
    add(store, position("P", option(1)))

    first = take(store, receipt(1))
    before = mark(store, "P")

    again = [take(store, receipt(1)) for _ in range(2)]

    assert [verdict.repeated for verdict in (first, *again)] == [False, True, True]
    assert kept(store) == {("r-1", 0): ("applied", "", 3)}
    assert mark(store, "P") == before


def test_other_content_under_a_known_receipt_id_is_conflicting(store: Store):
    """Each other content is kept once and counted; the position stays as it is."""
    add(store, position("P", option(1)))
    take(store, receipt(1))
    before = mark(store, "P")

    for digest in ("second", "third", "second", "second", "third"):
        take(store, receipt(1, digest=digest))

    reason = "same receiptId, other content"
    assert kept(store) == {
        ("r-1", 0): ("applied", "", 1),
        ("r-1", 1): ("conflicting", reason, 3),
        ("r-1", 2): ("conflicting", reason, 2),
    }
    assert mark(store, "P") == before


def test_another_receipt_of_a_paid_notice_is_a_double_payment(store: Store):
    """It is to be refunded; the notice keeps its first receipt."""
    add(store, position("P", option(1)))
    take(store, receipt(1))
    before = mark(store, "P")

    take(store, receipt(1, receipt_id="r-2", digest="another"))

    assert kept(store)["r-2", 0] == ("double", "the notice was paid already", 1)
    assert paid(store) == {nav(1): "r-1"}
    assert mark(store, "P") == before


@pytest.mark.parametrize(
    ("first", "second"),
    [(None, "rate"), ("rate", None), ("rate", "due rate"), (None, None)],
    ids=["plan after single", "single after plan", "plan after plan", "single after single"],
)
def test_a_receipt_of_an_excluded_alternative_is_a_double_payment(
    store: Store, first: str | None, second: str | None
):
    """Single options and plans exclude each other, and so do two of either."""
    add(store, position("P", option(1, plan=first), option(2, plan=second)))
    take(store, receipt(1))

    take(store, receipt(2))

    assert kept(store)["r-2", 0] == ("double", "an exclusive alternative was paid", 1)
    assert paid(store) == {nav(1): "r-1"}


def test_two_installments_of_one_plan_are_both_applied(store: Store):
    """The installments of one plan do not exclude each other."""
    add(store, position("P", option(1, plan="rate"), option(2, plan="rate"), option(3)))

    take(store, receipt(1))
    take(store, receipt(2))

    assert kept(store) == {("r-1", 0): ("applied", "", 1), ("r-2", 0): ("applied", "", 1)}
    assert paid(store) == {nav(1): "r-1", nav(2): "r-2"}


def test_another_position_of_the_same_debtor_excludes_nothing(store: Store):
    """Alternatives stand in one position."""
    add(store, position("P", option(1)), position("Q", option(2)))

    take(store, receipt(1))
    take(store, receipt(2))

    assert paid(store) == {nav(1): "r-1", nav(2): "r-2"}


@pytest.mark.parametrize(
    ("facts", "dates", "reason"),
    [
        ({"withdrawn_at": YESTERDAY}, {}, "the position was withdrawn"),
        ({"published_at": None}, {}, "the position is a draft"),
        ({}, {"due_at": YESTERDAY}, "the notice had expired"),
        ({}, {"valid_from": TOMORROW}, "the notice was not yet valid"),
    ],
    ids=["withdrawn", "draft", "expired", "not yet valid"],
)
def test_money_on_a_notice_that_was_not_payable_is_applied_and_reviewed(
    store: Store, facts: dict[str, object], dates: dict[str, object], reason: str
):
    """Money is a fact: the option is paid, and a person looks at it."""
    add(store, position("P", option(1, **dates), **facts))

    take(store, receipt(1))

    assert kept(store) == {("r-1", 0): ("review", reason, 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_a_receipt_of_another_amount_or_iuv_is_applied_and_reviewed(store: Store):
    """The notice that it names is paid, and both differences are written down."""
    add(store, position("P", option(1)))

    take(store, receipt(1, amount=9999, iuv=nav(2)[1:]))

    assert kept(store) == {("r-1", 0): ("review", "the amount differs; the IUV differs", 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_a_receipt_with_the_iuv_of_another_notice_pays_nothing(store: Store):
    """The notice is unknown but its IUV is not: a person has to say which is meant."""
    add(store, position("P", option(1)))

    take(store, receipt(2, iuv=nav(1)[1:]))

    assert kept(store) == {("r-2", 0): ("review", "the IUV is of another notice", 1)}
    assert paid(store) == {}


def test_a_copy_for_a_beneficiary_is_secondary(store: Store):
    """It is kept for the other organization and touches no position, not even one of that NAV."""
    add(store, position("P", option(1)))

    take(store, receipt(1, issuer=OTHER))

    assert kept(store) == {("r-1", 0): ("secondary", "", 1)}
    assert paid(store) == {}


def test_a_receipt_of_a_payment_that_failed_is_kept_and_not_applied(store: Store):
    """The outcome inside says KO: nobody paid."""
    add(store, position("P", option(1)))

    take(store, receipt(1, outcome="KO"))

    assert kept(store) == {("r-1", 0): ("not-paid", "outcome KO", 1)}
    assert paid(store) == {}


def test_an_unmatched_receipt_pays_its_position_when_that_arrives(store: Store):
    """No one needs to do anything; a repetition in between is counted."""
    take(store, receipt(1))
    take(store, receipt(1))
    assert kept(store) == {("r-1", 0): ("unmatched", "no notice of this number", 2)}

    add(store, position("Q", option(2)))
    assert paid(store) == {}
    add(store, position("P", option(1)))

    assert kept(store) == {("r-1", 0): ("applied", "", 2)}
    assert paid(store) == {nav(1): "r-1"}
    assert mark(store, "P").startswith("2.2-")


def test_unmatched_receipts_are_settled_in_the_order_they_came(store: Store):
    """With two for one notice the first pays, the second is a double payment."""
    late = receipt(1, receipt_id="a-later", digest="later")
    for taken, minutes in ((late, 1), (receipt(1), 0)):
        known = store.known(taken)
        verdict, now = Verdict(ReceiptStatus.UNMATCHED), NOW + timedelta(minutes=minutes)
        assert store.settle(taken, known, verdict, primitive="paSendRTV2", raw=RAW, now=now)

    add(store, position("P", option(1)))

    assert kept(store)["r-1", 0][0] == "applied"
    assert kept(store)["a-later", 0] == ("double", "the notice was paid already", 1)
    assert paid(store) == {nav(1): "r-1"}


def test_a_position_of_another_organization_is_not_what_a_receipt_waits_for(store: Store):
    """Notices of two organizations may have one number; each receipt waits for its own."""
    take(store, receipt(1))

    add(store, position("P", option(1), organization=OTHER))
    assert kept(store)["r-1", 0][0] == "unmatched"
    add(store, position("P", option(1)))

    assert kept(store) == {("r-1", 0): ("applied", "", 1)}


def test_a_position_that_arrives_settles_no_receipt_anew(store: Store):
    """What was decided stays so, also what was kept without paying anything."""
    add(store, position("P", option(1)))
    take(store, receipt(1))
    take(store, receipt(2, outcome="KO"))
    take(store, receipt(3, iuv=nav(1)[1:]))
    before = kept(store)

    add(store, position("Q", option(2)), position("R", option(3)))

    assert kept(store) == before
    assert paid(store) == {nav(1): "r-1"}


def test_what_conflicts_with_an_unmatched_receipt_is_not_matched_with_it(store: Store):
    """The first receipt pays when its position arrives; the other content stays to be reviewed."""
    take(store, receipt(1))
    take(store, receipt(1, digest="other content"))

    add(store, position("P", option(1)))

    reason = "same receiptId, other content"
    assert kept(store) == {
        ("r-1", 0): ("applied", "", 1),
        ("r-1", 1): ("conflicting", reason, 1),
    }


def test_an_unmatched_receipt_of_another_amount_is_reviewed_when_matched(store: Store):
    """What was in doubt does not become certain by waiting."""
    take(store, receipt(1, amount=1))

    add(store, position("P", option(1)))

    assert kept(store) == {("r-1", 0): ("review", "the amount differs", 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_another_broker_or_station_is_recorded_and_refuses_nothing(store: Store):
    """The receipt is applied, and what has drifted from our configuration is written beside it."""
    add(store, position("P", option(1), option(2)))
    elsewhere = {
        "r-1": (CLAIM._replace(station="15376371009_09"), "station"),
        "r-2": (NodeRoute(ORGANIZATION, STRANGER, "x"), "broker and station"),
    }

    for serial, (claim, _) in enumerate(elsewhere.values(), 1):
        take(store, receipt(serial, claim=claim))

    with store.begin() as connection:
        found = connection.execute(select(RECEIPT.receipt_id, RECEIPT.drift)).all()
    assert dict(map(tuple, found)) == {name: drift for name, (_, drift) in elsewhere.items()}
    assert paid(store) == {nav(1): "r-1"}


def test_quarantine_keeps_what_came_and_counts_repetitions(store: Store):
    """The bytes are kept exactly, once for each organization."""
    for minutes, organization in enumerate([STRANGER, STRANGER, ORGANIZATION]):
        now = NOW + timedelta(minutes=minutes)
        store.quarantine(organization, "paSendRT", "the organization is not ours", RAW, now)

    table = tables.quarantine.c
    asked = select(table.organization, table.copies, table.received_at, table.last_received_at)
    with store.begin() as connection:
        found = connection.execute(asked.order_by(table.copies)).all()
        assert connection.execute(select(table.raw)).scalars().all() == [RAW, RAW]
    minute = timedelta(minutes=1)
    assert found == [
        (ORGANIZATION, 1, NOW + 2 * minute, NOW + 2 * minute),
        (STRANGER, 2, NOW, NOW + minute),
    ]


def test_quarantine_takes_what_is_longer_than_any_rule_allows(store: Store):
    """What breaks the contract may break it anywhere, and is never lost for that."""
    store.quarantine("9" * 5000, "paSendRT", "a reason " * 100, RAW, NOW)

    with store.begin() as connection:
        assert connection.execute(select(tables.quarantine.c.raw)).scalar_one() == RAW


def test_what_is_asked_is_answered_with_everything_that_was_kept(store: Store):
    """Notice, debtor, transfers in order, metadata and our configuration, as they were given."""
    told = option(
        1, share(2, 300), share(1, 700), metadata=(("A", "1"), ("B", "è")), retention_at=TOMORROW
    )
    given = position("P", told, office_name="Ufficio Tributi")
    add(store, given)

    standing, notice = store.notice(CLAIM, nav(1))

    assert standing == ("Comune di Esempio", True, True)
    assert notice is not None
    assert notice.debtor == given.debtor
    assert notice.transfers == (share(1, 700), share(2, 300))
    for name in told._fields:
        if name != "transfers":
            assert getattr(notice, name) == getattr(told, name)
    assert (notice.iupd, notice.version, notice.revision) == ("P", 1, 1)
    assert notice.office_name == "Ufficio Tributi"
    assert (notice.paid_at, notice.reported_at, notice.alternative_paid) == (None, None, False)
    known = store.known(receipt(1))
    assert known.notice == notice._replace(transfers=())
    assert (known.kept_digest, known.nav_of_iuv) == (None, nav(1))


def test_what_nobody_knows_is_answered_with_nothing(store: Store):
    """An organization, a broker, a station and a notice that are not ours."""
    standing, notice = store.notice(NodeRoute(STRANGER, STRANGER, "x"), nav(1))

    assert standing == (None, False, False)
    assert notice is None


def test_a_receipts_row_has_a_value_for_every_column():
    """Nothing is left to a default that only one way of writing knows."""
    unknown = Verdict(ReceiptStatus.UNMATCHED)
    row = values_of(receipt(1), unknown, RouteCheck(None, False, False), "paSendRT", RAW, NOW)

    assert row.keys() == {c.name for c in RECEIPT} - set(NOT_OF_A_RECEIPT)
