"""Facts of a notice that GPD's first API does not write: own debtor, fee, flags, descriptions."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gpd_soap.core.debt import Debtor
from gpd_soap.core.faults import Refusal
from gpd_soap.core.payment import NOTIFICATION_FEE, offer, with_fee
from gpd_soap.core.payment_options import OptionsDue, payment_options
from gpd_soap.core.position import NewOption, OptionDebtor
from gpd_soap.store import tables
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions.insert import option_row, position_row
from gpd_soap.store.store import Store
from tests.api.office import ACTOR, NOW, ONE, OPTIONS, ORGANIZATION, ROUTE, BackOffice
from tests.store import samples
from tests.validation.bodies import OTHER, body, iuv, nav, option, transfer

OWN = OptionDebtor(Debtor("G", "12345678901", "Ditta Inventata", city="Roma"), "Lazio", "000")
POSITION, OPTION = tables.position.c, tables.payment_option.c
IUPD = "POSIZIONE-1"


def notice(serial: int, **more: Any) -> NewOption:
    """Returns a notice under a number of the back office's tests."""
    return samples.option(serial, nav=nav(serial), iuv=iuv(serial), **more)


def add(store: Store, *options: NewOption) -> None:
    """Stores a position of these notices."""
    with store.begin() as connection:
        positions.add(connection, [samples.position(IUPD, *options)], NOW, ACTOR)


def set_fee(store: Store, fee: int) -> None:
    """Writes the notification fee of the first notice."""
    with store.begin() as connection:
        statement = update(tables.payment_option).where(OPTION.nav == nav(1))
        connection.execute(statement.values(notification_fee=fee, notification_fee_at=NOW))


def test_option_without_a_debtor_has_that_of_its_position(store: Store):
    """Verify and getPayment read one debtor for a notice."""
    add(store, notice(1, debtor=OWN), notice(2))

    read = [store.notice(ROUTE, nav(serial)).notice for serial in (1, 2)]
    outlined = store.outline(ROUTE, nav(1)).notice

    assert [each and each.debtor.full_name for each in read] == ["Ditta Inventata", "Maria Esempio"]
    assert outlined is not None
    assert outlined.debtor == OWN.debtor


def test_own_debtor_is_read_over_the_first_api(office: BackOffice):
    """The notice shows its own debtor, whole, and the position its own."""
    add(office.store, notice(1, debtor=OWN), notice(2))

    own, others = (office.get(f"{OPTIONS}/{nav(serial)}").body for serial in (1, 2))

    assert (own["type"], own["fullName"], own["region"]) == ("G", "Ditta Inventata", "Lazio")
    assert (others["fullName"], others.get("city")) == ("Maria Esempio", None)
    assert office.get(ONE).body["type"] == "F"


def test_update_that_would_lose_a_debtor_is_409(office: BackOffice):
    """GPD's first API knows one debtor for a position."""
    add(office.store, notice(1, debtor=OWN), notice(2))

    refused = office.put(ONE, body(option(1), option(2)))
    many = office.put(
        ONE.removesuffix(f"/{IUPD}"), {"paymentPositions": [body(option(1), option(2))]}
    )

    assert (refused.status, many.status) == (409, 409)
    assert refused.title == "The debt position has options with debtors of their own"
    assert office.get(f"{OPTIONS}/{nav(1)}").body["fullName"] == "Ditta Inventata"


def test_update_keeps_what_the_first_api_does_not_know(office: BackOffice):
    """Flags, the option's description, the service type and the fee stay."""
    more = {"option_description": "Rata unica", "send": True, "live": True}
    add(office.store, notice(1, **more))
    with office.store.begin() as connection:
        connection.execute(update(tables.position).values(service_type="ACA"))
    set_fee(office.store, 250)

    assert office.put(ONE, body(option(1, transfer(amount=3000)))).status == 200

    read = office.store.notice(ROUTE, nav(1)).notice
    assert read is not None
    assert (read.option_description, read.send, read.live) == ("Rata unica", True, True)
    assert (read.amount, read.notification_fee) == (3250, 250)
    assert office.get(f"{OPTIONS}/{nav(1)}").body["serviceType"] == "ACA"


