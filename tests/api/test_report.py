"""Reports of transfers: each transfer of a paid notice can be reported, more than once."""

from collections.abc import Iterator

from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, DAY, ONE, OPTIONS, SIZE, BackOffice
from tests.api.test_races import race
from tests.store.races import Crew
from tests.validation.bodies import OTHER, body, iuv, nav, option, transfer


def report_path(serial: int, number: object) -> str:
    """Path of the report of a transfer."""
    return f"{OPTIONS}/{iuv(serial)}/transfers/{number}/report"


def statuses(office: BackOffice) -> Iterator[str]:
    """Statuses of the position, its notice and its transfers."""
    read = office.get(ONE).body
    yield read["status"]
    yield read["paymentOption"][0]["status"]
    yield from (each["status"] for each in read["paymentOption"][0]["transfer"])


def test_position_is_reported_when_its_last_transfer_is(office: BackOffice):
    """The notice is reported partly at first, and then with the day of the last report."""
    office.create(body(option(1, transfer(1), transfer(2, amount=500))), "?toPublish=true")
    office.pay(1, 1500)
    office.clock.now += DAY

    first = office.post(report_path(1, 2))

    assert (first.status, first.body["status"]) == (200, "T_REPORTED")
    assert (first.body["idTransfer"], first.body["amount"]) == ("2", 500)
    assert list(statuses(office)) == ["PAID", "PO_PARTIALLY_REPORTED", "T_UNREPORTED", "T_REPORTED"]
    assert "reportingDate" not in office.get(ONE).body["paymentOption"][0]

    office.clock.now += DAY
    assert office.post(report_path(1, 1)).status == 200

    assert list(statuses(office)) == ["REPORTED", "PO_REPORTED", "T_REPORTED", "T_REPORTED"]
    assert office.get(ONE).body["paymentOption"][0]["reportingDate"] == "2026-03-18T10:00:00"
    for state, count in (("REPORTED", 1), ("PAID", 0)):
        assert office.get(f"{ALL}?status={state}").body["page_info"]["items_found"] == count


def test_repeated_report_of_a_transfer_is_200_and_changes_nothing(office: BackOffice):
    """GPD refuses it, but a flow may be read twice."""
    office.create(query="?toPublish=true")
    office.pay()
    assert office.post(report_path(1, 1), data=b"", content_type="text/plain").status == 200
    before = office.get(ONE)
    office.clock.now += DAY

    again = office.post(report_path(1, 1))

    assert (again.status, again.body["status"]) == (200, "T_REPORTED")
    after = office.get(ONE)
    assert (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"])


def test_transfer_of_a_notice_marked_paid_can_be_reported(quick: BackOffice):
    """The position becomes REPORTED."""
    quick.create(query="?toPublish=true")
    quick.post(f"{OPTIONS}/paids/{nav(1)}")

    assert quick.post(report_path(1, 1)).status == 200
    assert quick.status() == "REPORTED"


def test_report_of_an_unpaid_or_missing_transfer_is_409_or_404(quick: BackOffice):
    """Both have GPD's title and change nothing."""
    quick.create(query="?toPublish=true")

    unpaid = quick.post(report_path(1, 1))
    missing = [
        quick.post(report_path(1, 2)),
        quick.post(report_path(9, 1)),
        quick.post(report_path(1, "è")),
    ]

    assert (unpaid.status, unpaid.title) == (409, "transfer is not in accountable state")
    assert {(each.status, each.title) for each in missing} == {(404, "Not found the transfer")}
    assert list(statuses(quick)) == ["VALID", "PO_UNPAID", "T_UNREPORTED"]


def test_report_of_another_organizations_transfer_is_404(quick: BackOffice):
    """Another organization's notice with the same number is not found."""
    quick.create(query="?toPublish=true")
    quick.pay()
    path = report_path(1, 1).replace("77777777777", OTHER)

    assert quick.post(path, key=quick.key(Role.WRITER, OTHER)).status == 404
    assert quick.status() == "PAID"


def test_concurrent_reports_of_both_transfers_are_200_and_stored_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """Each transfer is reported twice, and the position's revision grows once for each transfer."""
    office.create(body(option(1, transfer(1), transfer(2))), "?toPublish=true")
    office.pay(1, 2000)

    requests: list[tuple[str, str, object]] = [("POST", report_path(1, n), None) for n in (1, 2)]
    assert race(crew, office, admin_url, requests * (SIZE // 2)) == {200: SIZE}

    assert office.status() == "REPORTED"
    assert office.get(ONE).headers["ETag"].startswith('"3.4-')
