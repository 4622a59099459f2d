"""Matching of receipts with notices: by itself, on request, and by hand."""

import pytest

from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.positions.insert import insert_rows, option_row, position_row
from tests.api.matched import BY_HAND, UNMATCHED, label, paid_by, rematch
from tests.api.office import (
    ALL,
    DAY,
    NOW,
    ONE,
    BackOffice,
)
from tests.api.paying import RECEIPTS, WORKLIST, listed, message, send
from tests.store import samples
from tests.validation.bodies import OTHER, body, iuv, nav, option

#: A position with notice 1, which arrives after its receipt.
LATE = samples.position(
    "RESTORED", samples.option(1, samples.transfer(amount=1000), nav=nav(1), iuv=iuv(1))
)


def restore(office: BackOffice) -> None:
    """Insert a position without looking for its receipts, as a restored backup has it."""
    with office.store.begin() as connection:
        insert_rows(connection, tables.position, [position_row(LATE, NOW)])
        rows = [option_row(LATE, each, NOW) for each in LATE.options]
        insert_rows(connection, tables.payment_option, rows)


def test_unmatched_receipt_is_applied_when_its_position_is_created(office: BackOffice):
    """Position and payment are written in one transaction, and a dry run writes neither."""
    assert send(office, UNMATCHED) == "OK"
    dry = office.post(f"{ALL}?toPublish=true&dryRun=true", body())
    assert (dry.status, listed(office)) == (200, ["r-1"])

    office.create(query="?toPublish=true")

    assert listed(office) == []
    assert (office.status(), paid_by(office)) == ("PAID", "r-1")
    assert office.get(f"{WORKLIST}/r-1").body["kind"] == "applied"


def test_rematch_without_a_notice_is_409_and_the_receipt_stays_unmatched(office: BackOffice):
    """A notice number that does not exist is a 404."""
    assert send(office, UNMATCHED) == "OK"

    assert rematch(office) == (409, "The case has found no notice")
    assert rematch(office, content={"nav": nav(5)}) == (404, "Not found the payment option")
    assert listed(office) == ["r-1"]


@pytest.mark.parametrize(
    ("amount", "others", "then", "payer"),
    [("10.00", [], "applied", "r-1"), ("9.99", [], "review", "r-1"),
     ("10.00", ["r-2"], "double", "r-2")],
)  # fmt: skip
def test_rematch_decides_by_the_facts_of_the_moment(
    office: BackOffice, amount: str, others: list[str], then: str, payer: str
):
    """The receipt is decided as if it had arrived now."""
    assert send(office, message(1, "r-1", amount=amount)) == "OK"
    restore(office)
    for other in others:
        assert send(office, message(1, other)) == "OK"
    office.clock.now += DAY / 24

    assert rematch(office) == (200, then)

    assert paid_by(office) == payer
    assert listed(office) == ([] if then == "applied" else ["r-1"])
    assert rematch(office) == (409, "The case has no notice to find")


def test_receipt_with_number_and_iuv_of_two_notices_pays_the_number(office: BackOffice):
    """Its case is in review because the IUV differs."""
    office.create(body(option(3), iupd="OTHER"), "?toPublish=true")
    assert send(office, message(1, "r-1", creditorReferenceId=iuv(3))) == "OK"
    assert rematch(office) == (409, "The case has found no notice")
    office.create(query="?toPublish=true")

    assert rematch(office) == (200, "review")

    assert office.get(f"{WORKLIST}/r-1").body["reasons"] == ["the IUV differs"]
    assert (paid_by(office, 1), paid_by(office, 3)) == ("r-1", None)


