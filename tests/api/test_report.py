"""A transfer is reported by a flow: once the notice is paid, and as often as one likes."""

from collections.abc import Iterator

from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, DAY, ONE, OPTIONS, SIZE, Office
from tests.api.test_races import race
from tests.store.races import Crew
from tests.validation.bodies import OTHER, body, iuv, nav, option, share


def report(serial: int, number: object) -> str:
    """Where a transfer is reported."""
    return f"{OPTIONS}/{iuv(serial)}/transfers/{number}/report"


def states(office: Office) -> Iterator[str]:
    """What the position, its notice and its transfers are called."""
    read = office.get(ONE).body
    yield read["status"]
    yield read["paymentOption"][0]["status"]
    yield from (each["status"] for each in read["paymentOption"][0]["transfer"])


def test_a_position_is_reported_transfer_by_transfer(office: Office):
    """Its notice partly, then whole, with the day of the last report; then it is REPORTED."""
    office.create(body(option(1, share(1), share(2, amount=500))), "?toPublish=true")
    office.pay(1, 1500)
    office.clock.now += DAY

    first = office.post(report(1, 2))

    assert (first.status, first.body["status"]) == (200, "T_REPORTED")
    assert (first.body["idTransfer"], first.body["amount"]) == ("2", 500)
    assert list(states(office)) == ["PAID", "PO_PARTIALLY_REPORTED", "T_UNREPORTED", "T_REPORTED"]
    assert "reportingDate" not in office.get(ONE).body["paymentOption"][0]

    office.clock.now += DAY
    assert office.post(report(1, 1)).status == 200

    assert list(states(office)) == ["REPORTED", "PO_REPORTED", "T_REPORTED", "T_REPORTED"]
    assert office.get(ONE).body["paymentOption"][0]["reportingDate"] == "2026-03-18T10:00:00"
    for state, found in (("REPORTED", 1), ("PAID", 0)):
        assert office.get(f"{ALL}?status={state}").body["page_info"]["items_found"] == found


def test_a_report_that_comes_again_changes_nothing(office: Office):
    """GPD refuses it; a flow that is read twice is no mistake."""
    office.create(query="?toPublish=true")
    office.pay()
    assert office.post(report(1, 1), data=b"", content_type="text/plain").status == 200
    before = office.get(ONE)
    office.clock.now += DAY

    again = office.post(report(1, 1))

    assert (again.status, again.body["status"]) == (200, "T_REPORTED")
    after = office.get(ONE)
    assert (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"])


def test_what_is_paid_elsewhere_can_be_reported(quick: Office):
    """It is paid."""
    quick.create(query="?toPublish=true")
    quick.post(f"{OPTIONS}/paids/{nav(1)}")

    assert quick.post(report(1, 1)).status == 200
    assert quick.status() == "REPORTED"


def test_a_transfer_of_a_notice_that_is_not_paid_is_not_reported(quick: Office):
    """Nor one that is not there; each has GPD's title, and nothing changes."""
    quick.create(query="?toPublish=true")

    unpaid = quick.post(report(1, 1))
    missing = [quick.post(report(1, 2)), quick.post(report(9, 1)), quick.post(report(1, "è"))]

    assert (unpaid.status, unpaid.title) == (409, "transfer is not in accountable state")
    assert {(each.status, each.title) for each in missing} == {(404, "Not found the transfer")}
    assert list(states(quick)) == ["VALID", "PO_UNPAID", "T_UNREPORTED"]


def test_a_report_is_of_one_organization(quick: Office):
    """Another's notice of the same number is not found."""
    quick.create(query="?toPublish=true")
    quick.pay()
    there = report(1, 1).replace("77777777777", OTHER)

    assert quick.post(there, key=quick.key(Role.WRITER, OTHER)).status == 404
    assert quick.status() == "PAID"


def test_reports_at_one_instant_are_all_kept(crew: Crew, office: Office, admin_url: str):
    """Two of each transfer: every one is answered, and the position moves once for each."""
    office.create(body(option(1, share(1), share(2))), "?toPublish=true")
    office.pay(1, 2000)

    wanted: list[tuple[str, str, object]] = [("POST", report(1, n), None) for n in (1, 2)]
    assert race(crew, office, admin_url, wanted * (SIZE // 2)) == {200: SIZE}

    assert office.status() == "REPORTED"
    assert office.get(ONE).headers["ETag"].startswith('"3.4-')
