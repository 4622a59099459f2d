"""Refusals of the positions API: GPD's status and title, the fields in error, and no change."""

import re

import pytest
from sqlalchemy import update

from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, DAY, NOW, ONE, OPTIONS, BackOffice, installments
from tests.validation.bodies import STAMP, body, changed, iuv, nav, option, transfer, without

DATA = (400, "Error in the debt position request data")
BAD = (400, "BAD REQUEST")
UNIQUE = (409, "The debt position violated constraints of uniqueness")
MISSING = (404, "Not found the debt position")
NOTICE_MISSING = (404, "Not found the payment option")
PAID = (409, "Existing related payment found")

CREATIONS = {
    "paymentOption.0.amount": (0, BAD, ("paymentOption[0].amount", "range")),
    "paymentOption.0.transfer.0.iban": (
        "IT60X0542811101000000123457",
        BAD,
        ("paymentOption[0].transfer[0].iban", "iban-checksum"),
    ),
    "fiscalCode": ("X", BAD, ("fiscalCode", "length")),
    "paymentOption.0.iuv": (
        "47000000000000199",
        DATA,
        ("paymentOption[0].iuv", "check-digits"),
    ),
    "paymentOption.0.transfer.0.amount": (999, DATA, ("paymentOption[0].amount", "sum")),
    "validityDate": ("2026-03-16T10:00:00", DATA, ("validityDate", "past")),
    "paymentOption.0.dueDate": (
        "2026-03-15",
        DATA,
        ("paymentOption[0].dueDate", "past"),
    ),
}


@pytest.mark.parametrize("field_path", CREATIONS)
def test_position_that_breaks_a_rule_is_400_and_not_created(quick: BackOffice, field_path: str):
    """The errors name field and rule."""
    value, expected, error = CREATIONS[field_path]

    refused = quick.post(ALL, changed(body(), field_path, value))

    assert (refused.status, refused.title) == expected
    assert error in refused.errors
    assert quick.get(ONE).status == 404


def test_position_due_before_its_validity_date_is_400(quick: BackOffice):
    """It is refused even if both dates are in the future."""
    refused = quick.post(ALL, body(validityDate="2026-06-01T00:00:00"))

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("paymentOption[0].dueDate", "due-before-validity")}


@pytest.mark.parametrize("content", [[], {}, {"paymentPositions": []}, {"paymentPositions": {}}, 1])
def test_bulk_without_1_to_100_positions_is_400(quick: BackOffice, content: object):
    """A body of another shape is refused too."""
    refused = quick.post(f"{ALL}/bulk", content)
    many = [body(option(serial), iupd=f"P{serial}") for serial in range(1, 102)]
    too_many = quick.post(f"{ALL}/bulk", {"paymentPositions": many})

    assert (refused.status, refused.title) == BAD
    assert (too_many.status, too_many.title) == BAD
    assert too_many.errors == {("paymentPositions", "count")}


def test_bulk_names_the_errors_of_each_position_by_index(quick: BackOffice):
    """An IUPD that occurs twice in the bulk is an error too."""
    fields = [body(option(1), fullName=""), body(option(2), iupd="P2", kind="F")]
    refused = quick.post(f"{ALL}/bulk", {"paymentPositions": fields})
    rules = [body(option(1, amount=7)), body(option(2, amount=7), iupd="P2")]
    broken = quick.post(f"{ALL}/bulk", {"paymentPositions": rules})
    twice = quick.post(f"{ALL}/bulk", {"paymentPositions": [body(), body()]})

    assert refused.errors == {
        ("paymentPositions[0].fullName", "length"),
        ("paymentPositions[1].kind", "unknown-field"),
    }
    assert broken.errors == {
        (f"paymentPositions[{index}].paymentOption[0].amount", "sum") for index in (0, 1)
    }
    assert (twice.status, twice.title) == UNIQUE
    assert ("paymentPositions[1].iupd", "duplicate") in twice.errors


def test_position_with_iupd_iuv_or_number_in_use_is_409(office: BackOffice):
    """The errors name each field that is in use."""
    office.create()

    refused = office.post(ALL, body(option(2)))
    again = office.post(ALL, body(option(1), iupd="P2"))

    assert (refused.status, refused.title) == UNIQUE
    assert refused.errors == {("iupd", "in-use")}
    assert (again.status, again.title) == UNIQUE
    assert again.errors == {("paymentOption[0].iuv", "in-use"), ("paymentOption[0].nav", "in-use")}


def test_notice_without_number_or_segregation_code_is_400(quick: BackOffice):
    """The error names the IUV, because none can be issued."""
    key = quick.key(Role.ADMIN)
    path = "/organizations/15376371009/debtpositions"

    refused = quick.post(path, body(without(option(), "iuv")), key=key)

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("paymentOption.iuv", "required")}


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


def test_update_with_another_iupd_than_its_path_is_400(quick: BackOffice):
    """It is refused before the position is searched for."""
    refused = quick.put(ONE, body(iupd="ANOTHER"))

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("iupd", "path")}


