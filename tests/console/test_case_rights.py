"""Who sees a case, its receipt and its entry, who may decide, and what the audit tells."""

import pytest
from sqlalchemy import select

from gpd_soap.store import tables
from tests.console import working
from tests.console.harness import OTHER, Console
from tests.console.worked import CODE, DOUBLE, NAME, ORG, RECEIPT, UNMATCHED, stored, text


def test_case_is_hidden_from_another_organization(busy: Console):
    """Its case, its receipt and its entry are 404, forms included, as what does not exist."""
    stranger, theirs = busy.client("stranger"), f"/console/{OTHER}"
    admin = busy.client("admin")
    for path in (DOUBLE, f"{ORG}/receipts/{working.DOUBLE}", f"{ORG}/journal/{working.ENTRY}"):
        assert stranger.get(path).status_code == 404
        moved = path.replace(ORG, theirs)
        assert admin.get(moved).status_code == 404
    for name in ("claim", "release", "decide", "match"):
        data = {"outcome": "to-refund", "nav": working.SINGLE}
        assert stranger.post(f"{DOUBLE}/{name}", data=data).status_code == 404
        if name != "release":
            moved = f"{DOUBLE}/{name}".replace(ORG, theirs)
            assert admin.post(moved, data=data).status_code == 404
    assert stored(busy.store, working.DOUBLE).resolved_at is None


@pytest.mark.parametrize("case", ["nothing", "q." + "0" * 64, "..%2f..", "~", "x" * 5000])
def test_forged_case_is_not_there(busy: Console, case: str):
    """Every forged id is answered 404."""
    client = busy.client("writer")
    assert client.get(f"{ORG}/worklist/{case}").status_code == 404
    assert client.get(f"{ORG}/receipts/{case}").status_code == 404
    assert client.get(f"{ORG}/journal/{case}").status_code == 404
    assert client.post(f"{ORG}/worklist/{case}/claim").status_code == 404


def test_nul_in_an_address_is_refused(busy: Console):
    """PostgreSQL stores it in no text."""
    assert busy.client("writer").get(f"{ORG}/worklist/%00").status_code == 400


def test_reader_without_persons_sees_no_name_and_no_code(busy: Console):
    """No page has them, nor a message, nor the file of refunds."""
    reader, clerk = busy.client("reader"), busy.client("clerk")
    names = (NAME, CODE, "Maria Esempio", "RSSMRA00A01A000K", "RSSMRA00A01A000A")
    review = f"{ORG}/worklist/{working.REVIEW}"
    for path in (
        f"{ORG}/",
        f"{ORG}/worklist",
        DOUBLE,
        UNMATCHED,
        f"{ORG}/receipts",
        RECEIPT,
        review,
    ):
        page = reader.get(path).text
        assert [name for name in names if name in page] == []
    for path in (
        f"{ORG}/worklist/-/refunds.csv",
        f"{DOUBLE}/message.xml",
        f"{RECEIPT}/receipt.xml",
        f"{RECEIPT}/receipt.pdf",
    ):
        assert reader.get(path).status_code == 403
        assert clerk.get(path).status_code in (200, 409)
    assert NAME in clerk.get(DOUBLE).text


def test_reading_of_a_case_is_in_the_audit(busy: Console):
    """The row names the notice and the receipt that it is about."""
    busy.client("clerk").get(DOUBLE)
    busy.store.access_trail.flush()
    audit = tables.audit.c
    with busy.store.reading() as connection:
        rows = connection.execute(
            select(audit.nav, audit.receipt_id).where(
                audit.path.like("%worklist%"), audit.actor == "clerk"
            )
        ).all()

    assert rows == [(working.PAID, working.DOUBLE)]


def test_operator_who_may_not_decide_has_no_form_and_a_forged_one_is_refused(busy: Console):
    """A reader is one, and a clerk who sees persons."""
    for role in ("reader", "clerk"):
        client = busy.client(role)
        assert "Come si risolve" not in text(client, DOUBLE)
        for name in ("claim", "release", "decide", "match"):
            assert client.post(f"{DOUBLE}/{name}").status_code == 403
        for name in ("take", "many"):
            assert client.post(f"{ORG}/worklist/-/{name}").status_code == 403
