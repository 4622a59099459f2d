"""Requests as GPD's own clients write them: booleans, versions, IUVs, segregation codes, dates."""

from typing import Any

import pytest

from gpd_soap.core.notice import issue
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from tests.api.office import (
    ALL,
    DAY,
    ONE,
    OPTIONS,
    ORGANIZATION,
    ROUTE,
    SECOND,
    BackOffice,
    installments,
)
from tests.validation.bodies import body, iuv, nav, option, transfer, without

MISSING = (404, "Not found the debt position")
NOTICE_MISSING = (404, "Not found the payment option")
FORBIDDEN = (403, "The payment position is forbidden")
LATE = (409, "Publish request occurred after the due date of a payment options has expired")
BEGUN = (409, "Publish request occurred after the validity date began")
OTHER_CODE = "48"


def number(code: str, serial: int) -> dict[str, str]:
    """Return the fields of a notice number with this segregation code."""
    issued = issue(code, serial)
    return {"iuv": issued.iuv, "nav": issued.nav}


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "1", "yes", "on", "%20true"])
def test_every_spelling_of_true_publishes(quick: BackOffice, word: str):
    """Python, Java and Spring each have their own."""
    assert quick.create(query=f"?toPublish={word}").body["status"] == "VALID"
    assert quick.put(f"{ONE}?dryRun={word}", body(fullName="Mario")).status == 200
    assert quick.get(f"{OPTIONS}/{nav(1)}").body["fullName"] == "Maria Esempio"


@pytest.mark.parametrize("word", ["false", "False", "FALSE", "0", "no", "off"])
def test_every_spelling_of_false_leaves_a_draft(quick: BackOffice, word: str):
    """It is the same as no parameter."""
    assert quick.create(query=f"?toPublish={word}&dryRun={word}").body["status"] == "DRAFT"


@pytest.mark.parametrize("name", ["toPublish", "dryRun", "lenient"])
@pytest.mark.parametrize("word", ["", "si", "vero", "2", "truth"])
def test_word_that_is_no_boolean_is_400_and_names_the_parameter(
    quick: BackOffice, name: str, word: str
):
    """Nobody should believe in a parameter that was not understood."""
    refused = quick.post(f"{ALL}?{name}={word}", body())

    assert (refused.status, refused.errors) == (400, {(name, "type")})


def test_dry_run_in_another_spelling_leaves_no_audit_row(quick: BackOffice):
    """A dry run is no change."""
    admin = quick.key(Role.ADMIN, "*")
    quick.post(f"{ALL}?dryRun=True", body())

    rows = quick.get("/audit", key=admin).body["changes"]

    assert rows == []


def test_worklist_takes_every_spelling_of_resolved(quick: BackOffice):
    """`all` is no boolean, and stays."""
    worklist = f"/organizations/{ORGANIZATION}/worklist"

    for word in ("True", "FALSE", "1", "off", "all"):
        assert quick.get(f"{worklist}?resolved={word}").status == 200
    assert quick.get(f"{worklist}?resolved=maybe").status == 400


def test_paths_of_the_first_version_are_those_without_a_version(quick: BackOffice):
    """One base URL serves a client that writes /v1 and /v2 itself."""
    made = quick.post(f"/v1{ALL}?toPublish=True", body())

    assert made.status == 201
    assert quick.get(f"/v1{ONE}").body == quick.get(f"/v2{ONE}").body == quick.get(ONE).body
    assert quick.get(SECOND).body == quick.get(ALL).body
    assert quick.get(f"/v1/payments/{ORGANIZATION}/receipts").status == 200
    assert quick.get("/v1/info").body["name"] == "gpd-soap"
    for path in ("/v1/health/live", "/v1/metrics", "/v1/docs", f"/v3{ONE}", f"/v1/v1{ONE}"):
        assert quick.get(path).status == 404, path
    assert quick.request("GET", f"/v1{ONE}", key="").status == 401


def test_second_version_creates_many_on_the_path_of_the_list(quick: BackOffice):
    """In the first version the same path creates one."""
    many = {"paymentPositions": [body()]}

    assert quick.post(f"/v1{ALL}", many).status == 400
    assert quick.post(SECOND, body()).status == 400
    assert quick.post(SECOND, many).status == 201


def test_second_version_marks_a_notice_as_paid(office: BackOffice):
    """The number may be its IUV."""
    office.create(query="?toPublish=true")
    office.create(body(option(2), iupd="P2"), "?toPublish=true")

    paid = office.post(f"/v2{OPTIONS}/paids/{nav(1)}", {"paymentDate": "2026-03-15T12:00:00"})
    by_iuv = office.post(f"/v2{OPTIONS}/paids/{iuv(2)}", {})

    assert (paid.status, paid.body["nav"], paid.body["status"]) == (200, nav(1), "PO_PAID")
    assert paid.body["idReceipt"] == "CLOSED_AS_ALREADY_PAID_BY_EC"
    assert (by_iuv.status, by_iuv.body["nav"]) == (200, nav(2))
    assert [office.status(iupd) for iupd in ("POSIZIONE-1", "P2")] == ["PAID", "PAID"]


