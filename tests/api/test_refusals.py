"""Refusals of the positions API by what is stored: GPD's status and title, and no change."""

import re

from sqlalchemy import update

from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, DAY, NOW, ONE, OPTIONS, BackOffice, installments
from tests.validation.bodies import body, nav, option

DATA = (400, "Error in the debt position request data")
BAD = (400, "BAD REQUEST")
UNIQUE = (409, "The debt position violated constraints of uniqueness")
MISSING = (404, "Not found the debt position")
NOTICE_MISSING = (404, "Not found the payment option")
PAID = (409, "Existing related payment found")


def test_position_with_iupd_iuv_or_number_in_use_is_409(office: BackOffice):
    """The errors name each field that is in use."""
    office.create()

    refused = office.post(ALL, body(option(2)))
    again = office.post(ALL, body(option(1), iupd="P2"))

    assert (refused.status, refused.title) == UNIQUE
    assert refused.errors == {("iupd", "in-use")}
    assert (again.status, again.title) == UNIQUE
    assert again.errors == {("paymentOption[0].iuv", "in-use"), ("paymentOption[0].nav", "in-use")}


def test_unknown_position_or_notice_is_404(quick: BackOffice):
    """Every operation on it answers the same title."""
    assert (quick.get(ONE).status, quick.get(ONE).title) == MISSING
    for method, path, content in (
        ("PUT", ONE, body()),
        ("DELETE", ONE, None),
        ("POST", f"{ONE}/publish", None),
        ("POST", f"{ONE}/invalidate", None),
    ):
        refused = quick.request(method, path, content)
        assert (refused.status, refused.title) == MISSING
    for method, path in (
        ("GET", f"{OPTIONS}/{nav(1)[1:]}/debtposition"),
        ("GET", f"{OPTIONS}/{nav(1)}"),
        ("POST", f"{OPTIONS}/paids/{nav(1)}"),
    ):
        refused = quick.request(method, path)
        assert (refused.status, refused.title) == NOTICE_MISSING


def test_position_of_an_unknown_organization_is_404_for_an_administrator(quick: BackOffice):
    """Another key cannot learn which organizations exist."""
    key = quick.key(Role.ADMIN)

    refused = quick.post("/organizations/99999999999/debtpositions", body(), key=key)

    assert (refused.status, refused.title) == (404, "Not found the organization")


def test_update_with_a_number_of_another_position_is_409(office: BackOffice):
    """Both positions stay as they were."""
    office.create()
    office.create(body(option(2), iupd="P2"))

    refused = office.put(f"{ALL}/P2", body(option(1), iupd="P2"))

    assert (refused.status, refused.title) == UNIQUE
    assert office.get(f"{OPTIONS}/{nav(2)}").status == 200
    assert office.get(ONE).status == 200


def test_publication_of_a_published_or_withdrawn_position_is_409(quick: BackOffice):
    """Only a draft can be published."""
    quick.create(query="?toPublish=true")

    for _ in range(2):
        refused = quick.post(f"{ONE}/publish")
        assert (refused.status, refused.title) == (
            409,
            "Existing related payment found or not in publishable state",
        )
        quick.post(f"{ONE}/invalidate")


def test_publication_after_the_due_or_validity_date_is_409(quick: BackOffice):
    """Each case has its own title."""
    quick.create(body(option(1, dueDate="2026-03-20")))
    quick.create(body(option(2), iupd="P2", validityDate="2026-03-20T08:00:00"))
    quick.clock.now += 10 * DAY

    late = quick.post(f"{ONE}/publish")
    begun = quick.post(f"{ALL}/P2/publish")

    assert (late.status, late.title) == (
        409,
        "Publish request occurred after the due date of a payment options has expired",
    )
    assert (begun.status, begun.title) == (
        409,
        "Publish request occurred after the validity date began",
    )


def test_withdrawal_of_a_draft_expired_or_withdrawn_position_is_409(quick: BackOffice):
    """Only a payable position can be withdrawn."""
    quick.create()
    quick.create(body(option(2), iupd="P2"), "?toPublish=true")
    quick.create(body(option(3), iupd="P3"), "?toPublish=true")
    assert quick.post(f"{ALL}/P3/invalidate").status == 200
    refusals = [quick.post(f"{ALL}/{iupd}/invalidate") for iupd in ("POSIZIONE-1", "P3")]
    quick.clock.now += 60 * DAY
    refusals.append(quick.post(f"{ALL}/P2/invalidate"))

    assert {(each.status, each.title) for each in refusals} == {
        (409, "Existing related payment found or not in invalidable state")
    }


def test_change_of_a_paid_position_is_409(office: BackOffice):
    """A position that is paid in part cannot be updated, published, withdrawn or deleted either."""
    office.create(query="?toPublish=true")
    plan = [option(serial, isPartialPayment=True) for serial in (2, 3)]
    office.create(body(*plan, iupd="P2"), "?toPublish=true")
    office.pay(1)
    office.pay(2)

    for iupd, content in (("POSIZIONE-1", body()), ("P2", body(*plan, iupd="P2"))):
        one = f"{ALL}/{iupd}"
        assert office.put(one, content).title.endswith("not in updatable state")
        assert office.post(f"{one}/publish").title.endswith("not in publishable state")
        assert office.post(f"{one}/invalidate").title.endswith("not in invalidable state")
        refused = office.request("DELETE", one)
        assert (refused.status, refused.title) == PAID
    assert [office.status(each) for each in ("POSIZIONE-1", "P2")] == ["PAID", "PARTIALLY_PAID"]