@pytest.mark.parametrize("named_iuv", [iuv(1), iuv(3)])
def test_manual_match_pays_the_given_notice_and_records_who_did_it(
    office: BackOffice, named_iuv: str
):
    """The stored message does not change."""
    office.create(body(option(3), iupd="MEANT"), "?toPublish=true")
    sent = message(1, "r-1", creditorReferenceId=named_iuv, amount="9.00")
    assert send(office, sent) == "OK"
    before = office.get(f"{WORKLIST}/r-1").body

    assert rematch(office, content={"nav": nav(3)}) == (200, "review")

    after = office.get(f"{WORKLIST}/r-1").body
    assert after["reasons"][0] == before["reasons"][0]
    assert "the amount differs" in after["reasons"]
    assert after["reasons"][-1] == BY_HAND
    assert after["resolved"] == {
        "date": "2026-03-16T10:00:00",
        "by": label(office, office.writer),
        "note": f"paid the notice {nav(3)}",
        "outcome": "credited",
    }
    assert [after[name] for name in ("noticeNumber", "iuv", "amount")] == [nav(1), named_iuv, 900]
    assert office.get(f"{WORKLIST}/r-1/raw").body == sent
    assert (office.status("MEANT"), paid_by(office, 3)) == ("PAID", "r-1")
    assert office.get(f"{RECEIPTS}/{iuv(3)}").status == 200
    assert (listed(office), listed(office, "resolved=true")) == ([], ["r-1"])
    assert rematch(office, content={"nav": nav(3)}) == (409, "The case is not open")


def test_manually_matched_receipt_is_not_matched_by_a_new_position(office: BackOffice):
    """It is not matched even when a position brings the notice that it names."""
    office.create(body(option(3), iupd="MEANT"), "?toPublish=true")
    assert send(office, UNMATCHED) == "OK"
    assert rematch(office, content={"nav": nav(3)}) == (200, "review")

    office.create(query="?toPublish=true")

    assert (office.status(), office.status("MEANT")) == ("VALID", "PAID")
    assert send(office, UNMATCHED) == "OK"
    assert office.get(f"{WORKLIST}/r-1").body["copies"] == 2


def test_manual_match_of_a_paid_or_excluded_notice_is_refused(office: BackOffice):
    """The case stays open."""
    office.create(body(option(3), option(4)), "?toPublish=true")
    assert send(office, message(3, "first")) == "OK"
    assert send(office, UNMATCHED) == "OK"

    for serial in (3, 4):
        content = {"nav": nav(serial)}
        assert rematch(office, content=content) == (409, "The notice cannot be paid by this case")
    assert listed(office) == ["r-1"]
    assert (paid_by(office, 3), paid_by(office, 4)) == ("first", None)


def test_manual_match_pays_a_withdrawn_notice(office: BackOffice):
    """The reasons of the case say that the position was withdrawn (Alternatives, rule 4)."""
    office.create(query="?toPublish=true")
    assert office.post(f"{ONE}/invalidate").status == 200
    assert send(office, message(9, "r-9")) == "OK"

    assert rematch(office, "r-9", {"nav": nav(1)}) == (200, "review")

    assert "the position was withdrawn" in office.get(f"{WORKLIST}/r-9").body["reasons"]
    assert office.status() == "PAID"


@pytest.mark.parametrize("content", [{"nav": ""}, {"nav": "x"}, {"nav": 1}, {"note": "a"}, [], "a"])
def test_invalid_match_body_is_400(quick: BackOffice, content: object):
    """The case stays as it is."""
    assert send(quick, UNMATCHED) == "OK"

    assert rematch(quick, content=content) == (400, "BAD REQUEST")
    assert listed(quick) == ["r-1"]


def test_manual_match_of_another_organizations_notice_is_404(office: BackOffice):
    """The notice of the other organization stays payable."""
    path = f"/organizations/{OTHER}/debtpositions?toPublish=true"
    other = office.key(Role.WRITER, OTHER)
    assert office.post(path, body(option(3)), key=other).status == 201
    assert send(office, UNMATCHED) == "OK"

    assert rematch(office, content={"nav": nav(3)}) == (404, "Not found the payment option")

    read = office.get(f"/organizations/{OTHER}/debtpositions/POSIZIONE-1", key=other)
    assert read.body["status"] == "VALID"