def test_update_with_a_notice_without_iuv_or_with_another_number_is_400(quick: BackOffice):
    """An update cannot issue or change a number."""
    quick.create()

    nameless = quick.put(ONE, body(without(option(), "iuv")))
    renumbered = quick.put(ONE, body(option(1, nav="0" + nav(1)[1:])))

    assert nameless.errors == {("paymentOption[0].iuv", "required")}
    assert ("paymentOption[0].nav", "nav-iuv") in renumbered.errors


def test_update_after_the_due_date_is_400_only_if_the_notice_expires(quick: BackOffice):
    """Without switchToExpired a notice stays payable, and can be updated."""
    quick.create(query="?toPublish=true")
    quick.clock.now += 60 * DAY

    expires = quick.put(ONE, body())
    stays_payable = quick.put(ONE, body(switchToExpired=False))

    assert (expires.status, expires.title) == DATA
    assert (stays_payable.status, stays_payable.body["status"]) == (200, "VALID")


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
    """Whether its address names the position, a notice or an IUV."""
    paths = quick.get("/openapi.json", key="").body["paths"]
    one = [
        (path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get" and re.search("debtpositions/{iupd}|paymentoptions/.*{(nav|iuv)}", path)
    ]
    assert len(one) >= 9
    assert [path for path, operation in one if "412" not in operation["responses"]] == []


def test_iban_change_with_invalid_iban_or_query_is_400(quick: BackOffice):
    """The new IBAN and the query are checked."""
    patch = f"{ALL}/transfers"

    wrong = quick.request("PATCH", f"{patch}?oldIban=X", {"newIban": "IT60X0542811101000000123457"})
    missing = quick.request("PATCH", patch, {"newIban": transfer()["iban"]})
    much = quick.request("PATCH", f"{patch}?oldIban=X&limit=1001", {"newIban": transfer()["iban"]})

    assert wrong.errors == {("newIban", "iban-checksum")}
    assert missing.errors == {("oldIban", "required")}
    assert much.errors == {("limit", "range")}


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


METADATA = [{"key": "CHIAVE", "value": "x"}]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            option(1, retentionDate="2026-04-29"),
            ("paymentOption[0].retentionDate", "retention-before-due"),
        ),
        (
            option(1, paymentOptionMetadata=METADATA * 2),
            ("paymentOption[0].paymentOptionMetadata[1].key", "duplicate"),
        ),
        (
            option(1, paymentOptionMetadata=[{"key": "NOTIFICATION_FEE", "value": "0"}]),
            ("paymentOption[0].paymentOptionMetadata[0].key", "reserved"),
        ),
        (
            option(1, transfer(1, transferMetadata=METADATA * 2)),
            ("paymentOption[0].transfer[0].transferMetadata[1].key", "duplicate"),
        ),
        (
            option(1, transfer(1), transfer(1)),
            ("paymentOption[0].transfer[1].idTransfer", "duplicate"),
        ),
        (option(1, transfer(2)), ("paymentOption[0].transfer", "first-transfer")),
        (option(1, transfer(1, iban=None)), ("paymentOption[0].transfer[0]", "account-or-stamp")),
        (
            option(1, transfer(1, stamp=STAMP)),
            ("paymentOption[0].transfer[0]", "account-or-stamp"),
        ),
    ],
)
def test_notice_that_breaks_a_rule_is_400_in_creation_and_update(
    quick: BackOffice, fields: dict[str, object], error: tuple[str, str]
):
    """Every rule of the data has the same title."""
    quick.create()

    made = quick.post(ALL, body({**fields, "iuv": iuv(2)}, iupd="P2"))
    changed_to = quick.put(ONE, body(fields))

    for refused in (made, changed_to):
        assert (refused.status, refused.title) == DATA
        assert error in refused.errors
    assert quick.get(ALL).body["page_info"]["items_found"] == 1


def test_notice_with_six_transfers_is_400(quick: BackOffice):
    """A notice has at most five (Money, rule 3)."""
    six = option(1, *(transfer(min(number, 5)) for number in range(1, 7)))

    refused = quick.post(ALL, body(six))

    assert (refused.status, refused.title) == BAD
    assert ("paymentOption[0].transfer", "count") in refused.errors


@pytest.mark.parametrize("iupd", ["A/B", "/", ".", ".."])
def test_iupd_that_cannot_be_a_path_segment_is_400(quick: BackOffice, iupd: str):
    """No request could read, publish or delete such a position."""
    refused = quick.post(ALL, body(iupd=iupd))

    assert refused.status == 400
    assert refused.errors == {("iupd", "characters")}


def test_path_with_two_slashes_is_404(quick: BackOffice):
    """A redirection would be followed without the body."""
    answer = quick.post(f"{ALL}//", body())

    assert (answer.status, answer.title) == (404, "Not Found")