def test_withdrawn_position_cannot_be_updated_but_can_be_deleted(quick: BackOffice):
    """GPD answers the same."""
    quick.create(query="?toPublish=true")
    quick.post(f"{ONE}/invalidate")

    assert quick.put(ONE, body()).status == 409
    assert quick.request("DELETE", ONE).status == 200


def test_second_mark_of_a_notice_as_paid_is_409(quick: BackOffice):
    """A payment date in the future is a 400, and a notice excluded by a paid one is a 404."""
    quick.create(installments(1, 2, 3), "?toPublish=true")
    paids = f"{OPTIONS}/paids"

    future = quick.post(f"{paids}/{nav(2)}", {"paymentDate": "2026-03-17"})
    assert (future.status, future.title) == DATA
    assert quick.post(f"{paids}/{nav(2)}", {"note": ""}).errors == {("note", "unknown-field")}
    assert quick.post(f"{paids}/{nav(2)}").status == 200

    again, single = quick.post(f"{paids}/{nav(2)}"), quick.post(f"{paids}/{nav(1)}")

    assert (again.status, again.title) == PAID
    assert (single.status, single.title) == NOTICE_MISSING
    assert quick.post(f"{paids}/{nav(3)}").status == 200
    assert quick.status() == "PAID"


def test_change_with_a_stale_if_match_is_412(office: BackOffice):
    """Another change or a payment came after the caller had read the position."""
    first = office.create(query="?toPublish=true").headers["ETag"]
    second = office.put(ONE, body(), headers={"If-Match": first}).headers["ETag"]
    assert office.get(ONE).headers["ETag"] == second != first

    stale = {"If-Match": first}
    for refused in (
        office.put(ONE, body(), headers=stale),
        office.post(f"{ONE}/invalidate", headers=stale),
        office.request("DELETE", ONE, headers=stale),
    ):
        assert (refused.status, refused.title) == (412, "Precondition Failed")

    assert office.put(ONE, body(), headers={"If-Match": "*"}).status == 200
    office.pay()
    deletion = office.request("DELETE", ONE, headers={"If-Match": second})
    assert deletion.status == 412


def test_notice_with_a_stale_if_match_is_412(office: BackOffice):
    """Marking as paid, its fee and its report heed the ETag of the position, as every change."""
    first = office.create(query="?toPublish=true").headers["ETag"]
    notice = f"{OPTIONS}/{nav(1)}"
    assert office.get(notice).headers["ETag"] == first
    fee = {"notificationFee": 100}
    second = office.put(f"{notice}/notificationfee", fee, headers={"If-Match": first})
    assert second.status == 209

    stale = {"If-Match": first}
    for refused in (
        office.put(f"{notice}/notificationfee", {"notificationFee": 200}, headers=stale),
        office.post(f"{OPTIONS}/paids/{nav(1)}", headers=stale),
        office.post(f"/v2{OPTIONS}/paids/{nav(1)}", headers=stale),
    ):
        assert (refused.status, refused.title) == (412, "Precondition Failed")
    assert office.status() == "VALID"

    current = office.get(notice).headers["ETag"]
    paid = office.post(f"{OPTIONS}/paids/{nav(1)}", headers={"If-Match": current})
    assert paid.status == 200
    report = f"{OPTIONS}/{nav(1)[1:]}/transfers/1/report"
    assert office.post(report, headers={"If-Match": current}).status == 412
    assert office.post(report).status == 200


def test_every_change_of_one_position_takes_if_match(quick: BackOffice):
    """Its address may name the position, a notice or an IUV."""
    paths = quick.get("/openapi.json", key="").body["paths"]
    one = [
        (path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get" and re.search("debtpositions/{iupd}|paymentoptions/.*{(nav|iuv)}", path)
    ]
    assert len(one) >= 9
    assert [path for path, operation in one if "412" not in operation["responses"]] == []


def test_publication_of_a_draft_due_before_its_validity_is_409(quick: BackOffice):
    """No API creates such a draft, but the store may hold one from elsewhere."""
    quick.create(body(option(1), validityDate="2026-03-20T08:00:00"))
    statement = update(tables.payment_option).values(due_at=NOW + DAY)
    with quick.store.begin() as connection:
        connection.execute(statement)

    refused = quick.post(f"{ONE}/publish")

    assert (refused.status, refused.title) == (
        409,
        "The due date of a payment option is before the validity date",
    )


def test_path_with_two_slashes_is_404(quick: BackOffice):
    """A redirection would be followed without the body."""
    answer = quick.post(f"{ALL}//", body())

    assert (answer.status, answer.title) == (404, "Not Found")
