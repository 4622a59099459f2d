"""The status of a stored receipt, and its effect on the position (Receipts, rules 1 to 9)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gpd_soap.core.debt import NodeRoute, RouteCheck
from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.node.insertion import NOT_OF_A_RECEIPT
from gpd_soap.store.node.settlement import values_of
from gpd_soap.store.store import Store
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    RAW,
    ROUTE,
    STRANGER,
    TOMORROW,
    YESTERDAY,
    add,
    etag,
    nav,
    option,
    paid,
    position,
    receipt,
    statuses,
    take,
    transfer,
)

OPTION, RECEIPT = tables.payment_option.c, tables.receipt.c


def test_first_receipt_of_a_payable_notice_is_applied(store: Store):
    """The option has receipt, PSP, date, method and fee, and the bytes are stored as sent."""
    add(store, position("P", option(1)))
    before = etag(store, "P")

    take(store, receipt(1))

    assert statuses(store) == {("r-1", 0): ("applied", "", 1)}
    assert before.startswith("1.1-")
    assert etag(store, "P").startswith("1.2-")
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


def test_receipt_without_optional_fields_is_applied(store: Store):
    """Date, fee, method and the PSP's fiscal code may be absent."""
    add(store, position("P", option(1)))
    absent = {"paid_at": None, "fee": None, "method": None, "psp_fiscal_code": None}

    take(store, receipt(1, **absent))

    assert paid(store) == {nav(1): "r-1"}


def test_repeated_receipt_is_counted_on_the_first(store: Store):
    """The second and third time change a count, and no position."""
    add(store, position("P", option(1)))

    first = take(store, receipt(1))
    before = etag(store, "P")

    repetitions = [take(store, receipt(1)) for _ in range(2)]

    assert [verdict.repeated for verdict in (first, *repetitions)] == [False, True, True]
    assert statuses(store) == {("r-1", 0): ("applied", "", 3)}
    assert etag(store, "P") == before


def test_other_content_of_a_stored_receipt_id_is_conflicting(store: Store):
    """Each other content is stored once and counted, and the position stays as it is."""
    add(store, position("P", option(1)))
    take(store, receipt(1))
    before = etag(store, "P")

    for digest in ("second", "third", "second", "second", "third"):
        take(store, receipt(1, digest=digest))

    reason = "same receiptId, other content"
    assert statuses(store) == {
        ("r-1", 0): ("applied", "", 1),
        ("r-1", 1): ("conflicting", reason, 3),
        ("r-1", 2): ("conflicting", reason, 2),
    }
    assert etag(store, "P") == before


def test_receipt_of_a_paid_notice_is_double(store: Store):
    """The payment is to be refunded, and the notice keeps its first receipt."""
    add(store, position("P", option(1)))
    take(store, receipt(1))
    before = etag(store, "P")

    take(store, receipt(1, receipt_id="r-2", digest="another"))

    assert statuses(store)["r-2", 0] == ("double", "the notice was paid already", 1)
    assert paid(store) == {nav(1): "r-1"}
    assert etag(store, "P") == before


@pytest.mark.parametrize(
    ("first", "second"),
    [(None, "rate"), ("rate", None), ("rate", "due rate"), (None, None)],
    ids=["plan after single", "single after plan", "plan after plan", "single after single"],
)
def test_receipt_of_an_excluded_alternative_is_double(
    store: Store, first: str | None, second: str | None
):
    """A paid option excludes single options, and plans other than its own."""
    add(store, position("P", option(1, plan=first), option(2, plan=second)))
    take(store, receipt(1))

    take(store, receipt(2))

    assert statuses(store)["r-2", 0] == ("double", "an exclusive alternative was paid", 1)
    assert paid(store) == {nav(1): "r-1"}


def test_two_installments_of_one_plan_are_both_applied(store: Store):
    """The installments of one plan do not exclude each other."""
    add(store, position("P", option(1, plan="rate"), option(2, plan="rate"), option(3)))

    take(store, receipt(1))
    take(store, receipt(2))

    assert statuses(store) == {("r-1", 0): ("applied", "", 1), ("r-2", 0): ("applied", "", 1)}
    assert paid(store) == {nav(1): "r-1", nav(2): "r-2"}


