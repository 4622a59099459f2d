"""The life of a position as a client of GPD leads it."""

from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, DAY, ONE, OPTIONS, ORGANIZATION, BackOffice, installments
from tests.validation.bodies import STAMP, body, iuv, nav, option, transfer, without


def test_position_is_created_published_updated_invalidated_and_deleted(office: BackOffice):
    """Each step answers the status that GPD gives."""
    made = office.post(ALL, body())
    assert (made.status, made.body["status"]) == (201, "DRAFT")
    assert made.body["paymentOption"][0]["nav"] == nav(1)

    published = office.post(f"{ONE}/publish")
    assert (published.status, published.body["status"]) == (200, "VALID")

    read = office.get(ONE)
    assert (read.status, read.body["iupd"], read.body["status"]) == (200, "POSIZIONE-1", "VALID")

    listed = office.get(ALL)
    assert listed.status == 200
    assert [each["iupd"] for each in listed.body["payment_position_list"]] == ["POSIZIONE-1"]
    assert listed.body["page_info"] == {"page": 0, "limit": 10, "items_found": 1, "total_pages": 1}

    updated = office.put(ONE, body(option(1, transfer(amount=2500))))
    assert (updated.status, updated.body["status"]) == (200, "VALID")
    assert office.get(ONE).body["paymentOption"][0]["amount"] == 2500

    withdrawn = office.post(f"{ONE}/invalidate")
    assert (withdrawn.status, withdrawn.body["status"]) == (200, "INVALID")

    deleted = office.request("DELETE", ONE)
    assert (deleted.status, deleted.body) == (200, "Debt position deleted")
    assert office.get(ONE).status == 404


def test_created_position_is_answered_and_read_with_every_field(office: BackOffice):
    """Every field that was sent is in the answer, and in a later read."""
    position = body(
        option(
            1,
            transfer(1, 1000, postalIban="IT46X0760103200000000123456", companyName="Esempio"),
            transfer(2, 1600, iban=None, stamp=STAMP),
            retentionDate="2026-05-31T12:00:00",
            paymentOptionMetadata=[{"key": "CHIAVE", "value": "valore"}],
        ),
        streetName="Via dell'Esempio",
        civicNumber="1/A",
        postalCode="00100",
        city="Roma",
        province="RM",
        region="Lazio",
        country="IT",
        email="nessuno@esempio.invalid",
        phone="000",
        officeName="Ufficio Tributi",
        validityDate="2026-03-20T08:00:00",
    )

    made = office.create(position).body
    read = office.get(ONE).body

    for name in position.keys() - {"paymentOption", "type"}:
        assert made[name] == position[name]
    ours, theirs = position["paymentOption"][0], made["paymentOption"][0]
    assert theirs["dueDate"] == "2026-04-30T23:59:59.999999"
    assert theirs["retentionDate"] == ours["retentionDate"]
    assert theirs["paymentOptionMetadata"] == ours["paymentOptionMetadata"]
    for sent, received in zip(ours["transfer"], theirs["transfer"], strict=True):
        assert sent.items() <= received.items()
        assert received["organizationFiscalCode"] == ORGANIZATION
    assert read["officeName"] == "Ufficio Tributi"
    assert read["validityDate"] == "2026-03-20T08:00:00"
    assert read["insertedDate"] == "2026-03-16T10:00:00"
    assert [each["status"] for each in read["paymentOption"]] == ["PO_UNPAID"]


def test_answer_of_a_creation_can_be_sent_as_an_update(office: BackOffice):
    """A client can change one field of the answer and send it back."""
    made = office.create(query="?toPublish=true").body

    again = office.put(ONE, {**made, "fullName": "Mario Esempio"})

    assert again.status == 200, again.body
    assert again.body == {**made, "fullName": "Mario Esempio"}


def test_position_created_with_to_publish_is_valid_or_published(office: BackOffice):
    """It is VALID at once, or PUBLISHED until its validity date."""
    assert office.create(query="?toPublish=true").body["status"] == "VALID"
    later = body(option(2), iupd="P2", validityDate="2026-03-20T08:00:00")
    assert office.create(later, "?toPublish=true").body["status"] == "PUBLISHED"

    office.clock.now += 5 * DAY

    assert office.status("P2") == "VALID"


def test_notice_without_a_number_gets_a_new_one(office: BackOffice):
    """Each number is another, and has the organization's segregation code."""
    plain = body(without(option(), "iuv"), iupd="P1")
    first = office.create(plain).body["paymentOption"][0]
    second = office.create({**plain, "iupd": "P2"}).body["paymentOption"][0]

    assert first["nav"][:3] == second["nav"][:3] == "347"
    assert first["nav"] == "3" + first["iuv"]
    assert first["nav"] != second["nav"]


