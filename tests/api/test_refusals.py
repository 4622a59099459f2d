"""Every no has GPD's status and title, names what is wrong, and changes nothing."""

import pytest
from sqlalchemy import update

from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, DAY, NOW, ONE, OPTIONS, Office, installments
from tests.validation.bodies import STAMP, body, changed, iuv, nav, option, share, without

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


@pytest.mark.parametrize("place", CREATIONS)
def test_a_position_that_breaks_a_rule_is_not_created(quick: Office, place: str):
    """Status, title, field and rule; nothing is kept."""
    value, expected, error = CREATIONS[place]

    refused = quick.post(ALL, changed(body(), place, value))

    assert (refused.status, refused.title) == expected
    assert error in refused.errors
    assert quick.get(ONE).status == 404


def test_a_due_date_before_the_validity_is_refused(quick: Office):
    """Also where both are to come."""
    refused = quick.post(ALL, body(validityDate="2026-06-01T00:00:00"))

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("paymentOption[0].dueDate", "due-before-validity")}


@pytest.mark.parametrize("told", [[], {}, {"paymentPositions": []}, {"paymentPositions": {}}, 1])
def test_a_bulk_is_1_to_100_positions(quick: Office, told: object):
    """Neither none nor one too many, nor something else."""
    refused = quick.post(f"{ALL}/bulk", told)
    many = [body(option(at), iupd=f"P{at}") for at in range(1, 102)]
    too_many = quick.post(f"{ALL}/bulk", {"paymentPositions": many})

    assert (refused.status, refused.title) == BAD
    assert (too_many.status, too_many.title) == BAD
    assert too_many.errors == {("paymentPositions", "count")}


def test_a_bulk_says_what_is_wrong_in_each_position(quick: Office):
    """With its place in the list; a name that comes twice is refused too."""
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
        (f"paymentPositions[{at}].paymentOption[0].amount", "sum") for at in (0, 1)
    }
    assert (twice.status, twice.title) == UNIQUE
    assert ("paymentPositions[1].iupd", "duplicate") in twice.errors


def test_a_name_is_given_once(office: Office):
    """An IUPD, an IUV and a notice number; each that is in use is named."""
    office.create()

    refused = office.post(ALL, body(option(2)))
    again = office.post(ALL, body(option(1), iupd="P2"))

    assert (refused.status, refused.title) == UNIQUE
    assert refused.errors == {("iupd", "in-use")}
    assert (again.status, again.title) == UNIQUE
    assert again.errors == {("paymentOption[0].iuv", "in-use"), ("paymentOption[0].nav", "in-use")}


def test_a_number_cannot_be_issued_without_a_segregation_code(quick: Office):
    """The field that would have it is named."""
    key = quick.key(Role.ADMIN)
    path = "/organizations/15376371009/debtpositions"

    refused = quick.post(path, body(without(option(), "iuv")), key=key)

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("paymentOption.iuv", "required")}


def test_an_unknown_position_is_not_found(quick: Office):
    """Whatever is asked of it."""
    assert (quick.get(ONE).status, quick.get(ONE).title) == MISSING
    for method, path, told in (
        ("PUT", ONE, body()),
        ("DELETE", ONE, None),
        ("POST", f"{ONE}/publish", None),
        ("POST", f"{ONE}/invalidate", None),
    ):
        refused = quick.ask(method, path, told)
        assert (refused.status, refused.title) == MISSING
    for method, path in (
        ("GET", f"{OPTIONS}/{nav(1)[1:]}/debtposition"),
        ("GET", f"{OPTIONS}/{nav(1)}"),
        ("POST", f"{OPTIONS}/paids/{nav(1)}"),
    ):
        refused = quick.ask(method, path)
        assert (refused.status, refused.title) == NOTICE_MISSING


def test_an_unknown_organization_has_no_positions(quick: Office):
    """An administrator's key, which is for every one, is told so."""
    key = quick.key(Role.ADMIN)

    refused = quick.post("/organizations/99999999999/debtpositions", body(), key=key)

    assert (refused.status, refused.title) == (404, "Not found the organization")