def test_notification_fee_is_due_with_the_base_amount(office: BackOffice):
    """It is in what verify, getPayment and payment options answer, and in the v1 read."""
    shared = samples.transfer(1, 4000)._replace(organization=OTHER), samples.transfer(2, 6000)
    add(office.store, notice(1, transfers=shared, amount=10000))
    set_fee(office.store, 250)

    outlined = office.store.outline(ROUTE, nav(1)).notice
    read = office.store.notice(ROUTE, nav(1)).notice
    assert outlined is not None
    assert read is not None
    payment = offer(with_fee(ORGANIZATION, read), None, stamps=True)
    listed = payment_options(ORGANIZATION, nav(1), office.store.debt(ORGANIZATION, nav(1))[1], NOW)
    shown = office.get(f"{OPTIONS}/{nav(1)}").body

    assert not isinstance(payment, Refusal)
    assert isinstance(listed, OptionsDue)
    amounts = outlined.amount, payment.notice.amount, listed.options[0].amount, shown["amount"]
    assert amounts == (10250,) * 4
    assert [each.transfer.amount for each in payment.transfers] == [4000, 6250]
    assert [each["amount"] for each in shown["transfer"]] == [4000, 6250]
    assert payment.notice.metadata == ((NOTIFICATION_FEE, "250"),)
    assert shown["notificationFee"] == 250
    assert office.get(ONE).body["paymentOption"][0]["amount"] == 10250


@pytest.mark.parametrize(("amount", "status"), [(10250, "applied"), (10000, "review")])
def test_receipt_is_compared_with_what_is_due(store: Store, amount: int, status: str):
    """The base amount alone is another amount."""
    add(store, notice(1))
    set_fee(store, 250)

    received = samples.receipt(1, nav=nav(1), iuv=iuv(1), amount=amount)

    assert samples.take(store, received).status == status


def test_option_description_is_that_of_the_payment_option(store: Store):
    """Installments of different descriptions have it in common."""
    rates = [notice(n, plan="p", option_description="TARI 2026, in 2 rate") for n in (1, 2)]
    add(store, *rates)

    listed = payment_options(ORGANIZATION, nav(1), store.debt(ORGANIZATION, nav(1))[1], NOW)

    assert isinstance(listed, OptionsDue)
    assert [each.description for each in listed.options] == ["TARI 2026, in 2 rate"]


@pytest.mark.parametrize("category", [f"{n}/0101100IM/" for n in (6, 7, 8, 9)])
def test_taxonomy_prefix_is_kept_byte_for_byte(office: BackOffice, category: str):
    """It says whether a notice may be sent as a message; a lost one would change that."""
    office.create(body(option(1, transfer(category=category))), "?toPublish=true")

    read = office.store.notice(ROUTE, nav(1)).notice

    assert read is not None
    assert [each.category for each in read.transfers] == [category]
    [shown] = office.get(ONE).body["paymentOption"][0]["transfer"]
    assert shown["category"] == category


NEW_OF_POSITION = {"service_type", "created_by_kind", "created_by"}
NEW_OF_OPTION = {
    *("option_description", "notification_fee", "notification_fee_at", "notification_fee_final"),
    *("notification_iun", "send", "live"),
    *(f"debtor_{name}" for name in ("region", "phone", *Debtor._fields)),
}


def test_rows_of_the_version_before_are_read(store: Store):
    """A process of that version inserts rows without the new columns."""
    one = notice(1)
    position = samples.position(IUPD, one)
    old = position_row(position, NOW), option_row(position, one, NOW)
    rows = [
        {name: value for name, value in row.items() if name not in new}
        for row, new in zip(old, (NEW_OF_POSITION, NEW_OF_OPTION), strict=True)
    ]
    with store.begin() as connection:
        for table, row in zip((tables.position, tables.payment_option), rows, strict=True):
            connection.execute(insert(table), row)
        stored = connection.execute(select(POSITION.service_type, POSITION.created_by)).one()

    read = store.notice(ROUTE, nav(1)).notice

    assert read is not None
    assert (read.amount, read.notification_fee, read.send, read.live) == (10000, 0, False, False)
    assert read.debtor.full_name == "Maria Esempio"
    assert tuple(stored) == ("GPD", None)