def test_paid_notice_excludes_none_of_another_position(store: Store):
    """Only options of the same position are alternatives."""
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
def test_receipt_of_a_notice_that_was_not_payable_pays_it_and_is_in_review(
    store: Store, facts: dict[str, object], dates: dict[str, object], reason: str
):
    """The option is paid, because the money was taken, and a person looks at it."""
    add(store, position("P", option(1, **dates), **facts))

    take(store, receipt(1))

    assert statuses(store) == {("r-1", 0): ("review", reason, 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_receipt_with_another_amount_or_iuv_pays_the_notice_and_is_in_review(store: Store):
    """The notice of its number is paid, and both differences are recorded."""
    add(store, position("P", option(1)))

    take(store, receipt(1, amount=9999, iuv=nav(2)[1:]))

    assert statuses(store) == {("r-1", 0): ("review", "the amount differs; the IUV differs", 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_receipt_with_the_iuv_of_another_notice_pays_nothing(store: Store):
    """The notice is unknown but its IUV is not, so a person has to decide."""
    add(store, position("P", option(1)))

    take(store, receipt(2, iuv=nav(1)[1:]))

    assert statuses(store) == {("r-2", 0): ("review", "the IUV is of another notice", 1)}
    assert paid(store) == {}


def test_copy_for_a_beneficiary_is_secondary(store: Store):
    """The copy is stored, and no position changes, even one with the same NAV."""
    add(store, position("P", option(1)))

    take(store, receipt(1, issuer=OTHER))

    assert statuses(store) == {("r-1", 0): ("secondary", "", 1)}
    assert paid(store) == {}


def test_receipt_with_outcome_ko_is_stored_as_not_paid(store: Store):
    """A receipt with outcome KO changes no position."""
    add(store, position("P", option(1)))

    take(store, receipt(1, outcome="KO"))

    assert statuses(store) == {("r-1", 0): ("not-paid", "outcome KO", 1)}
    assert paid(store) == {}


def test_new_position_is_paid_by_its_unmatched_receipt(store: Store):
    """The receipt is settled without a person, and a repetition before that is counted."""
    take(store, receipt(1))
    take(store, receipt(1))
    assert statuses(store) == {("r-1", 0): ("unmatched", "no notice of this number", 2)}

    add(store, position("Q", option(2)))
    assert paid(store) == {}
    add(store, position("P", option(1)))

    assert statuses(store) == {("r-1", 0): ("applied", "", 2)}
    assert paid(store) == {nav(1): "r-1"}
    assert etag(store, "P").startswith("2.2-")


def test_unmatched_receipts_are_settled_in_order_of_arrival(store: Store):
    """Of two receipts of one notice, the first pays and the second is double."""
    late = receipt(1, receipt_id="a-later", digest="later")
    for sent, minutes in ((late, 1), (receipt(1), 0)):
        facts = store.receipt_facts(sent)
        verdict, now = Verdict(ReceiptStatus.UNMATCHED), NOW + timedelta(minutes=minutes)
        assert store.settle(sent, facts, verdict, primitive="paSendRTV2", raw=RAW, now=now)

    add(store, position("P", option(1)))

    assert statuses(store)["r-1", 0][0] == "applied"
    assert statuses(store)["a-later", 0] == ("double", "the notice was paid already", 1)
    assert paid(store) == {nav(1): "r-1"}


def test_unmatched_receipt_ignores_a_position_of_another_organization(store: Store):
    """Notices of two organizations may have the same number."""
    take(store, receipt(1))

    add(store, position("P", option(1), organization=OTHER))
    assert statuses(store)["r-1", 0][0] == "unmatched"
    add(store, position("P", option(1)))

    assert statuses(store) == {("r-1", 0): ("applied", "", 1)}


def test_new_position_changes_no_receipt_that_is_not_unmatched(store: Store):
    """A receipt that is not unmatched keeps its status."""
    add(store, position("P", option(1)))
    take(store, receipt(1))
    take(store, receipt(2, outcome="KO"))
    take(store, receipt(3, iuv=nav(1)[1:]))
    before = statuses(store)

    add(store, position("Q", option(2)), position("R", option(3)))

    assert statuses(store) == before
    assert paid(store) == {nav(1): "r-1"}


def test_receipt_that_conflicts_with_an_unmatched_one_stays_conflicting(store: Store):
    """The first receipt pays its new position, and the other content stays for review."""
    take(store, receipt(1))
    take(store, receipt(1, digest="other content"))

    add(store, position("P", option(1)))

    reason = "same receiptId, other content"
    assert statuses(store) == {
        ("r-1", 0): ("applied", "", 1),
        ("r-1", 1): ("conflicting", reason, 1),
    }


def test_unmatched_receipt_with_another_amount_is_in_review_when_matched(store: Store):
    """A receipt that waited is decided by the same rules."""
    take(store, receipt(1, amount=1))

    add(store, position("P", option(1)))

    assert statuses(store) == {("r-1", 0): ("review", "the amount differs", 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_receipt_by_another_broker_or_station_is_applied_with_the_difference(store: Store):
    """The difference from our configuration is stored with the receipt."""
    add(store, position("P", option(1), option(2)))
    elsewhere = {
        "r-1": (ROUTE._replace(station="15376371009_09"), "station"),
        "r-2": (NodeRoute(ORGANIZATION, STRANGER, "x"), "broker and station"),
    }

    for serial, (route, _) in enumerate(elsewhere.values(), 1):
        take(store, receipt(serial, route=route))

    with store.begin() as connection:
        rows = connection.execute(select(RECEIPT.receipt_id, RECEIPT.drift)).all()
    assert dict(map(tuple, rows)) == {name: drift for name, (_, drift) in elsewhere.items()}
    assert paid(store) == {nav(1): "r-1"}


def test_quarantine_of_the_same_bytes_counts_repetitions(store: Store):
    """The bytes are stored exactly, once for each organization."""
    for minutes, organization in enumerate([STRANGER, STRANGER, ORGANIZATION]):
        now = NOW + timedelta(minutes=minutes)
        store.quarantine(organization, "paSendRT", "the organization is not ours", RAW, now)

    table = tables.quarantine.c
    statement = select(table.organization, table.copies, table.received_at, table.last_received_at)
    with store.begin() as connection:
        rows = connection.execute(statement.order_by(table.copies)).all()
        assert connection.execute(select(table.raw)).scalars().all() == [RAW, RAW]
    minute = timedelta(minutes=1)
    assert rows == [
        (ORGANIZATION, 1, NOW + 2 * minute, NOW + 2 * minute),
        (STRANGER, 2, NOW, NOW + minute),
    ]


def test_quarantine_of_values_longer_than_their_columns_stores_the_bytes(store: Store):
    """Values that break the contract may be of any length."""
    store.quarantine("9" * 5000, "paSendRT", "a reason " * 100, RAW, NOW)

    with store.begin() as connection:
        assert connection.execute(select(tables.quarantine.c.raw)).scalar_one() == RAW


def test_stored_notice_is_returned_with_every_field(store: Store):
    """Notice, debtor, transfers in order, metadata and configuration are returned as given."""
    stored = option(
        1,
        transfer(2, 300),
        transfer(1, 700),
        metadata=(("A", "1"), ("B", "è")),
        retention_at=TOMORROW,
    )
    given = position("P", stored, office_name="Ufficio Tributi")
    add(store, given)

    route_check, notice = store.notice(ROUTE, nav(1))

    assert route_check == ("Comune di Esempio", True, True)
    assert notice is not None
    assert notice.debtor == given.debtor
    assert notice.transfers == (transfer(1, 700), transfer(2, 300))
    for name in stored._fields:
        if name not in ("transfers", "debtor"):
            assert getattr(notice, name) == getattr(stored, name)
    assert (notice.iupd, notice.version, notice.revision) == ("P", 1, 1)
    assert notice.office_name == "Ufficio Tributi"
    assert (notice.paid_at, notice.reported_at, notice.alternative_paid) == (None, None, False)
    facts = store.receipt_facts(receipt(1))
    assert facts.notice == notice._replace(transfers=())
    assert (facts.kept_digest, facts.nav_of_iuv) == (None, nav(1))


def test_unknown_notice_of_an_unknown_route_returns_no_facts(store: Store):
    """Organization, broker, station and notice are unknown."""
    route_check, notice = store.notice(NodeRoute(STRANGER, STRANGER, "x"), nav(1))

    assert route_check == (None, False, False)
    assert notice is None


def test_receipt_row_has_a_value_for_every_column():
    """No column depends on a default that only one statement has."""
    unmatched = Verdict(ReceiptStatus.UNMATCHED)
    row = values_of(receipt(1), unmatched, RouteCheck(None, False, False), "paSendRT", RAW, NOW)

    assert row.keys() == {c.name for c in RECEIPT} - set(NOT_OF_A_RECEIPT)
