"""Notices in two languages and receipts, as PDF over the API."""

from typing import Any

import pytest

from gpd_soap.features.documents.reading import read_pages
from gpd_soap.store.access.keys import Role
from tests.api.office import ORGANIZATION, Admin, BackOffice
from tests.api.paying import message, send
from tests.validation.bodies import OTHER, body, nav

US = f"/organizations/{ORGANIZATION}"
NOTICE, RECEIPT = f"{US}/notices/{nav(1)}.pdf", f"{US}/receipts/r-1.pdf"
#: Words of the official German texts, and of the Italian ones.
GERMAN, ITALIAN = "ZAHLUNGSMITTEILUNG", "AVVISO DI PAGAMENTO"


def text_of(pdf: Any) -> str:
    """The text of every page, in capitals."""
    return " ".join(page.text for page in read_pages(pdf)).upper()


@pytest.fixture
def paid(quick: BackOffice) -> BackOffice:
    """A back office whose first notice was paid by the receipt r-1."""
    quick.create(body(), "?toPublish=true")
    assert send(quick, message()) == "OK"
    return quick


def test_notice_has_the_languages_of_the_query(quick: BackOffice):
    """Each choice is a document of its own; without one, the organization's languages hold."""
    quick.create(body(), "?toPublish=true")
    answers = {
        each: quick.get(f"{NOTICE}{each}")
        for each in ("", "?lang=it", "?lang=it-de", "?lang=it%2Bde")
    }

    assert {each.status for each in answers.values()} == {200}
    german = {name: GERMAN in text_of(each.body) for name, each in answers.items()}
    assert german == {"": False, "?lang=it": False, "?lang=it-de": True, "?lang=it%2Bde": True}
    assert all(ITALIAN in text_of(each.body) for each in answers.values())
    assert answers[""].headers["ETag"] == answers["?lang=it"].headers["ETag"]
    assert len({each.headers["ETag"] for each in answers.values()}) == 3
    # WHY: who writes the plus sign as it is sends a blank.
    assert quick.get(f"{NOTICE}?lang=it+de").body == answers["?lang=it%2Bde"].body


@pytest.mark.parametrize("lang", ["es", "it-it", "it-ro", "it_de", "", "it-de-fr"])
def test_language_that_is_not_offered_is_400(quick: BackOffice, lang: str):
    """It is refused before anything is printed."""
    quick.create(body(), "?toPublish=true")

    assert quick.get(f"{NOTICE}?lang={lang}").status == 400


def test_receipt_is_a_pdf_with_the_amount_and_the_notice(paid: BackOffice):
    """The same receipt gives the same bytes, and 304 to who has them."""
    first, second = paid.get(RECEIPT), paid.get(RECEIPT)
    text = text_of(first.body).replace(" ", "")

    assert (first.status, first.headers["Content-Type"]) == (200, "application/pdf")
    assert nav(1) in text
    assert "10,00" in text
    assert second.body == first.body
    known = paid.get(RECEIPT, headers={"If-None-Match": first.headers["ETag"]})
    assert (known.status, known.body) == (304, b"")


def test_receipt_has_the_message_of_the_node_inside_on_request(paid: BackOffice):
    """The request for it makes another document."""
    plain, embedded = paid.get(RECEIPT), paid.get(f"{RECEIPT}?embed=true")

    assert (plain.status, embedded.status) == (200, 200)
    assert b"/EmbeddedFile" in embedded.body
    assert b"/EmbeddedFile" not in plain.body


def test_receipt_that_is_not_there_or_of_another_organization_is_refused(paid: BackOffice):
    """A key of another organization learns nothing."""
    stranger = paid.key(Role.READER, OTHER)

    assert paid.get(f"{US}/receipts/r-9.pdf").status == 404
    assert paid.get(RECEIPT, key=stranger).status == 403
    assert paid.get(f"/organizations/{OTHER}/receipts/r-1.pdf", key=stranger).status == 404


def test_receipt_with_a_negative_outcome_is_409(quick: BackOffice):
    """Nothing was paid, and the sentence says so."""
    assert send(quick, message(outcome="KO")) == "OK"
    refused = quick.get(RECEIPT)

    assert (refused.status, "esito negativo" in refused.body["detail"]) == (409, True)


def test_printed_receipt_is_audited_as_a_reading(admin: Admin):
    """The row names the receipt."""
    admin.create(body(), "?toPublish=true")
    assert send(admin, message()) == "OK"
    assert admin.get(RECEIPT).status == 200
    assert admin.store.access_trail.flush(20)
    [row] = admin.get("/audit?kind=read").body["changes"]

    assert (row["path"], row["receiptId"]) == (
        "/organizations/{organizationfiscalcode}/receipts/{id}.pdf", "r-1",
    )  # fmt: skip
