"""Lists of notices and the search, over the API and by the command."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gpd_soap.core.notice import issue
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import AuditFilter
from gpd_soap.store.database.paging import PageRequest
from tests.api.office import ALL, ONE, ORGANIZATION, Answer, BackOffice
from tests.api.paying import message, send
from tests.validation.bodies import OTHER, body, iuv, nav, option

US = f"/organizations/{ORGANIZATION}"
NOTICES, SEARCH = f"{US}/notices", f"{US}/search"


@pytest.fixture
def filled(office: BackOffice) -> BackOffice:
    """Returns a back office with three positions of two debtors, one of them paid."""
    office.create(body(option(1), fullName="Maria De Luca"), "?toPublish=true")
    office.create(body(option(2), iupd="POSIZIONE-2", fullName="Nicolò Rossi"), "?toPublish=true")
    third = body(
        option(3), iupd="POSIZIONE-3", fullName="ROSSI ANNA", fiscalCode="RSSNNA80A41F205B"
    )
    office.create(third, "?toPublish=true")
    assert send(office, message(2, "r-2")) == "OK"
    return office


def get(office: BackOffice, path: str, **query: str) -> Answer:
    """Sends a GET with a query."""
    return office.get(f"{path}?{urlencode(query)}")


def search(office: BackOffice, text: str) -> dict[str, Any]:
    """Returns what a text finds."""
    answer = get(office, SEARCH, text=text)
    assert answer.status == 200
    result: dict[str, Any] = answer.body
    return result


def navs(result: dict[str, Any]) -> list[str]:
    """Returns the numbers of the notices of an answer."""
    return [notice["nav"] for notice in result["notices"]]


def test_search_finds_a_notice_by_each_of_its_names(filled: BackOffice):
    """The answer says what the text was taken for."""
    blanks = " ".join(nav(1)[index : index + 4] for index in range(0, 18, 4))
    code = f"PAGOPA|002|{nav(1)}|{ORGANIZATION}|10000"
    for text, kind in [
        (nav(1), "notice"),
        (blanks, "notice"),
        (code, "notice"),
        (iuv(1), "iuv"),
        ("POSIZIONE-1", "iupd"),
        ("de luca", "name"),
    ]:
        result = search(filled, text)

        assert (result["kind"], navs(result)) == (kind, [nav(1)])
        assert result["notices"][0]["state"] == "payable"


def test_search_finds_receipts_and_what_else_the_text_can_be(filled: BackOffice):
    """A paid notice brings its receipt."""
    paid = search(filled, nav(2))
    by_receipt = search(filled, "r-2")

    assert paid["notices"][0]["state"] == "paid"
    assert paid["notices"][0]["receiptId"] == "r-2"
    assert [receipt["receiptId"] for receipt in paid["receipts"]] == ["r-2"]
    assert (by_receipt["kind"], by_receipt["receipts"][0]["id"]) == ("receipt", "r-2")


def test_search_of_a_fiscal_code_is_in_any_case(filled: BackOffice):
    """It finds the notices of the debtor alone."""
    result = search(filled, "rss nna 80a41 f205b")

    assert (result["kind"], result["value"]) == ("fiscal-code", "RSSNNA80A41F205B")
    assert navs(result) == [nav(3)]


def test_search_of_a_deleted_number_says_when(filled: BackOffice):
    """The number never comes back."""
    assert filled.request("DELETE", ONE).status == 200

    result = search(filled, nav(1))

    assert (result["kind"], result["notices"]) == ("notice", [])
    assert result["retiredDate"].startswith("20")


def test_search_of_nothing_known_says_what_was_looked_for(filled: BackOffice):
    """Wrong check digits are named, and so is a code of another organization."""
    known = issue("47", 99).nav
    wrong = f"{known[:-1]}{(int(known[-1]) + 1) % 10}"
    mistyped, foreign = search(filled, wrong), search(filled, f"PAGOPA|002|{nav(1)}|{OTHER}|10000")

    assert (mistyped["kind"], mistyped["notices"]) == ("notice", [])
    assert known[-2:] in mistyped["warnings"][0]
    assert (foreign["scannedOrganization"], foreign["notices"]) == (OTHER, [])
    assert "kind" not in search(filled, " ")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"name": "rossi"}, [3, 2]),
        ({"name": "Nicolo'"}, [2]),
        ({"debtorCode": "RSSNNA80A41F205B"}, [3]),
        ({"nav": f"{nav(1)[:9]} {nav(1)[9:]}"}, [1]),
        ({"nav": iuv(1)}, [1]),
        ({"nav": f"PAGOPA|002|{nav(1)}|{ORGANIZATION}|10000"}, [1]),
        ({"nav": f"PAGOPA|002|{nav(1)}|{OTHER}|10000"}, []),
        ({}, [1, 2, 3]),
    ],
)
def test_notices_are_listed_page_by_page(
    filled: BackOffice, query: dict[str, str], expected: list[int]
):
    """Each page says where the next begins, and the last does not."""
    listed, cursor = list[str](), dict[str, str]()
    for _ in range(4):
        page = get(filled, NOTICES, **query, limit="1", **cursor).body
        assert (page["total"], page["totalIsExact"]) == (len(expected), True)
        listed += navs(page)
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert listed == [nav(serial) for serial in expected]


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "WzksIiIsIiIsIiJd"},
        {"cursor": "WzAsIlx1ZDgwMCIsIiIsIiJd"},
        {"name": "x"},
        {"name": "rossi", "debtorCode": "ANONIMO"},
        {"nav": "rossi"},
        {"limit": "101"},
        {"page": "1"},
    ],
)
def test_list_of_notices_refuses_a_wrong_query(filled: BackOffice, query: dict[str, str]):
    """Nobody believes in a filter that does not hold."""
    assert get(filled, NOTICES, **query).status == 400


def test_reading_a_list_of_notices_is_in_the_audit(filled: BackOffice):
    """One notice is named; of many, the reading alone is."""
    get(filled, NOTICES, nav=nav(1))
    get(filled, SEARCH, text="rossi")
    filled.store.access_trail.flush()
    with filled.store.reading() as connection:
        rows, _ = audit.page(connection, ORGANIZATION, PageRequest(50, 0), AuditFilter("read"))

    seen = {(row.path.rpartition("/")[2], row.nav) for row in rows}
    assert seen == {("notices", nav(1)), ("search", None)}


def test_office_lists_searches_and_counts(office: BackOffice):
    """One key reads every list of ours, and resolves a case with an outcome."""
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, message(1, "r-1")) == "OK"
    assert send(office, message(1, "r-2")) == "OK"
    assert office.store.journal.flush()

    assert navs(search(office, "maria esempio")) == [nav(1)]
    assert navs(search(office, "RSSMRA00A01A000K")) == [nav(1)]
    assert navs(get(office, NOTICES, limit="1").body) == [nav(1)]
    assert get(office, f"{US}/receipts", psp="PSPDIESEMPIO").status == 200
    assert get(office, ALL, cursor="first").body["page_info"]["items_found"] == 1
    assert get(office, f"{US}/tally", by="hour").status == 200
    resolution = {"note": "Restituito", "outcome": "refunded"}
    assert office.post(f"{US}/worklist/r-2/resolve", resolution).status == 200