def test_dry_run_of_a_creation_stores_nothing(office: BackOffice):
    """The answer shows the position without an issued number, with its warnings."""
    plain = body(option(1), without(option(), "iuv"), fiscalCode="RSSMRA00A01A000A")
    would_be = office.post(f"{ALL}?dryRun=true&toPublish=true", plain)

    assert (would_be.status, would_be.body["status"]) == (200, "VALID")
    assert [o.get("nav") for o in would_be.body["paymentOption"]] in (
        [nav(1), None],
        [None, nav(1)],
    )
    assert [each["field"] for each in would_be.body["warnings"]] == ["fiscalCode"]
    assert office.get(ONE).status == 404
    assert office.post(f"{ALL}?dryRun=true", {**plain, "iupd": ""}).status == 400


def test_bulk_of_100_positions_is_created_as_a_whole_or_not_at_all(office: BackOffice):
    """One IUPD in use refuses the bulk, and is named."""
    many = [body(option(serial), iupd=f"P{serial}") for serial in range(1, 101)]

    assert office.post(f"{ALL}/bulk?toPublish=true", {"paymentPositions": many}).status == 201
    assert office.get(ALL).body["page_info"]["items_found"] == 100

    more = [body(option(200), iupd="NEW"), body(option(201), iupd="P7")]
    refused = office.post(f"{ALL}/bulk", {"paymentPositions": more})

    assert refused.status == 409
    assert refused.title == "The debt position violated constraints of uniqueness"
    assert refused.errors == {("paymentPositions[1].iupd", "in-use")}
    assert office.get(f"{ALL}/NEW").status == 404


def test_update_keeps_the_publication_of_a_position(office: BackOffice):
    """Without toPublish a published position stays published, and a draft stays a draft."""
    office.create(query="?toPublish=true")
    office.create(body(option(2), iupd="P2"))

    assert office.put(ONE, body()).body["status"] == "VALID"
    assert office.put(f"{ALL}/P2", body(option(2), iupd="P2")).body["status"] == "DRAFT"
    published = office.put(f"{ALL}/P2?toPublish=true", body(option(2), iupd="P2"))
    assert published.body["status"] == "VALID"


def test_expired_position_updated_with_a_later_due_date_is_valid(office: BackOffice):
    """The status follows the new due date."""
    office.create(query="?toPublish=true")
    office.clock.now += 60 * DAY
    assert office.status() == "EXPIRED"

    updated = office.put(ONE, body(option(1, dueDate="2026-12-31")))

    assert updated.body["status"] == "VALID"


def test_update_without_a_validity_date_keeps_one_that_has_passed(office: BackOffice):
    """The notice has been payable since that date, and no update can change this."""
    position = body(option(1), validityDate="2026-03-20T08:00:00")
    office.create(position, "?toPublish=true")
    del position["validityDate"]

    office.clock.now += 5 * DAY
    begun = office.put(ONE, position).body

    assert (begun["status"], begun["validityDate"]) == ("VALID", "2026-03-20T08:00:00")


def test_notice_removed_by_an_update_cannot_be_used_again(office: BackOffice):
    """Neither this position nor another can use its number."""
    office.create(installments(1, 2, 3))
    assert office.put(ONE, installments(1, 2)).status == 200

    assert office.get(f"{OPTIONS}/{nav(3)}").status == 404
    back = office.put(ONE, installments(1, 2, 3))
    elsewhere = office.post(ALL, body(option(3), iupd="P2"))

    assert (back.status, elsewhere.status) == (409, 409)
    assert elsewhere.errors == {
        ("paymentOption[0].iuv", "in-use"),
        ("paymentOption[0].nav", "in-use"),
    }
    assert len(office.get(ONE).body["paymentOption"]) == 2


def test_number_of_a_deleted_notice_is_neither_accepted_nor_issued_again(office: BackOffice):
    """A payer may still hold the notice; the IUPD can be used again."""
    for serial in range(1, 4):
        office.create(body(option(serial), iupd=f"P{serial}"))
        assert office.request("DELETE", f"{ALL}/P{serial}").status == 200

    assert office.post(ALL, body(option(1), iupd="P1")).status == 409
    issued = office.create(body(without(option(), "iuv"), iupd="P1")).body
    assert issued["paymentOption"][0]["nav"] not in {nav(serial) for serial in range(1, 4)}


