"""Documents of notices and receipts as pages of the console."""

import pytest

from gpd_soap.console.app import flask_app
from gpd_soap.store.store import Store
from gpd_soap.usecases.document_refusals import DocumentsNotInstalled
from tests.console.harness import ORGANIZATION, OTHER, Console
from tests.console.notices.office import (
    EXPIRED,
    ORG,
    PAID,
    SINGLE,
    audit_of,
    events_of,
    one,
    text,
)

PAPERS = [
    f"{one(SINGLE)}/pdf",
    f"{one(PAID)}/receipts/r.demo-{PAID}.0/pdf",
    f"{ORG}/notices-of/DEMO-PLAN-OR-SINGLE",
]


def receipt_of(console: Console) -> str:
    """Return the address of the document of the paid notice's receipt, as its page links to it."""
    page = console.client("writer").get(one(PAID)).get_data(as_text=True)
    start = page.index(f"{one(PAID)}/receipts/")
    return page[start : page.index('"', start)]


def test_paper_of_a_notice_is_in_the_archive_and_in_its_story(console: Console):
    """Who printed it, and when, is known."""
    client = console.client("clerk")
    paper = client.get(f"{one(SINGLE)}/pdf")

    assert (paper.status_code, paper.content_type) == (200, "application/pdf")
    assert paper.get_data().startswith(b"%PDF")
    assert "notice.printed" in [event.type for event in events_of(console, "DEMO-SINGLE")]
    assert "Avviso stampato Clerk Inventata" in text(client.get(one(SINGLE)))
    read = [(row.actor, row.nav) for row in audit_of(console) if row.method == "GET"]
    assert read[0] == ("clerk", SINGLE)


def test_receipt_and_whole_position_are_printed(console: Console):
    """The page links to them."""
    client = console.client("clerk")
    for address in (receipt_of(console), f"{ORG}/notices-of/DEMO-PLAN-OR-SINGLE"):
        paper = client.get(address)
        assert (paper.status_code, paper.content_type) == (200, "application/pdf"), address


def test_notice_that_is_not_printed_says_why(console: Console):
    """An expired notice needs a new date first."""
    page = console.client("clerk").get(f"{one(EXPIRED)}/pdf")

    assert page.status_code == 409
    assert "Il termine per pagare l'avviso è scaduto: occorre una nuova scadenza." in text(page)
    assert f'href="{one(EXPIRED)}"' in page.text
    assert "Avviso in PDF" not in text(console.client("clerk").get(one(EXPIRED)))


def test_page_without_the_libraries_says_who_can_add_them(console: Console):
    """The notice is valid without paper."""

    def open_none(_store: Store) -> None:
        raise DocumentsNotInstalled

    parts = console.parts._replace(open_printer=open_none)  # type: ignore[arg-type]  # it raises
    client = flask_app(parts).test_client()
    client.environ_base.update(HTTP_SEC_FETCH_SITE="same-origin")
    signed_in = console.client("clerk")
    for each in (signed_in._cookies or {}).values():
        client.set_cookie(each.decoded_key, each.decoded_value, path=each.path, secure=each.secure)
    page = client.get(f"{one(SINGLE)}/pdf")

    assert page.status_code == 501
    assert "Su questo server la stampa non è installata" in text(page)


@pytest.mark.parametrize("address", PAPERS)
def test_operator_without_persons_gets_no_document(console: Console, address: str):
    """A document has the debtor's name."""
    assert console.client("reader").get(address).status_code == 403


@pytest.mark.parametrize("address", PAPERS)
def test_papers_of_another_organization_are_unknown(console: Console, address: str):
    """A forged address finds nothing."""
    foreign = address.replace(ORGANIZATION, OTHER, 1)

    assert console.client("writer").get(foreign).status_code == 404