def test_notice_is_read_by_its_iuv_too_and_shows_pay_stand_in(office: BackOffice):
    """A number that is one notice's and another's IUV means the first."""
    office.create(body(payStandIn=False), "?toPublish=true")
    admin = office.key(Role.ADMIN, ORGANIZATION)
    clash = {"iuv": nav(1), "nav": "0" + nav(1)[1:]}
    clashing = body(option(2, **clash), iupd="P2")
    assert office.post(f"{ALL}?lenient=true", clashing, key=admin).status == 201

    by_nav, by_iuv = office.get(f"{OPTIONS}/{nav(1)}"), office.get(f"{OPTIONS}/{iuv(1)}")

    assert by_nav.status == by_iuv.status == 200
    assert by_nav.body == by_iuv.body
    assert (by_nav.body["iupd"], by_nav.body["payStandIn"]) == ("POSIZIONE-1", False)


def test_notice_that_a_paid_alternative_excludes_is_404(office: BackOffice):
    """The answer is GPD's, and the detail says why; its position still shows the notice."""
    office.create(installments(1, 2, 3), "?toPublish=true")
    office.pay(2)

    excluded, same_plan, paid = (office.get(f"{OPTIONS}/{nav(serial)}") for serial in (1, 3, 2))

    assert (excluded.status, excluded.title) == NOTICE_MISSING
    assert excluded.body["detail"] == "The notice is void: an alternative of it was paid."
    assert (same_plan.status, paid.status) == (200, 200)
    office.pay(3)
    assert office.get(f"{OPTIONS}/{nav(1)}").status == 404
    assert len(office.get(ONE).body["paymentOption"]) == 3


def test_notice_before_its_validity_is_404(office: BackOffice):
    """The answer is GPD's, so that nobody takes the notice for payable."""
    office.create(body(validityDate="2026-03-20T08:00:00"), "?toPublish=true")

    early = office.get(f"{OPTIONS}/{nav(1)}")
    office.clock.now += 5 * DAY
    valid = office.get(f"{OPTIONS}/{nav(1)}")

    assert (early.status, early.title) == NOTICE_MISSING
    assert (valid.status, valid.body["debtPositionStatus"]) == (200, "VALID")


def test_expired_notice_of_a_valid_position_reads_as_expired(quick: BackOffice):
    """As in GPD, its position stays valid for the other notice."""
    late = option(1, dueDate="2026-03-20", isPartialPayment=True)
    quick.create(body(late, option(2, isPartialPayment=True)), "?toPublish=true")
    quick.clock.now += 10 * DAY

    states = [quick.get(f"{OPTIONS}/{nav(serial)}").body["debtPositionStatus"] for serial in (1, 2)]

    assert (states, quick.status()) == (["EXPIRED", "VALID"], "VALID")


@pytest.mark.parametrize("expires", [True, False])
def test_update_that_publishes_a_draft_follows_the_dates_of_publication(
    office: BackOffice, *, expires: bool
):
    """The titles are those of a publication, and nothing is changed."""
    late = body(option(1, dueDate="2026-03-20"), switchToExpired=expires)
    begun = body(option(2), iupd="P2", validityDate="2026-03-20T08:00:00", switchToExpired=expires)
    office.create(late)
    office.create(begun)
    office.clock.now += 10 * DAY

    for iupd, content, expected in (("POSIZIONE-1", late, LATE), ("P2", begun, BEGUN)):
        publication = office.post(f"{ALL}/{iupd}/publish")
        assert (publication.status, publication.title) == expected
        refused = office.put(f"{ALL}/{iupd}?toPublish=true", content)
        assert (refused.status, refused.title) == expected
        many = office.put(f"{ALL}?toPublish=true", {"paymentPositions": [content]})
        assert (many.status, many.title) == expected
        assert office.status(iupd) == "DRAFT"
    prolonged = body(option(1, dueDate="2026-04-30"), switchToExpired=expires)
    assert office.put(f"{ONE}?toPublish=true", prolonged).body["status"] == "VALID"


def test_bulk_that_publishes_names_the_overdue_notice(quick: BackOffice):
    """All drafts stay drafts."""
    contents = [body(option(serial, dueDate=due), iupd=f"P{serial}")
                for serial, due in ((1, "2026-04-30"), (2, "2026-03-20"))]  # fmt: skip
    for content in contents:
        quick.create(content)
    quick.clock.now += 10 * DAY

    refused = quick.put(f"{ALL}?toPublish=true", {"paymentPositions": contents})

    assert (refused.status, refused.title) == LATE
    assert refused.errors == {("paymentPositions[1].paymentOption[0].dueDate", "past")}
    assert quick.status("P1") == "DRAFT"


