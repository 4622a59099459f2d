"""The list: every filter, every order, every page, and a total that is one."""

import pytest

from tests.api.office import ALL, DAY, NOW, Office
from tests.validation.bodies import body, option


@pytest.fixture
def full(office: Office) -> Office:
    """Eight positions, one of each state, made a minute apart."""
    made = "DRAFT PUBLISHED VALID INVALID EXPIRED PARTIALLY_PAID PAID".split()
    for serial, state in enumerate(made, 1):
        office.clock.now += DAY / 1440
        more = {"validityDate": "2026-03-20T08:00:00"} if state == "PUBLISHED" else {}
        due = "2026-03-17" if state == "EXPIRED" else f"2026-04-{serial:02}"
        part = state == "PARTIALLY_PAID"
        options = [option(serial, dueDate=due, isPartialPayment=part)]
        if part:
            options.append(option(100, dueDate=due, isPartialPayment=True))
        told = body(*options, iupd=state, companyName=f"Comune {9 - serial}", **more)
        office.create(told, "" if state == "DRAFT" else "?toPublish=true")
        if "PAID" in state:
            office.pay(serial)
    office.post(f"{ALL}/INVALID/invalidate")
    office.clock.now = NOW + 2 * DAY
    return office


def listed(office: Office, query: str) -> list[str]:
    """The IUPDs that a query finds."""
    answer = office.get(f"{ALL}?{query}")
    assert answer.status == 200, answer.body
    found = [each["iupd"] for each in answer.body["payment_position_list"]]
    assert answer.body["page_info"]["items_found"] == len(found)
    return found


def test_each_state_finds_its_positions(full: Office):
    """The filter and the answer are one rule."""
    for state in "DRAFT PUBLISHED VALID INVALID EXPIRED PARTIALLY_PAID PAID".split():
        assert listed(full, f"status={state}") == [state]
        assert full.status(state) == state
    assert listed(full, "status=REPORTED") == []


def test_the_dates_include_both_their_days(full: Office):
    """Of a due date alone thirty days follow, or come before."""
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
def test_the_order_is_the_one_that_is_asked_for(full: Office, order: str, first: str):
    """By default the newest comes first."""
    assert listed(full, f"limit=50{order}")[0] == first


def test_the_pages_hold_every_position_once(full: Office):
    """The total is that of all pages, on each of them and beyond the last."""
    found = []
    for page in range(5):
        answer = full.get(f"{ALL}?limit=3&page={page}&orderby=STATUS").body
        assert answer["page_info"] == {
            "page": page,
            "limit": 3,
            "items_found": 7,
            "total_pages": 3,
        }
        found += [each["iupd"] for each in answer["payment_position_list"]]

    assert len(found) == len(set(found)) == 7


def test_an_empty_list_is_a_page_too(quick: Office):
    """Of nothing there are no pages."""
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
def test_a_question_that_makes_no_sense_is_refused(quick: Office, query: str, title: str):
    """Never answered as if something else had been asked."""
    refused = quick.get(f"{ALL}?{query}")

    assert (refused.status, refused.title) == (400, title)


def test_a_list_by_status_ends_where_it_would_grow_slow(quick: Office):
    """It says which lists go on; those reach the last position, and so does one of one status."""
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
