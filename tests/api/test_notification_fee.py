"""The fee of a notification (SEND): the sender's platform writes it, and an update keeps it."""

from typing import Any

import pytest

from gpd_soap.core import money
from tests.api import paying
from tests.api.office import ALL, DAY, NOW, ONE, OPTIONS, ROUTE, BackOffice
from tests.api.test_own_facts import set_fee
from tests.validation.bodies import OTHER, body, iuv, nav, option, transfer


def amounts(office: BackOffice) -> list[tuple[int, int, list[int]]]:
    """Return amount, fee and amounts of the transfers of each notice, as a read shows them."""
    return [
        (each["amount"], each["notificationFee"], [part["amount"] for part in each["transfer"]])
        for each in office.get(ONE).body["paymentOption"]
    ]


def shared(first: int = 4000, second: int = 6000) -> dict[str, Any]:
    """Return a notice whose second transfer alone is the organization's own."""
    other = transfer(1, amount=first, organizationFiscalCode=OTHER)
    return option(1, other, transfer(2, amount=second))


@pytest.mark.parametrize("path", [ONE, ALL])
def test_read_position_that_is_sent_back_keeps_base_and_fee(quick: BackOffice, path: str):
    """The amounts that a read shows include the fee, which is not added a second time."""
    quick.create(body(shared()), "?toPublish=true")
    set_fee(quick.store, 250)
    before = amounts(quick)
    assert before == [(10250, 250, [4000, 6250])]

    read = quick.get(ONE).body
    sent = {"paymentPositions": [read]} if path == ALL else read
    assert quick.put(path, sent).status == 200

    assert amounts(quick) == before


def test_fee_that_changes_between_read_and_update_is_the_new_one(quick: BackOffice):
    """What was shown is taken off, and what is stored is added."""
    quick.create(body(shared()))
    set_fee(quick.store, 250)
    read = quick.get(ONE).body
    set_fee(quick.store, 900)

    assert quick.put(ONE, read).status == 200

    assert amounts(quick) == [(10900, 900, [4000, 6900])]


@pytest.mark.parametrize("shown", [None, "250", {}])
def test_read_position_whose_fee_is_unreadable_has_the_stored_one(quick: BackOffice, shown: object):
    """A client may drop the field, or write something else into it."""
    quick.create(body(shared()))
    set_fee(quick.store, 250)
    read = quick.get(ONE).body
    read["paymentOption"][0]["notificationFee"] = shown

    assert quick.put(ONE, read).status == 200

    assert amounts(quick) == [(10250, 250, [4000, 6250])]


def fee_of(office: BackOffice, fee: object = 250, number: str = nav(1)) -> Any:
    """Set the fee of a notice, and return the answer."""
    return office.put(f"{OPTIONS}/{number}/notificationfee", {"notificationFee": fee})


@pytest.mark.parametrize("number", [nav(1), iuv(1)])
@pytest.mark.parametrize("query", ["", "?toPublish=true"])
def test_fee_is_added_to_the_notice_and_its_own_transfer(
    quick: BackOffice, number: str, query: str
):
    """It is answered 209, because nobody asks the Node whether a payment is under way."""
    quick.create(body(shared()), query)

    answer = fee_of(quick, number=number)

    assert (answer.status, answer.body["amount"], answer.body["notificationFee"]) == (
        209,
        10250,
        250,
    )
    assert [each["amount"] for each in answer.body["transfer"]] == [4000, 6250]
    assert answer.body["lastUpdatedDateNotificationFee"] == "2026-03-16T10:00:00"
    assert amounts(quick) == [(10250, 250, [4000, 6250])]


