"""Pages of positions that begin after a position, in each order."""

import itertools
from urllib.parse import urlencode

import pytest

from tests.api.office import ALL, BackOffice
from tests.validation.bodies import body, option

MANY = 7


@pytest.fixture
def filled(office: BackOffice) -> BackOffice:
    """Returns a back office with positions, some of one instant and one company."""
    for number in range(1, MANY + 1):
        company = "Comune di Esempio" if number % 3 else "Provincia di Esempio"
        office.create(
            body(option(number), iupd=f"P-{number}", companyName=company),
            "?toPublish=true" if number % 2 else "",
        )
    return office


def listed(office: BackOffice, **query: str) -> list[str]:
    """Returns the ids of all positions, read page by page with a cursor."""
    iupds, cursor = list[str](), "first"
    for _ in range(2 * MANY):
        answer = office.get(f"{ALL}?{urlencode({**query, 'cursor': cursor})}")
        assert answer.status == 200, answer.body
        iupds += [each["iupd"] for each in answer.body["payment_position_list"]]
        assert answer.body["page_info"]["items_found"] <= MANY
        if "next_cursor" not in answer.body["page_info"]:
            return iupds
        cursor = answer.body["page_info"]["next_cursor"]
    raise AssertionError("the list has no end")


@pytest.mark.parametrize(
    ("order", "direction", "limit"),
    [
        *itertools.product(
            ["INSERTED_DATE", "IUPD", "COMPANY_NAME"], ["ASC", "DESC"], ["1", "3", "50"]
        )
    ],
)
def test_list_with_a_cursor_has_what_the_numbered_pages_have(
    filled: BackOffice, order: str, direction: str, limit: str
):
    """Each position is there once, in the same order."""
    query = {"orderby": order, "ordering": direction}
    one_page = filled.get(f"{ALL}?{urlencode({**query, 'limit': '50'})}").body
    expected = [each["iupd"] for each in one_page["payment_position_list"]]

    assert listed(filled, **query, limit=limit) == expected
    assert len(expected) == MANY
    assert "next_cursor" not in one_page["page_info"]


def test_list_with_a_cursor_and_a_filter(filled: BackOffice):
    """A list of one status can be read by status too."""
    drafts = ["P-2", "P-4", "P-6"]

    assert listed(filled, status="DRAFT", orderby="STATUS", ordering="ASC", limit="2") == drafts
    assert sorted(listed(filled, status="DRAFT", limit="1")) == drafts


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": ""},
        {"cursor": "x"},
        {"cursor": "WyJQLTEiLCJQLTEiXQ"},
        {"cursor": "first", "page": "1"},
        {"cursor": "first", "orderby": "STATUS"},
    ],
)
def test_cursor_of_no_list_is_refused(filled: BackOffice, query: dict[str, str]):
    """The last but two is one of a list by IUPD."""
    answer = filled.get(f"{ALL}?{urlencode(query)}")

    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "cursor")
