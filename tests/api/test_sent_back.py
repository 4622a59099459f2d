"""What was read can be sent back as an update, which then changes nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import literal, select, update

from gpd_soap import demo
from gpd_soap.core.position import NewPosition
from gpd_soap.store import tables
from gpd_soap.store.positions import read
from gpd_soap.store.store import Store
from tests.api.office import ALL, DAY, NOW, ONE, ORGANIZATION, BackOffice, installments
from tests.drawn import draws
from tests.validation.bodies import body, iuv, nav, option, transfer
from tests.validation.test_answers import bodies

#: States in which no update is possible.
FINAL = ("INVALID", "PAID", "PARTIALLY_PAID", "REPORTED")
#: 02:30 in Rome for the second time on the day on which summer time ends.
SECOND_TIME = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def stored(store: Store, iupd: str) -> NewPosition:
    """Return the stored content of a position."""
    with store.reading() as connection:
        row = read.read(connection, ORGANIZATION, iupd)
    assert row is not None
    return row.position


def sent_back(office: BackOffice, iupd: str, **changes: Any) -> Any:
    """Read a position and send it back with some changes; return the answer."""
    one = f"{ALL}/{iupd}"
    return office.put(one, {**office.get(one).body, **changes})


def test_every_kind_of_position_of_the_demo_can_be_sent_back(office: BackOffice):
    """An update in bulk takes them too; a withdrawn or paid position is refused as ever."""
    demo.install(office.store, NOW)
    listed = office.get(f"{ALL}?limit=50").body["payment_position_list"]
    changeable = [each for each in listed if each["status"] not in FINAL]
    before = {each["iupd"]: stored(office.store, each["iupd"]) for each in listed}
    office.clock.now += DAY

    for each in listed:
        refused = each not in changeable
        assert sent_back(office, each["iupd"]).status == (409 if refused else 200), each
    assert office.put(ALL, {"paymentPositions": changeable}).status == 200

    assert {iupd: stored(office.store, iupd) for iupd in before} == before
    assert {each["status"] for each in changeable} == {"DRAFT", "PUBLISHED", "VALID", "EXPIRED"}


@draws(20)
@given(content=bodies())
def test_generated_position_can_be_sent_back(quick: BackOffice, content: dict[str, Any]):
    """It may have any text, dates, plans and accounts; its own answer can be sent back too."""
    content = {**content, "iupd": "POSIZIONE-1"}
    content.pop("validityDate", None)
    with quick.store.begin() as connection:
        connection.execute(tables.position.delete())
    made = quick.create(content, "?toPublish=true")
    before = stored(quick.store, "POSIZIONE-1")
    quick.clock.now = NOW + DAY

    assert sent_back(quick, "POSIZIONE-1").status == 200
    assert quick.put(ONE, made.body).status == 200
    assert stored(quick.store, "POSIZIONE-1") == before
    quick.clock.now = NOW


def test_debtor_stays_or_changes_as_the_body_says(office: BackOffice):
    """A field that a read does not show stays where it is left out, and null removes it."""
    office.create(body(streetName="Via dell'Esempio", payStandIn=False, phone="000"))

    assert sent_back(office, "POSIZIONE-1", fullName="Mario Esempio", phone=None).status == 200

    position = stored(office.store, "POSIZIONE-1")
    assert position.debtor.full_name == "Mario Esempio"
    assert (position.debtor.street_name, position.phone) == ("Via dell'Esempio", None)
    assert (position.pay_stand_in, position.debtor.code) == (False, "RSSMRA00A01A000K")


@pytest.mark.parametrize("field", ["fiscalCode", "fullName", "switchToExpired"])
def test_update_that_was_not_read_needs_every_required_field(quick: BackOffice, field: str):
    """A forgotten field is an error, and no field of an answer is in the body."""
    made = quick.create().body
    del made[field]

    assert quick.put(ONE, made).errors == {(field, "required")}


def test_plans_validity_and_expiry_of_each_notice_stay(quick: BackOffice):
    """A read shows no plan, the first validity and no expiry, and the store has them per notice."""
    plans = [
        option(serial, isPartialPayment=True, paymentPlanId=plan)
        for serial, plan in ((1, "A"), (2, "A"), (3, "B"), (4, "B"))
    ]
    quick.create(body(*plans), "?toPublish=true")
    with quick.store.begin() as connection:
        changes = {"valid_from": NOW - DAY, "switch_to_expired": False}
        one = tables.payment_option.c.nav == nav(3)
        connection.execute(update(tables.payment_option).where(one).values(**changes))
    before = stored(quick.store, "POSIZIONE-1")

    assert sent_back(quick, "POSIZIONE-1").status == 200
    assert stored(quick.store, "POSIZIONE-1") == before

    more = [*quick.get(ONE).body["paymentOption"], option(5, isPartialPayment=True)]
    refused = sent_back(quick, "POSIZIONE-1", paymentOption=more)
    assert refused.errors == {("paymentOption[4].paymentPlanId", "required")}


def test_new_installment_joins_the_only_plan(quick: BackOffice):
    """The plan has a name of its own, which a read does not show."""
    plan = [option(serial, isPartialPayment=True, paymentPlanId="A") for serial in (1, 2)]
    quick.create(body(*plan))

    more = [*quick.get(ONE).body["paymentOption"], option(3, isPartialPayment=True)]
    assert sent_back(quick, "POSIZIONE-1", paymentOption=more).status == 200

    assert {each.plan for each in stored(quick.store, "POSIZIONE-1").options} == {"A"}


def test_time_that_occurs_twice_in_rome_stays(quick: BackOffice):
    """A time without a zone means the first of the two, and the second was stored."""
    text = SECOND_TIME.isoformat()
    quick.create(body(option(1, dueDate=text, retentionDate=text), validityDate=text))
    before = stored(quick.store, "POSIZIONE-1")
    assert before.options[0].due_at == SECOND_TIME

    assert sent_back(quick, "POSIZIONE-1").status == 200
    assert stored(quick.store, "POSIZIONE-1") == before


def test_due_date_before_a_validity_that_stays_is_400(quick: BackOffice):
    """Only dates that stay as they were are not checked again."""
    quick.create(body(validityDate="2026-03-20T08:00:00"), "?toPublish=true")
    options = quick.get(ONE).body["paymentOption"]
    early = sent_back(quick, "POSIZIONE-1", paymentOption=[{**options[0], "dueDate": "2026-03-19"}])

    assert early.errors == {("paymentOption[0].dueDate", "due-before-validity")}


def test_overdue_notice_that_was_read_is_400_only_with_another_past_date(quick: BackOffice):
    """An expired position can be corrected without a new due date."""
    quick.create(query="?toPublish=true")
    quick.clock.now += 60 * DAY
    assert quick.status() == "EXPIRED"

    corrected = sent_back(quick, "POSIZIONE-1", officeName="Ufficio Tributi")
    options = quick.get(ONE).body["paymentOption"]
    late = sent_back(quick, "POSIZIONE-1", paymentOption=[{**options[0], "dueDate": "2026-05-01"}])

    assert (corrected.status, corrected.body["status"]) == (200, "EXPIRED")
    assert late.errors == {("paymentOption[0].dueDate", "past")}


def test_position_stored_in_another_spelling_is_read_changed_and_deleted(office: BackOffice):
    """Positions of before texts were normalized have decomposed letters."""
    decomposed, composed = "TARI-citta\u0300", "TARI-città"
    office.create(body(option(1), iupd="OLD"))
    with office.store.begin() as connection:
        fields = {"iupd": decomposed, "office_name": "Societa\u0300"}
        connection.execute(
            tables.position.insert().from_select(
                list(tables.position.c.keys()),
                _copied(fields),
            )
        )
        connection.execute(update(tables.payment_option).values(iupd=decomposed))
        connection.execute(tables.position.delete().where(tables.position.c.iupd == "OLD"))

    for iupd in (decomposed, composed):
        assert office.get(f"{ALL}/{iupd}").status == 200
        assert sent_back(office, iupd).status == 200
        assert office.put(ALL, {"paymentPositions": [body(iupd=iupd)]}).status == 200
        refused = office.post(ALL, body(option(2), iupd=iupd))
        assert (refused.status, refused.errors) == (409, {("iupd", "in-use")})
    assert office.get(ALL).body["page_info"]["items_found"] == 1
    assert office.request("DELETE", f"{ALL}/{composed}").status == 200


def _copied(fields: dict[str, str]) -> Any:
    """Return a query for the only position, with other values of these fields."""
    columns = tables.position.c
    return select(*(literal(fields[c.name]) if c.name in fields else c for c in columns))


def test_iupd_has_one_spelling(office: BackOffice):
    """A position is found under each spelling of its IUPD."""
    office.create(body(iupd=" TARI-citta\u0300 "))

    assert office.get(f"{ALL}/TARI-citta\u0300").body["iupd"] == "TARI-città"
    assert office.get(f"{ALL}/TARI-città").status == 200
    again = office.post(ALL, body(option(2), iupd="TARI-città"))
    assert (again.status, again.errors) == (409, {("iupd", "in-use")})


def test_options_are_answered_and_read_in_the_order_of_the_request(office: BackOffice):
    """A client pairs issued numbers by place, whatever the due dates are."""

    def options(amounts: list[int]) -> list[dict[str, Any]]:
        return [
            {key: value for key, value in option(
                1, transfer(amount=amount), dueDate=f"2026-0{9 - index}-30", isPartialPayment=True
            ).items() if key != "iuv"}
            for index, amount in enumerate(amounts)
        ]  # fmt: skip

    amounts = [300, 100, 200]
    made = office.create(body(*options(amounts)), "?toPublish=true").body
    many = {"paymentPositions": [body(*options(amounts), iupd="P2")]}
    assert office.post(f"{ALL}/bulk", many).status == 201
    trial = office.post(f"{ALL}?dryRun=true", body(*options(amounts), iupd="P3")).body

    for answer in (made, trial, office.get(ONE).body, office.get(f"{ALL}/P2").body):
        assert [each["amount"] for each in answer["paymentOption"]] == amounts
    turned = {**made, "paymentOption": made["paymentOption"][::-1]}
    assert office.put(ONE, turned).body["paymentOption"] == turned["paymentOption"]
    read_again = office.get(ONE).body["paymentOption"]
    assert [each["nav"] for each in read_again] == [o["nav"] for o in turned["paymentOption"]]


def test_fields_of_every_answer_of_gpd_are_dropped_and_others_named(quick: BackOffice):
    """The fields of a notice read by its number, and those that we do not have, are dropped too."""
    quick.create(installments(1, 2, 3), "?toPublish=true")
    read_back = quick.get(ONE).body
    by_number = quick.get(f"/organizations/{ORGANIZATION}/paymentoptions/{nav(1)}").body
    extra = {"idFlowReporting": "F", "lastUpdatedDateNotificationFee": None, "serviceType": "GPD"}
    options = [{**by_number, **extra}, *read_back["paymentOption"][1:]]
    before = stored(quick.store, "POSIZIONE-1")

    assert sent_back(quick, "POSIZIONE-1", paymentOption=options, serviceType="ACA").status == 200
    assert stored(quick.store, "POSIZIONE-1") == before

    options[1]["transfer"][0]["beneficiary"] = iuv(1)
    refused = sent_back(quick, "POSIZIONE-1", paymentOption=options, importo=5)
    assert refused.errors == {
        ("importo", "unknown-field"),
        ("paymentOption[1].transfer[0].beneficiary", "unknown-field"),
    }