def test_an_update_is_of_the_position_in_the_path(quick: Office):
    """A body of another IUPD is refused before anything is looked for."""
    refused = quick.put(ONE, body(iupd="ANOTHER"))

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("iupd", "path")}


def test_an_update_names_its_notices(quick: Office):
    """An option without an IUV, or with another notice number than it has, is refused."""
    quick.create()

    nameless = quick.put(ONE, body(without(option(), "iuv")))
    renumbered = quick.put(ONE, body(option(1, nav="0" + nav(1)[1:])))

    assert nameless.errors == {("paymentOption[0].iuv", "required")}
    assert ("paymentOption[0].nav", "nav-iuv") in renumbered.errors


def test_an_update_is_held_against_the_clock_only_where_it_expires(quick: Office):
    """What stays payable after its due date may be updated after it."""
    quick.create(query="?toPublish=true")
    quick.clock.now += 60 * DAY

    expiring = quick.put(ONE, body())
    lasting = quick.put(ONE, body(switchToExpired=False))

    assert (expiring.status, expiring.title) == DATA
    assert (lasting.status, lasting.body["status"]) == (200, "VALID")


def test_an_update_cannot_take_another_positions_number(office: Office):
    """And leaves both as they were."""
    office.create()
    office.create(body(option(2), iupd="P2"))

    refused = office.put(f"{ALL}/P2", body(option(1), iupd="P2"))

    assert (refused.status, refused.title) == UNIQUE
    assert office.get(f"{OPTIONS}/{nav(2)}").status == 200
    assert office.get(ONE).status == 200


def test_only_a_draft_is_published(quick: Office):
    """Not what is published, and not what is withdrawn."""
    quick.create(query="?toPublish=true")

    for _ in range(2):
        refused = quick.post(f"{ONE}/publish")
        assert (refused.status, refused.title) == (
            409,
            "Existing related payment found or not in publishable state",
        )
        quick.post(f"{ONE}/invalidate")


def test_a_draft_is_published_in_time(quick: Office):
    """Before it is due, and before it is valid."""
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


def test_only_what_can_be_paid_is_withdrawn(quick: Office):
    """Neither a draft, nor what has expired, nor what is withdrawn already."""
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


def test_what_is_paid_stays_as_it_is(office: Office):
    """In full or in part: no update, no publication, no withdrawal, no deletion."""
    office.create(query="?toPublish=true")
    plan = [option(serial, isPartialPayment=True) for serial in (2, 3)]
    office.create(body(*plan, iupd="P2"), "?toPublish=true")
    office.pay(1)
    office.pay(2)

    for iupd, told in (("POSIZIONE-1", body()), ("P2", body(*plan, iupd="P2"))):
        one = f"{ALL}/{iupd}"
        assert office.put(one, told).title.endswith("not in updatable state")
        assert office.post(f"{one}/publish").title.endswith("not in publishable state")
        assert office.post(f"{one}/invalidate").title.endswith("not in invalidable state")
        refused = office.ask("DELETE", one)
        assert (refused.status, refused.title) == PAID
    assert [office.status(each) for each in ("POSIZIONE-1", "P2")] == ["PAID", "PARTIALLY_PAID"]


def test_a_withdrawn_position_is_not_updated_but_may_be_deleted(quick: Office):
    """As GPD does."""
    quick.create(query="?toPublish=true")
    quick.post(f"{ONE}/invalidate")

    assert quick.put(ONE, body()).status == 409
    assert quick.ask("DELETE", ONE).status == 200


def test_a_notice_is_paid_elsewhere_once(quick: Office):
    """Not again, not where another way was paid, not in the future."""
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