@pytest.fixture
def coded(office: BackOffice) -> BackOffice:
    """A position of code 47, one of code 48, and one with a notice of each."""
    office.create(body(iupd="P47"), "?toPublish=true")
    office.create(body(option(2, **number(OTHER_CODE, 2)), iupd="P48"), "?toPublish=true")
    both = body(option(3), option(4, **number(OTHER_CODE, 4)), iupd="BOTH")
    office.create(both, "?toPublish=true")
    return office


def test_position_of_another_segregation_code_is_not_there(coded: BackOffice):
    """The answer does not say that it exists; every notice must have one of the codes."""
    hidden = number(OTHER_CODE, 2)
    requests: list[tuple[str, str, Any]] = [
        ("GET", f"{ALL}/P48", None),
        ("PUT", f"{ALL}/P48", body(option(2, **number(OTHER_CODE, 2)), iupd="P48")),
        ("PUT", ALL, {"paymentPositions": [body(option(9), iupd="BOTH")]}),
        ("POST", f"{ALL}/P48/publish", None),
        ("POST", f"{ALL}/P48/invalidate", None),
        ("DELETE", f"{ALL}/P48", None),
        ("DELETE", ALL, {"paymentPositionIUPDs": ["P47", "P48"]}),
        ("GET", f"{OPTIONS}/{hidden['iuv']}/debtposition", None),
        ("POST", f"{OPTIONS}/paids/{hidden['nav']}", {}),
        ("POST", f"/v2{OPTIONS}/paids/{hidden['nav']}", {}),
    ]
    for method, path, content in requests:
        refused = coded.request(method, f"{path}?segregationCodes=47,01", content)
        notice = "paymentoptions" in path
        assert (refused.status, refused.title) == (NOTICE_MISSING if notice else MISSING), path
    assert coded.get(f"{ALL}/P48?segregationCodes=47,48").status == 200
    assert [coded.status(iupd) for iupd in ("P47", "P48", "BOTH")] == ["VALID"] * 3


def test_list_has_the_positions_of_the_segregation_codes(coded: BackOffice):
    """The total counts no others; without codes all are listed."""
    for codes, expected in (
        ("47", ["P47"]), ("48", ["P48"]), ("47,48", ["BOTH", "P47", "P48"]), ("01", []),
    ):  # fmt: skip
        for order in ("IUPD", "STATUS"):
            query = f"?segregationCodes={codes}&orderby={order}&ordering=ASC"
            page = coded.get(f"{ALL}{query}").body
            assert [each["iupd"] for each in page["payment_position_list"]] == expected
            assert page["page_info"]["items_found"] == len(expected)
    assert coded.get(ALL).body["page_info"]["items_found"] == 3


def test_request_with_an_iuv_of_another_segregation_code_is_403(coded: BackOffice):
    """It is GPD's title, and the errors name each IUV."""
    strange = option(5, **number(OTHER_CODE, 5))
    one = coded.post(f"{ALL}?segregationCodes=47", body(strange, iupd="NEW"))
    many = coded.post(
        f"{SECOND}?segregationCodes=47",
        {"paymentPositions": [body(option(6), iupd="N1"), body(strange, iupd="N2")]},
    )
    changed = coded.put(f"{ALL}/P47?segregationCodes=47", body(option(1), strange, iupd="P47"))

    assert {(each.status, each.title) for each in (one, many, changed)} == {FORBIDDEN}
    rule = "segregation-code"
    assert one.errors == {("paymentOption[0].iuv", rule)}
    assert many.errors == {("paymentPositions[1].paymentOption[0].iuv", rule)}
    assert changed.errors == {("paymentOption[1].iuv", rule)}
    assert coded.get(ALL).body["page_info"]["items_found"] == 3


def test_number_is_issued_with_one_of_the_segregation_codes(office: BackOffice):
    """Without a station of such a code none can be issued."""
    second = "15376371009_02"
    with office.store.begin() as connection:
        configuration.put_station(connection, second, ROUTE.broker)
        configuration.put_serving(connection, ORGANIZATION, second, OTHER_CODE)
    plain = without(option(1, transfer()), "iuv")

    made = office.post(f"{ALL}?segregationCodes=48", body(plain))
    refused = office.post(f"{ALL}?segregationCodes=49", body(plain, iupd="P2"))

    assert made.body["paymentOption"][0]["iuv"][:2] == OTHER_CODE
    assert (refused.status, refused.errors) == (400, {("paymentOption.iuv", "required")})


@pytest.mark.parametrize("codes", ["", "4", "47,", "ab", "47;48"])
def test_segregation_codes_of_another_form_are_400(quick: BackOffice, codes: str):
    """GPD has the same pattern."""
    refused = quick.get(f"{ALL}?segregationCodes={codes}")

    assert (refused.status, refused.errors) == (400, {("segregationCodes", "pattern")})
