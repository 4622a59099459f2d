"""The list of positions: filters, order, pages and total."""

import pytest

from tests.api.office import ALL, DAY, NOW, BackOffice
from tests.validation.bodies import body, option


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """Seven positions, one of each status but REPORTED, created a minute apart."""
    made = "DRAFT PUBLISHED VALID INVALID EXPIRED PARTIALLY_PAID PAID".split()
    for serial, state in enumerate(made, 1):
        office.clock.now += DAY / 1440
        more = {"validityDate": "2026-03-20T08:00:00"} if state == "PUBLISHED" else {}
        due = "2026-03-17" if state == "EXPIRED" else f"2026-04-{serial:02}"
        part = state == "PARTIALLY_PAID"
        options = [option(serial, dueDate=due, isPartialPayment=part)]
        if part:
            options.append(option(100, dueDate=due, isPartialPayment=True))
        position = body(*options, iupd=state, companyName=f"Comune {9 - serial}", **more)
        office.create(position, "" if state == "DRAFT" else "?toPublish=true")
        if "PAID" in state:
            office.pay(serial)
    office.post(f"{ALL}/INVALID/invalidate")
    office.clock.now = NOW + 2 * DAY
    return office


def listed(office: BackOffice, query: str) -> list[str]:
    """IUPDs that a query finds; fails if they do not fit on one page."""
    answer = office.get(f"{ALL}?{query}")
    assert answer.status == 200, answer.body
    iupds = [each["iupd"] for each in answer.body["payment_position_list"]]
    assert answer.body["page_info"]["items_found"] == len(iupds)
    return iupds


def test_status_filter_finds_positions_that_show_this_status(full: BackOffice):
    """The SQL filter and the status in the answer follow one rule."""
    for state in "DRAFT PUBLISHED VALID INVALID EXPIRED PARTIALLY_PAID PAID".split():
        assert listed(full, f"status={state}") == [state]
        assert full.status(state) == state
    assert listed(full, "status=REPORTED") == []


def test_date_filters_include_both_days(full: BackOffice):
    """A due date filter with one end covers thirty days."""
    assert listed(full, "due_date_from=2026-04-02&due_date_to=2026-04-03&orderby=IUPD") == [
        "VALID",
        "PUBLISHED",
    ]
    assert listed(full, "due_date_to=2026-04-01&ordering=ASC") == ["DRAFT", "EXPIRED"]
    assert listed(full, "due_date_from=2026-04-07") == ["PAID"]
    assert listed(full, "payment_date_from=2026-03-16&payment_date_to=2026-03-16") == ["PAID"]
    assert listed(full, "payment_date_from=2026-03-17") == []
    window = "payment_date_time_from=2026-03-16T10:00:00&payment_date_time_to=2026-03-16T10:00:00"
    assert listed(full, window) == ["PAID"]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("", "PAID"),
        ("&ordering=ASC", "DRAFT"),
        ("&orderby=IUPD", "VALID"),
        ("&orderby=IUPD&ordering=ASC", "DRAFT"),
        ("&orderby=STATUS", "VALID"),
        ("&orderby=COMPANY_NAME", "DRAFT"),
        ("&orderby=COMPANY_NAME&ordering=ASC", "PAID"),
    ],
)
def test_list_has_the_requested_order(full: BackOffice, order: str, first: str):
    """By default the newest position is first."""
    assert listed(full, f"limit=50{order}")[0] == first


def test_list_pages_hold_every_position_once(full: BackOffice):
    """Each page, even beyond the last, has the total of all pages."""
    iupds = []
    for page in range(5):
        answer = full.get(f"{ALL}?limit=3&page={page}&orderby=STATUS").body
        assert answer["page_info"] == {
            "page": page,
            "limit": 3,
            "items_found": 7,
            "total_pages": 3,
        }
        iupds += [each["iupd"] for each in answer["payment_position_list"]]

    assert len(iupds) == len(set(iupds)) == 7


def test_empty_list_has_no_pages(quick: BackOffice):
    """The total of pages is 0."""
    assert quick.get(ALL).body == {
        "payment_position_list": [],
        "page_info": {"page": 0, "limit": 10, "items_found": 0, "total_pages": 0},
    }


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("limit=0", "BAD REQUEST"),
        ("limit=51", "BAD REQUEST"),
        ("limit=1.0", "BAD REQUEST"),
        ("limit=1_0", "BAD REQUEST"),
        ("limit=" + "9" * 5000, "BAD REQUEST"),
        ("page=-1", "BAD REQUEST"),
        ("page=9999999999999999999", "BAD REQUEST"),
        ("status=UNPAYABLE", "BAD REQUEST"),
        ("orderby=NAME", "BAD REQUEST"),
        ("ordering=asc", "BAD REQUEST"),
        ("due_date_from=2026-02-30", "BAD REQUEST"),
        ("due_date_from=0001-01-01", "BAD REQUEST"),
        ("due_date_to=9999-12-31", "BAD REQUEST"),
        ("due_date_form=2026-04-01", "BAD REQUEST"),
        ("due_date_from=2026-04-01&payment_date_from=2026-04-01", "BAD REQUEST"),
        (
            "due_date_from=2026-04-02&due_date_to=2026-04-01",
            "The debt positions cannot be recovered",
        ),
        (
            "payment_date_from=2026-04-01&payment_date_to=2026-05-02",
            "The debt positions cannot be recovered",
        ),
    ],
)
def test_invalid_list_query_is_400(quick: BackOffice, query: str, title: str):
    """An invalid parameter is never ignored."""
    refused = quick.get(f"{ALL}?{query}")

    assert (refused.status, refused.title) == (400, title)


def test_list_by_status_beyond_page_199_is_400(quick: BackOffice):
    """The error names the orders that go on, and a filter by one status goes on too."""
    quick.create()
    refused = quick.get(f"{ALL}?orderby=STATUS&limit=50&page=200")
    others = [
        quick.get(f"{ALL}?limit=50&page=200&{query}")
        for query in ("orderby=IUPD", "orderby=COMPANY_NAME", "orderby=STATUS&status=DRAFT", "")
    ]

    assert (refused.status, refused.errors) == (400, {("page", "range")})
    assert "another orderby" in str(refused.body["errors"])
    assert quick.get(f"{ALL}?orderby=STATUS&limit=50&page=199").status == 200
    assert {answer.status for answer in others} == {200}
