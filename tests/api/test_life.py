"""A position's life as a client of GPD leads it."""

from tests.api.office import ALL, DAY, ONE, OPTIONS, ORGANIZATION, Office, installments
from tests.validation.bodies import STAMP, body, iuv, nav, option, share, without


def test_a_client_of_gpd_leads_a_position_through_its_life(office: Office):
    """Create, publish, read, list, update, invalidate, delete, each with GPD's status."""
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

    updated = office.put(ONE, body(option(1, share(amount=2500))))
    assert (updated.status, updated.body["status"]) == (200, "VALID")
    assert office.get(ONE).body["paymentOption"][0]["amount"] == 2500

    withdrawn = office.post(f"{ONE}/invalidate")
    assert (withdrawn.status, withdrawn.body["status"]) == (200, "INVALID")

    deleted = office.ask("DELETE", ONE)
    assert (deleted.status, deleted.body) == (200, "Debt position deleted")
    assert office.get(ONE).status == 404


def test_everything_that_is_sent_comes_back(office: Office):
    """Every field, in what a change answers and in what is read."""
    told = body(
        option(
            1,
            share(1, 1000, postalIban="IT46X0760103200000000123456", companyName="Esempio"),
            share(2, 1600, iban=None, stamp=STAMP),
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

    made = office.create(told).body
    read = office.get(ONE).body

    for name in told.keys() - {"paymentOption", "type"}:
        assert made[name] == told[name]
    ours, theirs = told["paymentOption"][0], made["paymentOption"][0]
    assert theirs["dueDate"] == "2026-04-30T23:59:59.999999"
    assert theirs["retentionDate"] == ours["retentionDate"]
    assert theirs["paymentOptionMetadata"] == ours["paymentOptionMetadata"]
    for sent, made_of in zip(ours["transfer"], theirs["transfer"], strict=True):
        assert sent.items() <= made_of.items()
        assert made_of["organizationFiscalCode"] == ORGANIZATION
    assert read["officeName"] == "Ufficio Tributi"
    assert read["validityDate"] == "2026-03-20T08:00:00"
    assert read["insertedDate"] == "2026-03-16T10:00:00"
    assert [each["status"] for each in read["paymentOption"]] == ["PO_UNPAID"]


def test_what_a_change_answers_can_be_sent_again(office: Office):
    """A client may read what it made, change a word and put it back."""
    made = office.create(query="?toPublish=true").body

    again = office.put(ONE, {**made, "fullName": "Mario Esempio"})

    assert again.status == 200, again.body
    assert again.body == {**made, "fullName": "Mario Esempio"}


def test_a_position_is_published_when_it_is_made(office: Office):
    """Valid at once, or published until its validity comes."""
    assert office.create(query="?toPublish=true").body["status"] == "VALID"
    later = body(option(2), iupd="P2", validityDate="2026-03-20T08:00:00")
    assert office.create(later, "?toPublish=true").body["status"] == "PUBLISHED"

    office.clock.now += 5 * DAY

    assert office.status("P2") == "VALID"


def test_a_number_is_issued_where_none_is_sent(office: Office):
    """Each time another, of the organization's segregation code."""
    plain = body(without(option(), "iuv"), iupd="P1")
    first = office.create(plain).body["paymentOption"][0]
    second = office.create({**plain, "iupd": "P2"}).body["paymentOption"][0]

    assert first["nav"][:3] == second["nav"][:3] == "347"
    assert first["nav"] == "3" + first["iuv"]
    assert first["nav"] != second["nav"]


def test_a_dry_run_keeps_nothing(office: Office):
    """It answers what would be, without a number that nobody was given, and with its doubts."""
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


def test_a_hundred_positions_are_made_at_once_or_none(office: Office):
    """One that is in use refuses them all, and is named."""
    many = [body(option(at), iupd=f"P{at}") for at in range(1, 101)]

    assert office.post(f"{ALL}/bulk?toPublish=true", {"paymentPositions": many}).status == 201
    assert office.get(ALL).body["page_info"]["items_found"] == 100

    more = [body(option(200), iupd="NEW"), body(option(201), iupd="P7")]
    refused = office.post(f"{ALL}/bulk", {"paymentPositions": more})

    assert refused.status == 409
    assert refused.title == "The debt position violated constraints of uniqueness"
    assert refused.errors == {("paymentPositions[1].iupd", "in-use")}
    assert office.get(f"{ALL}/NEW").status == 404


def test_an_update_never_unpublishes(office: Office):
    """Without toPublish a published position stays so, and a draft stays a draft."""
    office.create(query="?toPublish=true")
    office.create(body(option(2), iupd="P2"))

    assert office.put(ONE, body()).body["status"] == "VALID"
    assert office.put(f"{ALL}/P2", body(option(2), iupd="P2")).body["status"] == "DRAFT"
    published = office.put(f"{ALL}/P2?toPublish=true", body(option(2), iupd="P2"))
    assert published.body["status"] == "VALID"


def test_an_update_brings_back_what_has_expired(office: Office):
    """With another due date it is valid again."""
    office.create(query="?toPublish=true")
    office.clock.now += 60 * DAY
    assert office.status() == "EXPIRED"

    updated = office.put(ONE, body(option(1, dueDate="2026-12-31")))

    assert updated.body["status"] == "VALID"


def test_a_validity_that_has_begun_stays_where_an_update_says_none(office: Office):
    """Nobody can tell that it was payable later than it was."""
    told = body(option(1), validityDate="2026-03-20T08:00:00")
    office.create(told, "?toPublish=true")
    del told["validityDate"]

    office.clock.now += 5 * DAY
    begun = office.put(ONE, told).body

    assert (begun["status"], begun["validityDate"]) == ("VALID", "2026-03-20T08:00:00")


def test_a_notice_that_an_update_drops_never_comes_back(office: Office):
    """Neither here nor in another position; what stays keeps its number."""
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


def test_a_deleted_number_is_never_accepted_or_issued_again(office: Office):
    """A payer may still hold the notice; the IUPD alone is free again."""
    for serial in range(1, 4):
        office.create(body(option(serial), iupd=f"P{serial}"))
        assert office.ask("DELETE", f"{ALL}/P{serial}").status == 200

    assert office.post(ALL, body(option(1), iupd="P1")).status == 409
    issued = office.create(body(without(option(), "iuv"), iupd="P1")).body
    assert issued["paymentOption"][0]["nav"] not in {nav(serial) for serial in range(1, 4)}


def test_a_notice_is_found_by_its_number_and_its_iuv(office: Office):
    """By IUV the position, by notice number the notice with its debtor."""
    office.create(query="?toPublish=true")

    by_iuv = office.get(f"{OPTIONS}/{iuv(1)}/debtposition")
    by_nav = office.get(f"{OPTIONS}/{nav(1)}")

    assert (by_iuv.status, by_iuv.body) == (200, office.get(ONE).body)
    assert by_nav.status == 200
    assert by_nav.body["fullName"] == "Maria Esempio"
    assert by_nav.body["debtPositionStatus"] == "VALID"
    assert by_nav.body["amount"] == 1000


def test_a_receipt_shows_in_what_is_read(office: Office):
    """The option with its payment, the position with its date."""
    office.create(query="?toPublish=true")
    assert office.pay().pays

    read = office.get(ONE).body

    assert (read["status"], read["paymentDate"]) == ("PAID", "2026-03-16T10:00:00")
    paid = read["paymentOption"][0]
    assert (paid["status"], paid["idReceipt"], paid["fee"]) == ("PO_PAID", "r-1", 150)
    assert paid["pspCompany"] == "Banca di Esempio"


def test_a_receipt_that_waited_is_settled_when_its_notice_comes(office: Office):
    """Whether the notice comes in a new position, or in an update of one."""
    office.pay(1)
    office.pay(3)

    assert office.create(query="?toPublish=true").body["status"] == "PAID"
    office.create(body(option(2), iupd="P2"), "?toPublish=true")
    both = body(option(2, isPartialPayment=True), option(3, isPartialPayment=True), iupd="P2")
    assert office.put(f"{ALL}/P2", both).body["status"] == "PARTIALLY_PAID"


def test_a_notice_is_called_paid_by_its_creditor(office: Office):
    """With GPD's word where a receipt would be; a receipt that comes after is a double."""
    office.create(query="?toPublish=true")

    paid = office.post(f"{OPTIONS}/paids/{nav(1)}", {"paymentDate": "2026-03-15T12:00:00"})

    assert (paid.status, paid.body["status"]) == (200, "PO_PAID")
    assert paid.body["idReceipt"] == "CLOSED_AS_ALREADY_PAID_BY_EC"
    assert paid.body["paymentDate"] == "2026-03-15T12:00:00"
    assert office.status() == "PAID"
    assert str(office.pay().status) == "double"


def test_a_notice_is_called_paid_without_a_body(office: Office):
    """The date is then that of the call."""
    office.create(query="?toPublish=true")

    paid = office.post(f"{OPTIONS}/paids/{nav(1)}")

    assert (paid.status, paid.body["paymentDate"]) == (200, "2026-03-16T10:00:00")


def test_an_account_is_changed_where_it_can_still_be_paid_to(office: Office):
    """Not in what is paid or withdrawn; the rest of a limit comes with the next call."""
    other = "IT13L0306909606100000012345"
    for serial in range(1, 6):
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
    office.pay(4)
    office.post(f"{ALL}/P5/invalidate")
    before = office.get(f"{ALL}/P1").headers["ETag"]
    patch = f"{ALL}/transfers?oldIban=IT60X0542811101000000123456"

    first = office.ask("PATCH", f"{patch}&limit=2", {"newIban": other})
    rest = office.ask("PATCH", patch, {"newIban": other})

    assert (first.status, first.body["updatedTransfers"]) == (200, 2)
    assert rest.body["updatedTransfers"] == 1
    for serial, expected in ((1, True), (3, True), (4, False), (5, False)):
        found = office.get(f"{ALL}/P{serial}").body["paymentOption"][0]["transfer"][0]["iban"]
        assert (found == other) is expected
    assert office.get(f"{ALL}/P1").headers["ETag"] != before