def test_a_change_of_what_was_not_seen_is_refused(office: Office):
    """If-Match names what the caller read; another change, or a deletion, came between."""
    first = office.create(query="?toPublish=true").headers["ETag"]
    second = office.put(ONE, body(), headers={"If-Match": first}).headers["ETag"]
    assert office.get(ONE).headers["ETag"] == second != first

    stale = {"If-Match": first}
    for refused in (
        office.put(ONE, body(), headers=stale),
        office.post(f"{ONE}/invalidate", headers=stale),
        office.ask("DELETE", ONE, headers=stale),
    ):
        assert (refused.status, refused.title) == (412, "Precondition Failed")

    assert office.put(ONE, body(), headers={"If-Match": "*"}).status == 200
    office.pay()
    moved = office.ask("DELETE", ONE, headers={"If-Match": second})
    assert moved.status == 412


def test_a_changed_account_is_one_that_can_be_paid_to(quick: Office):
    """The new one is held against every rule, the query too."""
    patch = f"{ALL}/transfers"

    wrong = quick.ask("PATCH", f"{patch}?oldIban=X", {"newIban": "IT60X0542811101000000123457"})
    missing = quick.ask("PATCH", patch, {"newIban": share()["iban"]})
    much = quick.ask("PATCH", f"{patch}?oldIban=X&limit=1001", {"newIban": share()["iban"]})

    assert wrong.errors == {("newIban", "iban-checksum")}
    assert missing.errors == {("oldIban", "required")}
    assert much.errors == {("limit", "range")}


def test_a_draft_that_would_be_due_before_it_is_valid_is_not_published(quick: Office):
    """No API makes one; it may have come into the store from elsewhere."""
    quick.create(body(option(1), validityDate="2026-03-20T08:00:00"))
    sooner = update(tables.payment_option).values(due_at=NOW + DAY)
    with quick.store.begin() as connection:
        connection.execute(sooner)

    refused = quick.post(f"{ONE}/publish")

    assert (refused.status, refused.title) == (
        409,
        "The due date of a payment option is before the validity date",
    )


METADATA = [{"key": "CHIAVE", "value": "x"}]


@pytest.mark.parametrize(
    ("told", "error"),
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
            option(1, share(1, transferMetadata=METADATA * 2)),
            ("paymentOption[0].transfer[0].transferMetadata[1].key", "duplicate"),
        ),
        (option(1, share(1), share(1)), ("paymentOption[0].transfer[1].idTransfer", "duplicate")),
        (option(1, share(2)), ("paymentOption[0].transfer", "first-transfer")),
        (option(1, share(1, iban=None)), ("paymentOption[0].transfer[0]", "account-or-stamp")),
        (
            option(1, share(1, stamp=STAMP)),
            ("paymentOption[0].transfer[0]", "account-or-stamp"),
        ),
    ],
)
def test_a_notice_that_breaks_a_rule_is_neither_made_nor_changed_to(
    quick: Office, told: dict[str, object], error: tuple[str, str]
):
    """One title for every rule of the data, whichever way it comes in."""
    quick.create()

    made = quick.post(ALL, body({**told, "iuv": iuv(2)}, iupd="P2"))
    changed_to = quick.put(ONE, body(told))

    for refused in (made, changed_to):
        assert (refused.status, refused.title) == DATA
        assert error in refused.errors
    assert quick.get(ALL).body["page_info"]["items_found"] == 1


def test_six_transfers_are_too_many(quick: Office):
    """The contract has room for five."""
    six = option(1, *(share(min(number, 5)) for number in range(1, 7)))

    refused = quick.post(ALL, body(six))

    assert (refused.status, refused.title) == BAD
    assert ("paymentOption[0].transfer", "count") in refused.errors


@pytest.mark.parametrize("iupd", ["A/B", "/", ".", ".."])
def test_a_name_that_no_path_can_say_is_refused(quick: Office, iupd: str):
    """Nobody could read, publish or delete what is called so."""
    refused = quick.post(ALL, body(iupd=iupd))

    assert refused.status == 400
    assert refused.errors == {("iupd", "characters")}


def test_two_slashes_lead_nowhere(quick: Office):
    """A redirection would be no problem, and would be followed without the body."""
    answer = quick.post(f"{ALL}//", body())

    assert (answer.status, answer.title) == (404, "Not Found")