def test_option_that_an_update_removed_comes_back_with_its_own_number(office: BackOffice):
    """A number that is no longer issued by its rules stays that of the notice."""
    wrong = iuv(2)[:15] + "99"
    both = body(option(1), option(2, iuv=wrong))
    made = office.post(f"{ALL}?lenient=true", both, key=office.key(Role.ADMIN))
    navs = [each["nav"] for each in made.body["paymentOption"]]
    for _ in range(2):
        office.clock.now += DAY
        assert office.put(ONE, body(option(1))).status == 200
        office.clock.now += DAY
        back = office.put(ONE, both)

        assert back.status == 200, back.body
        assert [each["nav"] for each in back.body["paymentOption"]] == navs

    office.put(ONE, body(option(1)))
    another = body(option(2, iuv=wrong), iupd="ANOTHER")
    other = office.post(f"{ALL}?lenient=true", another, key=office.key(Role.ADMIN))
    assert (other.status, {each["rule"] for each in other.body["errors"]}) == (409, {"in-use"})


def test_notice_is_read_by_its_number_and_position_by_its_iuv(office: BackOffice):
    """The IUV leads to the position, the notice number to the notice with its debtor."""
    office.create(query="?toPublish=true")

    by_iuv = office.get(f"{OPTIONS}/{iuv(1)}/debtposition")
    by_nav = office.get(f"{OPTIONS}/{nav(1)}")

    assert (by_iuv.status, by_iuv.body) == (200, office.get(ONE).body)
    assert by_nav.status == 200
    assert by_nav.body["fullName"] == "Maria Esempio"
    assert by_nav.body["debtPositionStatus"] == "VALID"
    assert by_nav.body["amount"] == 1000


def test_paid_position_is_read_with_its_payment(office: BackOffice):
    """The notice has the receipt's fields, and the position has the payment date."""
    office.create(query="?toPublish=true")
    assert office.pay().pays

    read = office.get(ONE).body

    assert (read["status"], read["paymentDate"]) == ("PAID", "2026-03-16T10:00:00")
    paid = read["paymentOption"][0]
    assert (paid["status"], paid["idReceipt"], paid["fee"]) == ("PO_PAID", "r-1", 150)
    assert paid["pspCompany"] == "Banca di Esempio"


def test_unmatched_receipt_pays_its_notice_when_a_position_brings_it(office: BackOffice):
    """The notice comes in a new position, or in an update of one."""
    office.pay(1)
    office.pay(3)

    assert office.create(query="?toPublish=true").body["status"] == "PAID"
    office.create(body(option(2), iupd="P2"), "?toPublish=true")
    both = body(option(2, isPartialPayment=True), option(3, isPartialPayment=True), iupd="P2")
    assert office.put(f"{ALL}/P2", both).body["status"] == "PARTIALLY_PAID"


def test_notice_marked_paid_has_gpd_receipt_id_and_later_receipt_is_double(office: BackOffice):
    """The payment date is the one in the request."""
    office.create(query="?toPublish=true")

    paid = office.post(f"{OPTIONS}/paids/{nav(1)}", {"paymentDate": "2026-03-15T12:00:00"})

    assert (paid.status, paid.body["status"]) == (200, "PO_PAID")
    assert paid.body["idReceipt"] == "CLOSED_AS_ALREADY_PAID_BY_EC"
    assert paid.body["paymentDate"] == "2026-03-15T12:00:00"
    assert office.status() == "PAID"
    assert str(office.pay().status) == "double"


def test_notice_marked_paid_without_a_body_has_the_date_of_the_request(office: BackOffice):
    """The body is optional."""
    office.create(query="?toPublish=true")

    paid = office.post(f"{OPTIONS}/paids/{nav(1)}")

    assert (paid.status, paid.body["paymentDate"]) == (200, "2026-03-16T10:00:00")


def test_iban_is_changed_in_unpaid_positions_up_to_the_limit(office: BackOffice):
    """Paid and withdrawn positions keep the old one, and a second request changes the rest."""
    other = "IT13L0306909606100000012345"
    for serial in range(1, 6):
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
    office.pay(4)
    office.post(f"{ALL}/P5/invalidate")
    before = office.get(f"{ALL}/P1").headers["ETag"]
    patch = f"{ALL}/transfers?oldIban=IT60X0542811101000000123456"

    first = office.request("PATCH", f"{patch}&limit=2", {"newIban": other})
    rest = office.request("PATCH", patch, {"newIban": other})

    assert (first.status, first.body["updatedTransfers"]) == (200, 2)
    assert rest.body["updatedTransfers"] == 1
    for serial, expected in ((1, True), (3, True), (4, False), (5, False)):
        account = office.get(f"{ALL}/P{serial}").body["paymentOption"][0]["transfer"][0]["iban"]
        assert (account == other) is expected
    assert office.get(f"{ALL}/P1").headers["ETag"] != before