def test_fee_is_the_total_so_far_and_may_go_down(quick: BackOffice):
    """The same fee again changes nothing: neither its time nor the ETag."""
    quick.create()
    fee_of(quick, 250)
    etag = quick.get(ONE).headers["ETag"]
    quick.clock.now += DAY

    again = fee_of(quick, 250)
    assert again.body["lastUpdatedDateNotificationFee"] == "2026-03-16T10:00:00"
    assert quick.get(ONE).headers["ETag"] == etag

    assert [fee_of(quick, fee).body["amount"] for fee in (900, 100, 0)] == [1900, 1100, 1000]
    assert quick.get(ONE).headers["ETag"] != etag
    quick.clock.now = NOW


def test_payer_is_asked_for_the_fee_and_pays_it(office: BackOffice):
    """Verify answers the amount with the fee, and a receipt of it settles the notice."""
    office.create(query="?toPublish=true")
    assert fee_of(office).status == 209

    outlined = office.store.outline(ROUTE, nav(1)).notice
    assert outlined is not None
    assert outlined.amount == 1250
    assert paying.send(office, paying.message(1, amount="12.50")) == "OK"
    assert office.status() == "PAID"


def test_update_of_base_amounts_keeps_the_fee(quick: BackOffice):
    """A body that was not read has amounts without the fee, as in GPD."""
    quick.create(body(shared()))
    fee_of(quick)

    assert quick.put(ONE, body(shared(1000, 2000))).status == 200

    assert amounts(quick) == [(3250, 250, [1000, 2250])]


@pytest.mark.parametrize("fee", [None, -1, 0.5, "due", True, money.MAX_CENTS + 1])
def test_fee_that_is_not_integer_cents_is_400(quick: BackOffice, fee: object):
    """The field and its rule are named."""
    quick.create()

    refused = fee_of(quick, fee)

    assert (refused.status, {field for field, _ in refused.errors}) == (400, {"notificationFee"})
    assert amounts(quick) == [(1000, 0, [1000])]


def test_fee_that_no_answer_can_carry_is_400(quick: BackOffice):
    """The wire has an end, in an update too."""
    quick.create()
    most = money.MAX_CENTS - 1000
    assert fee_of(quick, most + 1).errors == {("notificationFee", "range")}
    assert fee_of(quick, most).status == 209

    higher = body(option(1, transfer(amount=1001)))
    assert quick.put(ONE, higher).errors == {("paymentOption[0].amount", "range")}


@pytest.mark.parametrize("paid", ["paids", "receipt"])
def test_fee_of_a_paid_notice_is_422(office: BackOffice, paid: str):
    """The platform of notifications takes 422 as final."""
    office.create(query="?toPublish=true")
    if paid == "paids":
        assert office.post(f"{OPTIONS}/paids/{nav(1)}", {}).status == 200
    else:
        assert paying.send(office, paying.message(1)) == "OK"

    refused = fee_of(office)

    assert refused.status == 422
    assert refused.title == "Not in unpaid state for notification fee update"


def test_fee_without_a_transfer_of_the_organization_is_422(quick: BackOffice):
    """Another beneficiary gets no fee, and an update leaves the fee its transfer."""
    others = transfer(1, organizationFiscalCode=OTHER)
    quick.create(body(option(1, others)))
    refused = fee_of(quick)
    assert refused.status == 422
    assert refused.title == "No valid transfer found for notification fee update"

    quick.put(ONE, body(shared()))
    assert fee_of(quick).status == 209
    lost = quick.put(ONE, body(option(1, others)))
    assert (lost.status, lost.title) == (422, "The debt position update is failed")


def test_fee_of_an_unknown_notice_is_404(quick: BackOffice):
    """The platform of notifications takes 404 as final."""
    assert fee_of(quick).status == 404


def test_change_of_a_fee_is_an_event(office: BackOffice):
    """It names the column and both amounts."""
    office.create(query="?toPublish=true")
    fee_of(office)

    event = office.get(f"{ONE}/history").body["events"][-1]

    assert event["type"] == "notice.fee_changed"
    assert event["data"]["changed"] == ["options.notification_fee"]
    before, after = (event["data"][name]["options"][0] for name in ("before", "after"))
    assert (before["amount"], after["amount"], after["notificationFee"]) == (1000, 1250, 250)
